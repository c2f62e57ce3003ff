"""Which parts of a picture the wide detector looks at, at which scale."""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from posehub_blazepose.geometry import Floats

_CANVASES = ((288, 384), (448, 608))
"""Rows and columns of the detector's input for the first level and for all others, for pictures
that lie; turned for those upright. The trained detector is slid over canvases of 4:3, the commonest
shape, in whole cells of 32 elements. Each shows such a picture some 1.6 times as large as the one
before: whom one scale misses, the next one mostly finds."""

SHAPES = (*_CANVASES, *(shape[::-1] for shape in _CANVASES))
"""All of these."""

_STEP = (1.6, 2.0)
"""How much finer each level is than the one before, at least and at most. The detector sees people
over a range of sizes far wider than this, so no size falls between two levels; of the range, the
step that needs the fewest tiles is taken, and the largest such."""

_OVERLAP = 0.25
"""Least overlap of neighbouring tiles, as a share of a tile. Whoever is larger has been shown whole
by a coarser level."""

_MAX_SCALE = 2.0
"""Finest level, in elements per pixel. The detector finds regions from about 100 elements on: at
this scale somebody some 40 pixels tall, whose limbs no camera resolves any more."""

_LEAST_GAIN = 1.2
"""A level must show the picture larger than the one before by this factor to be worth a run."""

_STRIP = 0.25
"""Least height of a picture's short side in a tile, as a share of the tile: enough for
somebody as tall as the strip."""


@frozen
class Tile:
    """A part of the picture as a detector sees it; it may reach beyond the picture.

    Attributes:
        left: distance of its left edge from the picture's, in pixels.
        top: distance of its upper edge from the picture's.
        width: in pixels.
        height: in pixels.
        shape: (rows, columns) of the detector's input.
    """

    left: float
    top: float
    width: float
    height: float
    shape: tuple[int, int]

    @property
    def right(self) -> float:
        """Distance of its right edge from the picture's left one, in pixels."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Distance of its lower edge from the picture's upper one, in pixels."""
        return self.top + self.height

    def share_within(self, boxes: Floats, picture: tuple[int, int]) -> float:
        """Return the largest share that one of some boxes has of the tile's part of the picture.

        Args:
            boxes: (N, 4), x1, y1, x2, y2.
            picture: (width, height).
        """
        low = np.maximum((self.left, self.top), 0)
        high = np.minimum((self.right, self.bottom), picture)
        shared = np.minimum(boxes[:, 2:], high) - np.maximum(boxes[:, :2], low)
        shares = np.clip(shared, 0, None).prod(axis=1) / (high - low).prod()
        return float(shares.max(initial=0.0))


def pyramid(width: int, height: int, coarsest: float, levels: int) -> list[list[Tile]]:
    """Return the tiles of each level, coarse to fine.

    The first levels show the whole picture in one tile, or in a row of them where it is so long
    and narrow that one tile would show nothing of it.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        coarsest: elements per pixel at which the picture has been looked at already.
        levels: how many to give at most; fewer if more would add nothing.
    """
    shown = coarsest
    plan: list[list[Tile]] = []
    while len(plan) < levels:
        lying = _CANVASES[min(len(plan), len(_CANVASES) - 1)]
        shape = lying if width >= height else lying[::-1]
        if len(plan) < len(_CANVASES):
            scale = _fitting(width, height, shape)
        else:
            scale = _finer(width, height, shape, shown)
        scale = min(scale, _MAX_SCALE)
        if scale < _LEAST_GAIN * shown:
            break
        plan.append(_cover(width, height, shape, scale))
        shown = scale
    return plan


def _fitting(width: int, height: int, shape: tuple[int, int]) -> float:
    rows, columns = shape
    return max(
        min(columns / width, rows / height), _STRIP * min(rows, columns) / min(width, height)
    )


def _finer(width: int, height: int, shape: tuple[int, int], scale: float) -> float:
    scales = [scale * float(step) for step in np.linspace(*_STEP, 13)]
    return min(scales, key=lambda finer: (len(_cover(width, height, shape, finer)), -finer))


def _cover(width: int, height: int, shape: tuple[int, int], scale: float) -> list[Tile]:
    rows, columns = shape
    return [
        Tile(left, top, columns / scale, rows / scale, shape)
        for top in _starts(height, rows / scale)
        for left in _starts(width, columns / scale)
    ]


def _starts(length: int, side: float) -> list[float]:
    """Return where tiles start along an axis: evenly spread, or centred if one is enough."""
    # rounding must not ask for a second tile where one fits exactly
    count = 1 + math.ceil(max(0.0, length - side - 1e-6) / (side * (1 - _OVERLAP)))
    if count == 1:
        return [(length - side) / 2]
    return [(length - side) * place / (count - 1) for place in range(count)]
