"""Which parts of an image the detector runs on, at which scale."""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from posehub_blazepose.geometry import Floats

_INPUTS = ((288, 384), (448, 608))
"""Rows and columns of the detector's input for the first level and for all others, for landscape
images; exchanged for portrait images. The detector is fully convolutional, so its input may have
another shape than in training: 4:3, the most common shape of images, in whole cells of 32 elements.
Each level shows such an image about 1.6 times as large as the one before: a person whom one scale
misses is mostly found at the next."""

SHAPES = (*_INPUTS, *(shape[::-1] for shape in _INPUTS))
"""All shapes of the detector's input, for both orientations."""

_STEP = (1.6, 2.0)
"""How much finer each level is than the one before, at least and at most. The detector finds people
over a range of sizes that is far wider, so no size falls between two levels. Within this range the
step that needs the fewest tiles is taken, and the largest of these."""

_OVERLAP = 0.25
"""Least overlap of neighbouring tiles, as a share of a tile. A person larger than that is complete
in a tile of a coarser level."""

_MAX_SCALE = 2.0
"""Finest level, in elements per pixel. The detector finds regions from about 100 elements on: at
this scale a person about 40 pixels tall, whose limbs are too small for cameras to resolve."""

_LEAST_GAIN = 1.2
"""A level is used only if it shows the image larger than the one before by this factor."""

_STRIP = 0.25
"""Least length of the image's short side in a tile, as a share of the tile: enough to find a person
as tall as the short side."""


@frozen
class Tile:
    """A part of the image that is one input of the detector; it may reach beyond the image.

    Attributes:
        left: x of its left edge, in pixels.
        top: y of its upper edge, in pixels.
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
        """X of its right edge, in pixels."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Y of its lower edge, in pixels."""
        return self.top + self.height

    def largest_share(self, boxes: Floats, image_size: tuple[int, int]) -> float:
        """Return the largest share of the tile, within the image, that one of the boxes covers.

        Args:
            boxes: (N, 4), x1, y1, x2, y2.
            image_size: (width, height).
        """
        low = np.maximum((self.left, self.top), 0)
        high = np.minimum((self.right, self.bottom), image_size)
        shared = np.minimum(boxes[:, 2:], high) - np.maximum(boxes[:, :2], low)
        shares = np.clip(shared, 0, None).prod(axis=1) / (high - low).prod()
        return float(shares.max(initial=0.0))


def pyramid(width: int, height: int, coarsest: float, levels: int) -> list[list[Tile]]:
    """Return the tiles of each level, coarse to fine.

    The first levels show the whole image in one tile, or in a row of tiles if the image is so long
    and narrow that it would be too small in one.

    Args:
        width: of the image, in pixels.
        height: of the image, in pixels.
        coarsest: elements per pixel at which the detector has run already.
        levels: most levels to return; fewer if more would add nothing.
    """
    before = coarsest
    plan: list[list[Tile]] = []
    while len(plan) < levels:
        landscape = _INPUTS[min(len(plan), len(_INPUTS) - 1)]
        shape = landscape if width >= height else landscape[::-1]
        if len(plan) < len(_INPUTS):
            scale = _fitting(width, height, shape)
        else:
            scale = _finer(width, height, shape, before)
        scale = min(scale, _MAX_SCALE)
        if scale < _LEAST_GAIN * before:
            break
        plan.append(_cover(width, height, shape, scale))
        before = scale
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
    """Return where tiles start along an axis: evenly spaced, or centred if one is enough."""
    # a rounding error must not add a second tile where one fits exactly
    count = 1 + math.ceil(max(0.0, length - side - 1e-6) / (side * (1 - _OVERLAP)))
    if count == 1:
        return [(length - side) / 2]
    return [(length - side) * index / (count - 1) for index in range(count)]
