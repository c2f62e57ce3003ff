"""Sizes of lines, dashes and people, and lines cut at the edge of an image.

All lengths and coordinates are pixels of the image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.poses.result import PoseResult

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Flags = NDArray[np.bool_]

_WIDTH_BY_IMAGE = 1 / 220
"""Line width as a share of the image's longer side: 3 px in a 640 px image."""
_WIDTH_BY_PERSON = 1 / 50
"""Largest line width as a share of the person: thick lines would hide a small person."""
_LEAST_WIDTH = 1.0
_DASH, _GAP = 3.0, 1.5
"""In line widths."""


def extents(result: PoseResult) -> Floats:
    """Return the size of each person, (P,): the diagonal of the keypoints' bounding rectangle.

    A person with fewer than two keypoints has the diagonal of the box, or 0 without a box.
    """
    points = result.keypoints.astype(np.float64)
    reported = ~np.isnan(points[..., 0])
    by_points = _diagonals(points, reported)
    corners = result.boxes.astype(np.float64).reshape(-1, 2, 2)
    by_box = _diagonals(corners, np.repeat(~np.isnan(corners).any(axis=(1, 2)), 2).reshape(-1, 2))
    return np.where(reported.sum(axis=1) > 1, by_points, by_box)


def line_widths(extents: Floats, size: tuple[int, int]) -> Floats:
    """Return the line width for people of these extents in an image of `size` (width, height).

    An extent of 0 is unknown; the image alone then decides.
    """
    widest = max(size) * _WIDTH_BY_IMAGE
    by_person = np.minimum(extents * _WIDTH_BY_PERSON, widest)
    return np.maximum(np.where(extents > 0, by_person, widest), _LEAST_WIDTH)


def dashes(lengths: Floats, widths: Floats) -> Floats:
    """Return the length of the dashes and of the gaps between them, (..., 2).

    A line begins and ends with a dash. A line too short for two dashes is one dash, and its gap
    is 0.
    """
    dash, gap = widths * _DASH, widths * _GAP
    count = np.maximum(np.rint((lengths + gap) / (dash + gap)), 1.0)
    stretch = lengths / (count * dash + (count - 1) * gap)
    return np.stack([dash * stretch, np.where(count > 1, gap * stretch, 0.0)], axis=-1)


def dashed(lines: Floats, dashes: Floats) -> Floats:
    """Return each dash as a line of its own, (M, 2, 2).

    Args:
        lines: (N, 2, 2), start and end, each x and y.
        dashes: (N, 2), from the function `dashes`.
    """
    dash, gap = dashes.T
    start, step = lines[:, 0], lines[:, 1] - lines[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    period = np.maximum(dash + gap, np.finfo(np.float64).tiny)
    line, number = numbered(np.rint((length + gap) / period).astype(np.intp))
    begin = number * period[line]
    shares = np.stack([begin, begin + dash[line]], axis=1) / length[line, None]
    return start[line, None] + shares[..., None] * step[line, None]


def numbered(counts: Integers) -> tuple[Integers, Integers]:
    """Return the owner of each item, and the item's number among those of its owner, from 0.

    Args:
        counts: (N,), how many items each owner has.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]


def clipped(lines: Floats, frames: Floats) -> tuple[Floats, Flags]:
    """Return the part of each line inside its frame, and whether there is one.

    By the algorithm of Liang and Barsky, "A New Concept and Method for Line Clipping", 1984.

    Args:
        lines: (..., 2, 2), start and end, each x and y; NaN for no line.
        frames: (..., 4), left, top, right, bottom.
    """
    start = lines[..., 0, :]
    step = lines[..., 1, :] - start
    # towards each side of the frame: how far the line goes, and how far the side is away
    steps = np.concatenate([-step, step], axis=-1)
    distances = np.concatenate([start - frames[..., :2], frames[..., 2:] - start], axis=-1)
    parallel = steps == 0
    shares = distances / np.where(parallel, 1.0, steps)
    enter = np.where(steps < 0, shares, 0.0).max(axis=-1, initial=0.0)
    leave = np.where(steps > 0, shares, 1.0).min(axis=-1, initial=1.0)
    outside: Flags = (parallel & (distances < 0)) | np.isnan(steps)
    visible: Flags = (enter <= leave) & ~outside.any(axis=-1)
    ends = np.stack([enter, leave], axis=-1)[..., None]
    return start[..., None, :] + ends * step[..., None, :], visible


def _diagonals(points: Floats, counted: Flags) -> Floats:
    """Return the diagonal of the rectangle around some of each person's points (P, N, 2)."""
    used = counted[..., None]
    low = np.where(used, points, np.inf).min(axis=1, initial=np.inf)
    high = np.where(used, points, -np.inf).max(axis=1, initial=-np.inf)
    spans = np.where(high >= low, high - low, 0.0)
    diagonals: Floats = np.hypot(spans[:, 0], spans[:, 1])
    return diagonals
