"""The image as a network's input: sampled through a map, detail finer than an element averaged.

Without the averaging, an image that is shrunk keeps only every second or third pixel, and what a
network finds depends on which.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub.local.geometry import Floats, Size, inverse, transform

Pixels = NDArray[np.uint8]

_REDUCING_GAP = 3.0
"""A region shrunk by more than twice this is first averaged over whole blocks of pixels, which is
faster and changes grey levels by less than 1 (Pillow's documentation of `Image.resize`)."""


def sample(
    image: PILImage.Image, matrix: Floats, size: Size, fill: tuple[int, int, int] = (0, 0, 0)
) -> Pixels:
    """Return the input that a map shows: uint8 (rows, columns, 3).

    Args:
        image: RGB.
        matrix: from the input to the image, (2, 3).
        size: columns and rows of the input.
        fill: colour outside the image.
    """
    if matrix[0, 1] == matrix[1, 0] == 0 and matrix[0, 0] > 0 and matrix[1, 1] > 0:
        return np.asarray(_resized(image, matrix, size, fill))
    return np.asarray(_warped(image, matrix, size, fill))


def _resized(
    image: PILImage.Image, matrix: Floats, size: Size, fill: tuple[int, int, int]
) -> PILImage.Image:
    """Return the input of a map that neither rotates nor mirrors."""
    first, last = _elements(image.size, matrix, size)
    shown = last[0] - first[0], last[1] - first[1]
    region = transform(matrix, [first, last])
    if shown == size:
        return _resized_fully(image, region, matrix, size, fill)
    result = PILImage.new("RGB", size, fill)
    # an image smaller than an element cannot be seen
    if min(shown) > 0 and max(matrix[0, 0], matrix[1, 1]) <= max(image.size):
        result.paste(_resized_fully(image, region, matrix, shown, fill), first)
    return result


def _elements(image: Size, matrix: Floats, size: Size) -> tuple[Size, Size]:
    """Return the first element along both axes that may show the image, and the last + 1.

    So a region that reaches far beyond the image takes no more memory than the image.
    """
    low, high = transform(inverse(matrix), [(0, 0), image])
    first = np.clip(np.floor(low) - 1, 0, size).astype(int)
    last = np.clip(np.ceil(high) + 1, first, size).astype(int)
    return (int(first[0]), int(first[1])), (int(last[0]), int(last[1]))


def _resized_fully(
    image: PILImage.Image,
    region: Floats,
    matrix: Floats,
    size: Size,
    fill: tuple[int, int, int],
) -> PILImage.Image:
    """Return a region, given by its corners (2, 2), which may reach a little beyond the image."""
    (left, top), (right, bottom) = region
    columns = _extent(left, right, matrix[0, 0], image.width)
    rows = _extent(top, bottom, matrix[1, 1], image.height)
    if columns[0] < 0 or rows[0] < 0 or columns[1] > image.width or rows[1] > image.height:
        image = _cut(image, (columns[0], rows[0], columns[1], rows[1]), fill)
        left, right = left - columns[0], right - columns[0]
        top, bottom = top - rows[0], bottom - rows[0]
    left, top = max(0.0, left), max(0.0, top)
    right, bottom = min(float(image.width), right), min(float(image.height), bottom)
    return image.resize(
        size,
        PILImage.Resampling.BILINEAR,
        box=(left, top, right, bottom),
        reducing_gap=_REDUCING_GAP,
    )


def _extent(start: float, end: float, step: float, length: int) -> tuple[int, int]:
    """Return the pixels that the filter needs along an axis, first and last + 1.

    Beyond the region it averages over one element, or blends with one pixel. Where the region ends
    with the image it averages over fewer pixels, so that no dark rim appears.
    """
    margin = max(1.0, step)
    first, last = math.floor(start - margin), math.ceil(end + margin)
    # sizes of inputs are rounded, so a region may miss the edge by a rounding error
    first = max(0, first) if start > -1e-6 else first
    last = min(length, last) if end < length + 1e-6 else last
    return first, last


def _cut(
    image: PILImage.Image, area: tuple[int, int, int, int], fill: tuple[int, int, int]
) -> PILImage.Image:
    """Return an area that may reach beyond the image."""
    left, top, right, bottom = area
    if not any(fill):
        return image.crop(area)
    cut = PILImage.new("RGB", (right - left, bottom - top), fill)
    cut.paste(image, (-left, -top))
    return cut


def _warped(
    image: PILImage.Image, matrix: Floats, size: Size, fill: tuple[int, int, int]
) -> PILImage.Image:
    """Return the input of any map: the region, shrunk to the size of the elements and rotated."""
    step = max(1.0, math.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    columns, rows = size
    corners = transform(matrix, [(0, 0), (columns, 0), (0, rows), (columns, rows)])
    # in whole pixels, so that at a step of 1 nothing is resampled twice
    low, high = np.floor(corners.min(axis=0) - 2 * step), corners.max(axis=0) + 2 * step
    cut = np.array([[step, 0.0, low[0]], [0.0, step, low[1]]])
    width, height = np.ceil((high - low) / step).astype(int).tolist()
    upright = _resized(image, cut, (width, height), fill)
    linear, shift = inverse(cut)[:, :2], inverse(cut)[:, 2]
    rest = np.column_stack([linear @ matrix[:, :2], linear @ matrix[:, 2] + shift])
    # Pillow's coordinates are posehub's: its pixels have their centres at 0.5
    return upright.transform(
        size,
        PILImage.Transform.AFFINE,
        tuple(rest.ravel().tolist()),
        PILImage.Resampling.BILINEAR,
        fillcolor=fill,
    )
