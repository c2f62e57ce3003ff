"""Locks on files, which hold between threads and processes and end with the process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

_AGAIN = 0.01  # seconds between two attempts to get a lock that is held


def try_lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed; return False if another open file holds the lock.

    Without effect on file systems that have no locks.
    """
    try:
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on the file `path` in a block; the file exists only meanwhile."""
    while True:
        file = path.open("ab")
        if try_lock(file) and _is_at(file, path):
            break
        file.close()
        time.sleep(_AGAIN)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            path.unlink()
        file.close()


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Return whether an open file still has its name: the last holder removed it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
