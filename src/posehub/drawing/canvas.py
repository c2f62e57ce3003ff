"""Colours blended into the pixels of an image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from posehub.drawing.coverage import FULL, Alpha, Coverage
from posehub.drawing.plan import Colour

Bytes = NDArray[np.uint8]

_LARGEST_KEPT = 4_000_000
"""Pixels of the largest array in `_kept`: 8 MB."""
_kept: list[Alpha] = []
"""At most one array of zeros, for the next image of the same size."""


class Canvas:
    """An image that shapes are filled on, within a `with` block.

    Args:
        pixels: uint8 RGB (H, W, 3), C-contiguous; changed in place.
    """

    def __init__(self, pixels: Bytes) -> None:
        self._pixels = pixels
        flat = pixels.reshape(-1, 3)
        self._triples = flat.view("V3")[:, 0]
        self._channels = [flat[:, channel] for channel in range(3)]
        # The sum of alphas of each pixel during a call of `fill`, and zero outside of the calls.
        # Used again for the next frame: a new array can take a third of the time of a drawing.
        kept = _kept.pop() if _kept else np.empty(0, np.uint16)
        self._sums = kept if len(kept) == len(flat) else np.zeros(len(flat), np.uint16)

    def __enter__(self) -> Canvas:
        return self

    def __exit__(self, error: type[BaseException] | None, *rest: object) -> None:
        # after an error the sums may not be zero
        if error is None and not _kept and len(self._sums) <= _LARGEST_KEPT:
            _kept.append(self._sums)

    def fill(self, covered: Coverage, colour: Colour) -> None:
        """Fill shapes with a colour. Parts of one pixel that several shapes cover add up."""
        solid, edge, alpha = covered
        value, triple = _values(colour)
        if len(edge):
            np.add.at(self._sums, edge, alpha)
            weight = np.minimum(self._sums[edge], FULL)
            self._sums[edge] = 0
            under = np.empty((3, len(edge)), np.uint8)
            for row, channel in zip(under, self._channels, strict=True):
                row[:] = channel[edge]
            mixed = _blended(under, weight, value)
            for row, channel in zip(mixed, self._channels, strict=True):
                channel[edge] = row
        self._triples.put(solid, triple)

    def stamp(self, alpha: Alpha, left: int, top: int, colour: Colour) -> None:
        """Blend a colour into the rectangle at `left`, `top`, by `alpha` (H, W)."""
        rows, columns = alpha.shape
        y, x = max(top, 0), max(left, 0)
        part = self._pixels[y : max(top + rows, 0), x : max(left + columns, 0)]
        weight = alpha[y - top :, x - left :][: part.shape[0], : part.shape[1]]
        part[:] = _blended(part, weight[..., None], _values(colour)[0][:, 0])


@lru_cache(maxsize=32)
def _values(colour: Colour) -> tuple[NDArray[np.uint16], NDArray[np.void]]:
    """Return a colour as a column of three values, and as one triple of bytes."""
    return np.array(colour, np.uint16)[:, None], np.array(colour, np.uint8).view("V3")


def _blended(under: Bytes, weight: Alpha, over: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the mean of two values, `over` with a share of `weight` / `FULL`, rounded."""
    mixed = under * (FULL - weight)
    mixed += weight * over
    mixed += FULL // 2
    mixed //= FULL
    return mixed
