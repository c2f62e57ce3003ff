"""The bytes of a file, by its path or from a file object, in bounded time and memory."""

from __future__ import annotations

import errno
import inspect
import os
import stat
from contextlib import suppress
from typing import Any

from posehub.errors import ImageError, described

ACCEPTED = (
    "a path, bytes, a binary file object, a PIL image, or a uint8 RGB array of shape (H, W, 3)"
)

LONG = 255
"""Characters. No common file system has longer names of files, and images are longer."""

_LONGEST_REASON = 300  # characters
_PIECE = 2**20  # bytes to read at a time from a file object of unknown size


def shortened(text: str, length: int = 200) -> str:
    """Return a path or another text for messages, quoted."""
    return repr(text if len(text) <= length else text[:length] + "...")


def reason_of(error: Exception) -> str:
    """Return an error's type and the start of its message; some libraries put data into it."""
    reason = described(error).rstrip(".")
    return reason if len(reason) <= _LONGEST_REASON else reason[:_LONGEST_REASON] + "..."


def read_path(path: str, limit: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: where it is.
        limit: size in bytes above which it is refused without being read.

    Raises:
        ImageError: there is no such file, it is not a regular file, it cannot be read, or it is
            larger than `limit`.
    """
    name = shortened(path)
    data = b""
    # errors are raised outside of `except`, so that they keep no error with its objects in memory
    try:
        # opened before it is examined, so that both are about the same file
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            fault = _fault_of(status, name, limit)
            if not fault:
                # not beyond the size: files of /proc have size 0, and some of them do not end
                data = file.read(status.st_size)
    except IsADirectoryError:
        fault = f"{name} is a folder; pass the images in it."
    except OSError as error:
        # ENXIO: a socket, or a device without hardware
        special = error.errno == errno.ENXIO
        fault = _not_regular(name) if special else f"Cannot read {name}: {error.strerror}."
    except (ValueError, MemoryError) as error:  # ValueError: a null byte or a lone surrogate
        fault = f"Cannot read {name}: {reason_of(error)}."
    if fault and len(path) > LONG:
        fault += f" A str is a path; an image must be {ACCEPTED}."
    if fault:
        raise ImageError(fault)
    return data


def _fault_of(status: os.stat_result, name: str, limit: int) -> str:
    if not stat.S_ISREG(status.st_mode):
        return _not_regular(name)
    return _too_long(name, f"{status.st_size:,}", limit) if status.st_size > limit else ""


def _not_regular(name: str) -> str:
    return f"{name} is not a regular file; pass an image file."


def _too_long(name: str, length: str, limit: int) -> str:
    return (
        f"{name} has {length} bytes; the limit is {limit:,}. Pass an image file, "
        "or raise the option max_pixels."
    )


def _open_without_waiting(path: str, flags: int) -> int:
    # a named pipe without a writer would block open() for ever, and a terminal could become that
    # of the process; Windows has neither flag
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def read_file(file: Any, name: str, limit: int) -> bytes:
    """Return the content of a file object.

    A file that can seek is read from its start, and its position is restored. Another one is read
    from where it is.

    Args:
        file: any object with a method `read`.
        name: what to call it in messages.
        limit: bytes above which it is refused; at most 1 MiB more is read.

    Raises:
        ImageError: it cannot be read, does not return bytes, or has more than `limit` bytes.
    """
    data = b""
    try:
        position, size = _rewind(file)
        try:
            data, fault = _content(file, name, size, limit)
        finally:
            _restore(file, position)
    except UnicodeDecodeError:  # the content of nearly every image, in text mode
        fault = _open_as_text(name)
    except Exception as error:  # the file object may be of any library
        fault = f"Cannot read {name}: {reason_of(error)}."
    if fault:
        raise ImageError(fault)
    return data


def _rewind(file: Any) -> tuple[Any, int]:
    """Go to the start of a file; return its position before and its size, or None and 0 if it
    cannot seek.
    """
    with suppress(Exception):  # pipes, sockets and responses raise errors of many types
        position = file.tell()
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(0)
        return position, size
    return None, 0


def _restore(file: Any, position: Any) -> None:
    if position is not None:
        with suppress(Exception):
            file.seek(position)


def _content(file: Any, name: str, size: int, limit: int) -> tuple[bytes, str]:
    """Return the rest of a file and "", or b"" and the fault."""
    if size > limit:
        return b"", _too_long(name, f"{size:,}", limit)
    data: bytes | bytearray = b""
    # of a size that is right, one piece is the whole file
    wanted = size or _PIECE
    while True:
        piece, last = _piece_of(file, wanted)
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            return b"", _wrong_type(piece, name)
        if not data:
            data = bytes(piece)
        elif piece:
            data = bytearray(data) if isinstance(data, bytes) else data
            data += piece
        if len(data) > limit:
            return b"", _too_long(name, f"more than {limit:,}", limit)
        if last or not piece:
            return bytes(data), ""
        wanted = _PIECE


def _piece_of(file: Any, wanted: int) -> tuple[Any, bool]:
    """Return a piece of a file, and whether it is known to be the last one."""
    try:
        return file.read(wanted), False
    except TypeError:  # a `read` without a size returns the whole file
        return file.read(), True


def _open_as_text(name: str) -> str:
    return f"{name} is open as text; open it in binary mode ('rb')."


def _wrong_type(piece: Any, name: str) -> str:
    if isinstance(piece, str):
        return _open_as_text(name)
    if inspect.isawaitable(piece):
        if inspect.iscoroutine(piece):
            piece.close()  # or Python warns that it was never awaited
        return f"{name} is asynchronous; pass its bytes: `await file.read()`."
    if piece is None:
        return f"{name} has no bytes to read yet: its read() returned None."
    return f"Cannot read {name}: its read() returned {type(piece).__name__}, not bytes."
