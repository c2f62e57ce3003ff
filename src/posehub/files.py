"""Writing files and folders so that nobody ever reads half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PART_SUFFIX = ".part"


def write_atomically(path: Path, data: bytes) -> None:
    """Put a file in place whole or not at all; of several writers, each leaves a whole file.

    Raises:
        OSError: the file cannot be written.
    """
    with open_atomically(path) as file:
        file.write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write that takes its place when the block ends, and never if it fails.

    Raises:
        OSError: the file cannot be written.
    """
    part = _part_of(path)
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def make_folder_atomically(path: Path) -> Iterator[Path]:
    """Make a folder to fill that takes its place when the block ends, and never if it fails.

    Raises:
        OSError: the folder cannot be made, or there is one with something in it.
    """
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(f"{path} has something in it")
    part = _part_of(path)
    try:
        part.mkdir()
        yield part
        if path.exists():
            path.rmdir()  # Windows renames onto nothing that is there
        part.replace(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _part_of(path: Path) -> Path:
    """Return a free name beside `path`; not made from its name, which may be as long as can be."""
    return path.with_name(f".{secrets.token_hex(8)}{PART_SUFFIX}")
