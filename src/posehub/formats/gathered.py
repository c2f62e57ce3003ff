"""Rows of a file that come in any order, in a temporary file until they are read back by key."""

from __future__ import annotations

import tempfile
from array import array
from types import TracebackType
from typing import Self

import numpy as np


class Gathered:
    """Rows of equal length, each under a key: added in any order, read back key by key.

    The rows are in a temporary file; memory holds some 24 bytes for each.

    Args:
        length: of a row, in bytes.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `__exit__` closes it
        self._added = array("q")
        # sorted when all rows are added
        self._order = self._sorted = np.empty(0, np.int64)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, key: int, row: bytes) -> None:
        """Add a row under a key of 64 bits."""
        self._added.append(key)
        self._file.write(row)

    def sort(self) -> list[int]:
        """Prepare reading; return the keys in the order in which they were added first."""
        added = np.array(self._added, np.int64)
        self._order = np.argsort(added, kind="stable")
        self._sorted = added[self._order]
        keys, firsts = np.unique(added, return_index=True)
        return keys[np.argsort(firsts)].tolist()  # type: ignore[no-any-return]  # NumPy says Any

    def rows(self, key: int) -> bytes:
        """Return the rows under a key, one behind the other, as they were added."""
        first, end = (int(np.searchsorted(self._sorted, key, side)) for side in ("left", "right"))
        return b"".join(self._row(place) for place in self._order[first:end].tolist())

    def _row(self, place: int) -> bytes:
        self._file.seek(place * self._length)
        return self._file.read(self._length)
