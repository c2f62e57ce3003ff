"""JSON files as ijson may read them: without a byte order mark, and bounded.

ijson ends the process at an integer of more digits than Python converts, and its memory grows with
the square of the depth of nesting.
"""

from __future__ import annotations

import re
from typing import IO

import numpy as np

MOST_DIGITS = 1000
"""Digits of a number: float64 has at most 309 before the point."""

MOST_LEVELS = 200
"""Levels of nesting. The files of every format have fewer than 10."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONG = re.compile(rb"[0-9]{%d}" % (MOST_DIGITS + 1))
_ESCAPES = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class UnboundedError(ValueError):
    """A JSON file has a number or nesting that its parser cannot take."""


class BoundedFile:
    """A binary file of JSON that ijson reads.

    Args:
        file: to read, from its start.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._start = file.read(len(BYTE_ORDER_MARK)).removeprefix(BYTE_ORDER_MARK)
        self._in_text = False
        self._escape = b""
        self._digits = b""
        self._level = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            UnboundedError: a number has too many digits, or the nesting is too deep.
        """
        if size == 0:
            return b""
        data = self._start + self._file.read(size if size < 0 else max(1, size - len(self._start)))
        self._start = b""
        self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        text = self._escape + data
        slashes = len(text) - len(text.rstrip(b"\\"))
        self._escape = b"\\" if slashes % 2 else b""
        text = text[: len(text) - len(self._escape)]
        parts = _ESCAPES.sub(b"", text).split(b'"')
        outside = b" ".join(parts[self._in_text :: 2])
        self._in_text ^= len(parts) % 2 == 0
        if _LONG.search(self._digits + outside):
            raise UnboundedError(f"a number has more than {MOST_DIGITS} digits")
        self._digits = (self._digits + outside)[-MOST_DIGITS:]
        brackets = np.frombuffer(outside.translate(None, _NO_BRACKETS), np.uint8)
        if len(brackets):
            levels = np.cumsum(np.where((brackets == ord("[")) | (brackets == ord("{")), 1, -1))
            if self._level + levels.max() > MOST_LEVELS:
                raise UnboundedError(f"nested deeper than {MOST_LEVELS} levels")
            self._level += int(levels[-1])
