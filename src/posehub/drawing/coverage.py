"""How much of each pixel a shape covers, for many shapes at once.

Only pixels near a shape are computed, so the time depends on what is drawn, not on the size of
the image. A pixel is given by its index in an image of `size` (width, height), stored row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.drawing.geometry import Floats, Integers, Rectangle, numbered

Size = tuple[int, int]
Alpha = NDArray[np.uint16]

FULL = 128
"""Alpha of a pixel that is covered completely. A power of 2, for speed, and small: the sum of 500
alphas is still a uint16."""


class Coverage(NamedTuple):
    """The pixels that shapes touch; a pixel may occur more than once.

    Attributes:
        solid: pixels that are covered completely.
        edge: pixels that are covered in part.
        alpha: how much of each of `edge` is covered, as a part of `FULL`.
    """

    solid: Integers
    edge: Integers
    alpha: Alpha


def bands(ends: Floats, widths: Floats, sections: Sequence[int], size: Size) -> list[Coverage]:
    """Return the coverage of straight lines whose ends are hidden under discs.

    Each column of pixels, or row for a steep line, is covered from one border of the line to the
    other. So the ends of the line are vertical, or horizontal for a steep line.

    Args:
        ends: (N, 2, 2), start and end of each line, each x and y.
        widths: (N,), of the lines.
        sections: how many of the lines belong to each coverage that is returned.
        size: (width, height) of the image.
    """
    lines = _Lines.of(ends, size)
    column = _columns(lines, np.zeros(len(ends)))
    half = (widths / 2 * np.hypot(1.0, lines.slope))[column.line]
    limit = lines.limit[1][column.line]
    borders = np.stack([column.centre - half, column.centre + half])
    np.clip(borders, 0.0, limit, out=borders)
    # the two pixels that the borders run through; the pixels between them are covered completely
    outer = np.minimum(borders, limit - 1).astype(np.intp)
    part = np.minimum(borders[1], outer + 1) - np.maximum(borders[0], outer)
    part[1, outer[0] == outer[1]] = 0.0  # a thin line within one pixel
    edge = column.first + outer * column.stride
    alpha = alpha_of(part)
    between = np.maximum(outer[1] - outer[0] - 1, 0)
    solid = _runs(edge[0] + column.stride, between, column.stride)
    columns = np.searchsorted(column.line, np.cumsum([0, *sections]))
    solids = np.concatenate([[0], np.cumsum(between)])[columns]
    return [
        Coverage(solid[begin:stop], edge[:, first:last].ravel(), alpha[:, first:last].ravel())
        for (first, last), (begin, stop) in zip(pairwise(columns), pairwise(solids), strict=True)
    ]


def strokes(ends: Floats, width: float, size: Size) -> Coverage:
    """Return the coverage of straight lines of one width, with square and smooth ends.

    Args:
        ends: (N, 2, 2), start and end of each line, each x and y.
        width: of the lines.
        size: (width, height) of the image.
    """
    lines = _Lines.of(ends, size)
    reach = width / 2 + 0.5
    column = _columns(lines, reach * np.abs(lines.unit[1]) + 0.5)
    along, across = lines.unit.astype(np.float32)[:, column.line]
    half_length = (lines.length / 2 + 0.5).astype(np.float32)[column.line]
    most = int(np.ceil((reach / np.abs(lines.unit[0])).max(initial=0.0) - 0.5))
    steps = np.arange(-most, most + 1)[:, None]
    nearest = np.floor(column.centre)
    # from the centre of the line to the centres of the pixels of the column, and the same as
    # distances across the line and along it from its middle
    offsets = (nearest + 0.5 - column.centre).astype(np.float32) + steps.astype(np.float32)
    distance = np.abs(offsets * along)
    offsets *= across
    offsets += column.beyond.astype(np.float32) / along
    part = np.minimum(reach - distance, half_length - np.abs(offsets))
    pixels = nearest.astype(np.intp) + steps
    part[(pixels < 0) | (pixels >= lines.limit[1][column.line])] = 0.0
    pixels *= column.stride
    pixels += column.first
    return _split(pixels, part)


def discs(centres: Floats, radius: float, sections: Sequence[int], size: Size) -> list[Coverage]:
    """Return the coverage of discs of one radius.

    Args:
        centres: (N, 2), x and y.
        radius: of the discs.
        sections: how many of the discs belong to each coverage that is returned.
        size: (width, height) of the image.
    """
    reach = radius + 0.5
    most = int(np.ceil(reach))
    steps = np.arange(-most, most + 1)
    nearest = np.floor(centres)
    offsets = (nearest + 0.5 - centres).astype(np.float32)[..., None] + steps.astype(np.float32)
    squares = offsets * offsets
    part = reach - np.sqrt(squares[:, 1, :, None] + squares[:, 0, None, :])
    pixels = nearest.astype(np.intp)[..., None] + steps
    outside = (pixels < 0) | (pixels >= np.array(size)[:, None])
    if outside.any():
        part[outside[:, 1, :, None] | outside[:, 0, None, :]] = 0.0
    indices = pixels[:, 1, :, None] * size[0] + pixels[:, 0, None, :]
    limits = np.cumsum([0, *sections])
    return [_split(indices[first:last], part[first:last]) for first, last in pairwise(limits)]


def outline(box: Rectangle, width: float, size: Size) -> Coverage:
    """Return the coverage of a line of this width around a box."""
    left, top, right, bottom = box
    half = width / 2
    columns = _covered(left - half, right + half, size[0])
    rows = _covered(top - half, bottom + half, size[1])
    inner_columns = _covered(left + half, right - half, size[0])
    inner_rows = _covered(top + half, bottom - half, size[1])
    parts = []
    # the lines at the top and the bottom, and those at the sides between them
    for across, down in ((columns, rows - inner_rows), (columns - inner_columns, inner_rows)):
        x, y = np.flatnonzero(across), np.flatnonzero(down)
        parts.append(_split(y[:, None] * size[0] + x, down[y, None] * across[x]))
    return Coverage(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


@frozen(eq=False)
class _Lines:
    """N lines, in coordinates along and across: x and y, or y and x for a steep line.

    Attributes:
        start, end: (2, N), along and across.
        length: (N,).
        unit: (2, N), the direction; (1, 0) for a line without length.
        slope: (N,), across by along, in [-1, 1].
        limit: (2, N), the size of the image along and across.
        strides: (2, N), from the index of a pixel to that of the next one along and across.
    """

    start: Floats
    end: Floats
    length: Floats
    unit: Floats
    slope: Floats
    limit: Integers
    strides: Integers

    @classmethod
    def of(cls, ends: Floats, size: Size) -> _Lines:
        start, end = ends[:, 0].T, ends[:, 1].T
        spans = np.abs(end - start)
        steep = spans[1] > spans[0]
        start, end = np.where(steep, start[::-1], start), np.where(steep, end[::-1], end)
        step = end - start
        length = np.hypot(step[0], step[1])
        unit = step / np.where(length > 0, length, 1.0)
        unit[0, length == 0] = 1.0
        limit = np.where(steep, [[size[1]], [size[0]]], [[size[0]], [size[1]]])
        strides = np.where(steep, [[size[0]], [1]], [[1], [size[0]]])
        return cls(start, end, length, unit, unit[1] / unit[0], limit, strides)


@frozen(eq=False)
class _Columns:
    """The columns of pixels that lines cross; rows for steep lines.

    Attributes:
        line: the line that crosses the column, ascending.
        beyond: distance from the middle of the line to the centre of the column, along.
        centre: where the line crosses the centre of the column, across.
        first: the column's first pixel.
        stride: from the index of a pixel to that of the next one in the column.
    """

    line: Integers
    beyond: Floats
    centre: Floats
    first: Integers
    stride: Integers


def _columns(lines: _Lines, margins: Floats) -> _Columns:
    """Return the columns inside the image from each line's start to its end, and `margins` more."""
    low = np.minimum(lines.start[0], lines.end[0]) - margins
    high = np.maximum(lines.start[0], lines.end[0]) + margins
    first = np.clip(np.floor(low), 0, lines.limit[0]).astype(np.intp)
    count = np.clip(np.ceil(high), 0, lines.limit[0]).astype(np.intp) - first
    line, along = numbered(count)
    along += first[line]
    middle = (lines.start + lines.end) / 2
    beyond = along + (0.5 - middle[0])[line]
    return _Columns(
        line,
        beyond,
        middle[1][line] + beyond * lines.slope[line],
        along * lines.strides[0][line],
        lines.strides[1][line],
    )


