"""Model files in what the user fetched elsewhere: a file, an archive, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from posehub.backends.model_files import ModelFile
from posehub.local.archives import SUFFIXES


@frozen
class Candidate:
    """A place where a model file may be.

    Attributes:
        path: the file or archive.
        open: opens it; may raise a ConfigError or an OSError.
    """

    path: Path
    open: Callable[[], AbstractContextManager[BinaryIO]]


def candidates(file: ModelFile, given: Path) -> Iterator[Candidate]:
    """Yield where a model file may be, likely places first.

    A file is known by its size, whatever its name. In a folder, those below it are searched too,
    and the archives in it.

    Args:
        file: to find.
        given: what the user names.

    Raises:
        OSError: `given` cannot be read.
    """
    paths = [given]
    if given.is_dir():
        paths = sorted(path for path in given.rglob("*") if path.is_file())
    for path in paths:
        if path.stat().st_size == file.size:
            yield Candidate(path, partial(_open, path))
    for path in paths:
        if path == given or path.name.endswith(SUFFIXES):
            for source in file.sources:
                yield Candidate(path, partial(source.open, path))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")
