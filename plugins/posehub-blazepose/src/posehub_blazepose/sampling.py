"""The image sampled on a rotated grid: the input of a network.

Sampling is bilinear, at positions rounded to 1/32 pixel and with results rounded to whole grey
levels, as OpenCV's `warpPerspective` does for 8-bit images and MediaPipe therefore does on a CPU.
Agreement with MediaPipe depends on both roundings: where half a body is hidden, a smaller
difference moves the estimated half by several percent of the torso.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posehub_blazepose.geometry import Floats

Pixels = NDArray[np.uint8]
Grid = NDArray[np.float32]

_STEPS = 32
"""Positions per pixel (OpenCV's INTER_TAB_SIZE)."""

_LEVELS = float(_STEPS * _STEPS)
"""Sum of the four weights of a sample."""


def warp(pixels: Pixels, matrix: Floats, size: int, border: Literal["zero", "edge"]) -> Grid:
    """Return the image sampled at the centres of the elements of a square grid.

    Args:
        pixels: uint8 (H, W, 3), C-contiguous.
        matrix: affine (2, 3), from grid to image.
        size: columns and rows of the grid.
        border: what lies outside the image: black, or the nearest pixel of its edge.

    Returns:
        Whole grey levels in [0, 255], float32 (size, size, 3).
    """
    height, width = pixels.shape[:2]
    left, right, left_weight, right_weight = _neighbours(matrix[0], size, width, border)
    above, below, above_weight, below_weight = _neighbours(matrix[1], size, height, border)
    left *= 3
    right *= 3
    above *= 3 * width
    below *= 3 * width
    corners = (
        (above + left, above_weight * left_weight),
        (above + right, above_weight * right_weight),
        (below + left, below_weight * left_weight),
        (below + right, below_weight * right_weight),
    )
    flat = pixels.reshape(-1)
    grid = np.empty((size * size, 3), np.float32)
    corner = np.empty(size * size, np.uint8)
    for channel in range(3):
        # half a grey level is added first, so that the floor below rounds
        total = np.full(size * size, _LEVELS / 2, np.float32)
        for index, weight in corners:
            # every index is valid, so "clip" changes nothing, but it saves numpy a buffer
            np.take(flat[channel:], index, out=corner, mode="clip")
            total += corner * weight
        total /= _LEVELS
        np.floor(total, out=grid[:, channel])
    return grid.reshape(size, size, 3)


def _neighbours(
    row: Floats, size: int, length: int, border: str
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Return, along one axis, the two pixels next to each grid element and their weights in 1/32.

    Args:
        row: the matrix's row for the axis.
        size: columns and rows of the grid.
        length: pixels along the axis.
        border: as in `warp`.
    """
    centers = np.arange(size) + 0.5
    # from the centre of the first pixel, so that a whole number is the centre of a pixel
    position = (row[0] * centers + (row[2] - 0.5))[None, :] + (row[1] * centers)[:, None]
    position *= _STEPS
    np.rint(position, out=position)
    # one pixel beyond the border gives the same as far beyond it, and fits an integer
    np.clip(position, -_STEPS, _STEPS * length, out=position)
    whole = position.ravel().astype(np.intp)
    first = whole >> 5
    second = first + 1
    second_weight = (whole & (_STEPS - 1)).astype(np.float32)
    first_weight = _STEPS - second_weight
    if border == "zero":
        first_weight *= (first >= 0) & (first < length)
        second_weight *= second < length
    np.clip(first, 0, length - 1, out=first)
    np.clip(second, 0, length - 1, out=second)
    return first, second, first_weight, second_weight
