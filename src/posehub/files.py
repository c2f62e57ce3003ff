"""Writing files and folders so that no reader ever sees an incomplete one."""

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
    """Write a file completely or not at all, also with several writers.

    Raises:
        OSError: the file cannot be written.
    """
    with open_atomically(path) as file:
        file.write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears when the block ends, and never if the block fails.

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
    """Make a folder to fill that appears when the block ends, and never if the block fails.

    Raises:
        OSError: the folder cannot be made, or it exists and is not empty.
    """
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(f"{path} is not empty")
    part = _part_of(path)
    try:
        part.mkdir()
        yield part
        if path.exists():
            path.rmdir()  # Windows does not rename onto an existing folder
        part.replace(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _part_of(path: Path) -> Path:
    """Return a free name beside `path`; it does not contain that name, which may be long."""
    return path.with_name(f".{secrets.token_hex(8)}{PART_SUFFIX}")
