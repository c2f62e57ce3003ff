"""Writing files and folders so that no reader ever sees an incomplete one."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from posehub.errors import ConfigError

PART_SUFFIX = ".part"

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file completely or not at all, also with several writers.

    Raises:
        ConfigError: as for `check_output`.
        OSError: the file cannot be written.
    """
    with open_atomically(path) as file:
        file.write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears when the block ends, and never if the block fails.

    A file that is replaced keeps its mode. If `path` is a symbolic link, its target is replaced and
    the link stays.

    Raises:
        ConfigError: as for `check_output`.
        OSError: the file cannot be written.
    """
    target, mode = _replaced(path)
    part = _part_of(target)
    try:
        with part.open("xb") as file:
            if mode is not None:
                part.chmod(mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def make_folder_atomically(path: Path) -> Iterator[Path]:
    """Make a folder to fill that appears when the block ends, and never if the block fails.

    Raises:
        OSError: the folder cannot be made, or it exists and is not empty.
    """
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{path} is not empty")
    part = _part_of(target)
    try:
        part.mkdir()
        yield part
        if target.exists():
            target.rmdir()  # Windows does not rename onto an existing folder
        part.replace(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def check_output(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Check that a file may be written without destroying something else.

    Args:
        path: of the file to write; it need not exist.
        inputs: files that are read for it.

    Raises:
        ConfigError: `path` is a folder, device, pipe or socket, is read-only, or is one of the
            inputs, under whatever name.
    """
    _replaced(path)
    for source in inputs:
        if _is_same(path, source):
            raise ConfigError(
                f"The output {str(path)!r} is the input {str(source)!r}, which it would replace. "
                "Name another output."
            )


def _replaced(path: Path) -> tuple[Path, int | None]:
    """Return the file that writing to `path` replaces, links resolved, and its mode if it exists.

    Raises:
        ConfigError: it is not a plain file, or is read-only.
    """
    try:
        # before links are resolved: those in /proc lead to names that do not exist
        mode = path.stat().st_mode
    except FileNotFoundError:
        return _resolved(path), None
    except NotADirectoryError:
        return path, None  # opening it says so
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "not a plain file")
        raise ConfigError(f"The output {str(path)!r} is {kind}. Name a file to write to.")
    # by the mode and not by access(), which allows everything to root
    if not mode & 0o222:
        raise ConfigError(
            f"The output {str(path)!r} is read-only. Name another output, or make it writable."
        )
    return _resolved(path), stat.S_IMODE(mode)


def _resolved(path: Path) -> Path:
    return path.resolve() if path.is_symlink() else path


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of the two does not exist
        return path.absolute() == other.absolute()


def _part_of(path: Path) -> Path:
    """Return a free name beside `path`; it does not contain that name, which may be long."""
    return path.with_name(f".{secrets.token_hex(8)}{PART_SUFFIX}")