def _covered(start: float, stop: float, size: int) -> Floats:
    """Return how much of each of `size` pixels in a row is between two coordinates."""
    pixels = np.arange(size)
    covered: Floats = np.minimum(pixels + 1, stop) - np.maximum(pixels, start)
    return covered.clip(0.0, 1.0)


def _runs(first: Integers, lengths: Integers, strides: Integers) -> Integers:
    """Return runs of pixels, one after the other.

    Each run has `lengths` pixels, starts at `first`, and its pixels are `strides` apart.
    """
    some = lengths > 0
    if not some.all():
        first, lengths, strides = first[some], lengths[some], strides[some]
    # the differences between consecutive pixels, summed up
    steps = np.repeat(strides, lengths)
    last = first + (lengths - 1) * strides
    steps[np.cumsum(lengths) - lengths] = first - np.concatenate([[0], last])[:-1]
    return np.cumsum(steps, out=steps)


def _split(pixels: Integers, part: NDArray[np.floating]) -> Coverage:
    solid = part >= 1
    edge = (part > 0) & ~solid
    return Coverage(pixels[solid], pixels[edge], alpha_of(part[edge]))


def alpha_of(part: NDArray[np.floating]) -> Alpha:
    """Return the covered part of pixels, from 0 to 1, as alpha."""
    return (part * FULL + 0.5).astype(np.uint16)
