"""The description of the files that a local backend needs on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from attrs import field, frozen
from attrs.validators import ge, instance_of, matches_re, min_len

_FILE_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"


class ModelSource(Protocol):
    """Where a model file is published; the kinds are in `posehub.local`."""

    def fetch(self, folder: Path) -> Path:
        """Fetch what is published, the file or the archive that holds it, and return its path.

        Args:
            folder: temporary folder, shared by the files of one pull: an archive that holds several
                of them is fetched once.

        Raises:
            MissingDependencyError: it cannot be fetched; the message is the reason.
            ConfigError: it cannot be written.
        """

    def open(self, fetched: Path) -> AbstractContextManager[BinaryIO]:
        """Open the model file in what `fetch` returned, or in what the user fetched elsewhere.

        The content is checked afterwards. Reading it may raise any error of `zipfile` or `tarfile`.

        Args:
            fetched: path of a file, such as an archive.

        Raises:
            ConfigError: `fetched` does not hold the file.
        """

    def __str__(self) -> str:
        """Return what is to be fetched, in words that fit behind "from" and "fetch"."""


@frozen(kw_only=True)
class ModelConversion:
    """A step at pull time that makes the file a runtime reads out of the files as published.

    Attributes:
        name: file name under which the result is kept, beside the source files.
        version: of the converter. The result is made again when it changes, or a source does.
        convert: called with the paths of the source files, and the path to write the result to.
        others: source files that it reads besides the one it is declared for, in this order.
    """

    name: str = field(validator=matches_re(_FILE_NAME))
    version: str
    convert: Callable[[Sequence[Path], Path], None]
    others: tuple[ModelFile, ...] = ()


@frozen(kw_only=True)
class ModelFile:
    """A file that a local backend needs on this machine.

    Attributes:
        name: file name under which it is kept.
        folder: name of the folder it is kept in, below the folder of all model files. A new version
            of a file needs a new folder.
        sha256: hash of the content as published, in lower-case hex.
        size: bytes as published; nothing longer is ever unpacked.
        licence: of the content: an SPDX identifier where there is one.
        sources: where it comes from; the first that can be reached serves.
        conversion: what is made of it before it is used, or None.
    """

    name: str = field(validator=matches_re(_FILE_NAME))
    folder: str = field(validator=matches_re(_FILE_NAME))
    sha256: str = field(validator=matches_re("[0-9a-f]{64}"))
    size: int = field(validator=ge(1))
    licence: str = field(validator=min_len(1))
    sources: tuple[ModelSource, ...] = field(validator=[instance_of(tuple), min_len(1)])
    conversion: ModelConversion | None = None
