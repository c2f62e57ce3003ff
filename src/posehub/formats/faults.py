"""Faults of files as FormatErrors that name the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posehub.errors import FormatError


@contextmanager
def located(path: Path, entry: str) -> Iterator[None]:
    """Add the file and its entry to the message of a wrong value.

    Raises:
        FormatError: in the place of a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise FormatError(f"{path}: {entry}: {error}") from error


@contextmanager
def disk_faults(path: Path, done: str) -> Iterator[None]:
    """Name the file that cannot be "read" or "written".

    Raises:
        FormatError: in the place of an OSError, or of a text that UTF-8 cannot hold.
    """
    try:
        yield
    except OSError as error:
        raise FormatError(f"{path}: cannot be {done}: {error.strerror or error}") from error
    except UnicodeError as error:
        raise FormatError(f"{path}: cannot be {done}: {error}") from error
