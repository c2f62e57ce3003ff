"""Where the input of a network lies in the image: affine maps, and what chooses them.

Coordinates are posehub's, in the image and in an input alike: x = 0 is the left edge of the first
column and 0.5 its centre. A map is an affine matrix (2, 3) from the input to the image. The image
is sampled with it and results are mapped back with it, so both always agree.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

Size = tuple[int, int]
"""(width, height) in pixels, or columns and rows of an input."""


def transform(matrix: Floats, points: ArrayLike) -> Floats:
    """Return points (..., 2) mapped by an affine matrix (2, 3)."""
    mapped: Floats = np.asarray(points) @ matrix[:, :2].T + matrix[:, 2]
    return mapped


def transform_boxes(matrix: Floats, boxes: ArrayLike) -> Floats:
    """Return boxes (..., 4), x1, y1, x2, y2, mapped by a matrix without rotation."""
    corners = np.asarray(boxes)
    return transform(matrix, corners.reshape(*corners.shape[:-1], 2, 2)).reshape(corners.shape)


def inverse(matrix: Floats) -> Floats:
    """Return the map from the image to the input, (2, 3)."""
    # written out, which is several times faster than numpy.linalg for a matrix this small
    (a, b, x), (c, d, y) = matrix.tolist()
    determinant = a * d - b * c
    rows = [[d, -b, b * y - d * x], [-c, a, c * x - a * y]]
    inverted: Floats = np.array(rows) / determinant
    return inverted


def mirrored(matrix: Floats, columns: int) -> Floats:
    """Return the map whose input is the mirror image, left to right, of an input with `columns`."""
    return np.column_stack([-matrix[:, 0], matrix[:, 1], matrix[:, 2] + columns * matrix[:, 0]])


def letterbox(image: Size, size: Size, *, centred: bool = False) -> Floats:
    """Return the map of an input that holds the whole image, unstretched.

    Args:
        image: (width, height), pixels.
        size: columns and rows of the input.
        centred: whether bars are on both sides; if not, they are at the right or at the bottom.
    """
    step = max(image[0] / size[0], image[1] / size[1])
    rest = [image[axis] - step * size[axis] if centred else 0.0 for axis in (0, 1)]
    return np.array([[step, 0.0, rest[0] / 2], [0.0, step, rest[1] / 2]])


def region(center: tuple[float, float], width: float, size: Size, angle: float = 0.0) -> Floats:
    """Return the map of an input that shows a rectangle of the image, rotated about its centre.

    Args:
        center: x and y, pixels.
        width: of the rectangle, pixels, above 0; its height follows from `size`.
        size: columns and rows of the input.
        angle: radians, clockwise as seen.
    """
    step = width / size[0]
    cos, sin = step * math.cos(angle), step * math.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, np.array(center) - linear @ (np.array(size) / 2)])


def around(box: ArrayLike, size: Size, factor: float) -> Floats:
    """Return the map of an input that shows a box, unstretched and with space around it.

    Args:
        box: x1, y1, x2, y2, pixels.
        size: columns and rows of the input.
        factor: sides of the region over those of the smallest one that holds the box.
    """
    left, top, right, bottom = (float(each) for each in np.asarray(box))
    # a box without extent still gives a region
    width = max(right - left, (bottom - top) * size[0] / size[1], 1.0)
    return region(((left + right) / 2, (top + bottom) / 2), factor * width, size)


def tiles(image: Size, size: Size, step: float, overlap: float) -> list[Floats]:
    """Return the maps of inputs that together show the whole image, row by row.

    Tiles are evenly spaced from edge to edge; along an axis where one is enough it begins
    with the image, as in a letterbox.

    Args:
        image: (width, height), pixels.
        size: columns and rows of an input.
        step: pixels for each element.
        overlap: least share of a tile that it has in common with the next, below 1.
    """
    return [
        np.array([[step, 0.0, left], [0.0, step, top]])
        for top in _starts(image[1], step * size[1], overlap)
        for left in _starts(image[0], step * size[0], overlap)
    ]


def _starts(length: float, side: float, overlap: float) -> list[float]:
    # a rounding error must not add a second tile where one fits exactly
    count = 1 + math.ceil(max(0.0, length - side - 1e-6) / (side * (1 - overlap)))
    if count == 1:
        return [0.0]
    starts: list[float] = np.linspace(0, length - side, count).tolist()
    return starts
