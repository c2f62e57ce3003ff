"""What is drawn where: people as lines, dots, boxes and labels, before anything has pixels.

Everything is in pixels of the picture, origin top left, x right, y down. `raster` and `svg` draw
the same plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.drawing.labels import Label, Rectangle, place
from posehub.poses.result import PoseResult

Point = tuple[float, float]

COLOURS = {"left": (230, 159, 0), "right": (0, 114, 178), "middle": (0, 158, 115)}
"""Okabe and Ito, "Color Universal Design", 2008: told apart with every common colour blindness."""

_UNIT_SHARE = 1 / 220
"""Line width as a share of the picture's longer side: 3 px in a 640 px picture."""
_PERSON_SHARE = 1 / 50
"""Line width never exceeds this share of the person, or a far player would be a blot."""
_LEAST_WIDTH = 1.0
_DASH, _GAP = 3.0, 1.5
"""In line widths."""
_DOT = 1.25
"""Radius of a keypoint in line widths."""
_HALO = 0.6
"""Width of the light border around everything, in line widths."""
_BOX = 0.6
"""Width of a bounding box's line, in line widths."""
_TAG_SHARE, _LEAST_TAG = 1 / 55, 10.0
"""Letter height of ids and scores: share of the picture's longer side, and pixels."""
_NAME_SHARE, _LEAST_NAME = 1 / 32, 9.0
"""Letter height of keypoint names: share of the person, and pixels."""
_ALIKE = 0.8
"""Names are never larger than this share of the tags."""


@frozen
class Show:
    """What is drawn besides links and keypoints.

    Attributes:
        names: the keypoints' names.
        scores: each person's score, and each named keypoint's.
        boxes: the bounding boxes.
        ids: each person's index in the result.
    """

    names: bool = False
    scores: bool = False
    boxes: bool = False
    ids: bool = False


@frozen
class Line:
    """A link between two keypoints; `dash` is (on, off) in pixels, None for an unbroken line."""

    side: str
    start: Point
    end: Point
    dash: tuple[float, float] | None


@frozen
class Dot:
    """A keypoint; those of the right side are hollow."""

    side: str
    centre: Point


@frozen
class Figure:
    """One person: everything has the same line width.

    Attributes:
        index: the person's row in the result.
        width: of lines, in pixels.
        lines, dots: links and keypoints inside the picture or near its edge.
        box: left, top, right, bottom, or None.
    """

    index: int
    width: float
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    box: Rectangle | None

    @property
    def radius(self) -> float:
        """Of a keypoint, in pixels."""
        return self.width * _DOT

    @property
    def halo(self) -> float:
        """Width of the light border, in pixels."""
        return max(self.width * _HALO, 0.75)

    @property
    def box_width(self) -> float:
        """Width of the bounding box's line, in pixels."""
        return max(self.width * _BOX, 1.0)


@frozen
class Plan:
    """A picture's people back to front, and the labels over all of them."""

    size: tuple[int, int]
    figures: tuple[Figure, ...]
    labels: tuple[Label, ...]


def plan(
    result: PoseResult, size: tuple[int, int], show: Show, ids: Sequence[int] | None = None
) -> Plan:
    """Return what is drawn for `result` on a picture of `size` (width, height).

    Large people come first: the small ones in front of them stay readable, and the large ones
    have plenty of line left.

    Args:
        result: the people.
        size: of the picture.
        show: what is drawn besides links and keypoints.
        ids: of the people, if they are called by others than their index.
    """
    ids = range(len(result)) if ids is None else ids
    extents = _extents(result)
    order = sorted(range(len(result)), key=lambda row: (-extents[row], row))
    figures = tuple(_figure(result, row, extents[row], size, show) for row in order)
    # nearest first: whoever is in front keeps the best places
    wanted = [
        label
        for row in reversed(order)
        for label in _labels(result, row, ids[row], extents[row], size, show)
    ]
    dots = [_around(dot.centre, figure.radius) for figure in figures for dot in figure.dots]
    return Plan(size, figures, place(wanted, size, dots))


def canvas_size(result: PoseResult) -> tuple[int, int]:
    """Return (width, height) of a canvas for `result`: its picture's, or what the people need."""
    if result.image_size is not None:
        return result.image_size
    corners = np.concatenate([result.keypoints.reshape(-1, 2), result.boxes.reshape(-1, 2)])
    corners = corners[~np.isnan(corners).any(axis=1)]
    if not len(corners):
        return 640, 480
    right, bottom = np.ceil(corners.max(axis=0) * 1.05)
    return max(int(right), 1), max(int(bottom), 1)


def side_of(*names: str) -> str:
    """Return "left" or "right" if all these keypoints are of that side, else "middle"."""
    for side in ("left", "right"):
        if all(name.startswith(f"{side}_") for name in names):
            return side
    return "middle"


def line_width(extent: float, size: tuple[int, int]) -> float:
    """Return the line width for a person of this extent in a picture of this size, in pixels.

    A single point has no extent, and the picture alone decides.
    """
    widest = max(size) * _UNIT_SHARE
    return max(_LEAST_WIDTH, min(widest, extent * _PERSON_SHARE) if extent else widest)


def dashes(length: float, width: float) -> tuple[float, float] | None:
    """Return (on, off) in pixels so that a line begins and ends with a dash.

    None for a line too short to hold two dashes.
    """
    on, off = width * _DASH, width * _GAP
    count = round((length + off) / (on + off))
    if count < 2:
        return None
    stretch = length / (count * on + (count - 1) * off)
    return on * stretch, off * stretch


def clipped(start: Point, end: Point, frame: Rectangle) -> tuple[Point, Point] | None:
    """Return the part of a line inside `frame`, or None.

    By Liang and Barsky's algorithm, "A New Concept and Method for Line Clipping", 1984.
    """
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    left, top, right, bottom = frame
    enter, leave = 0.0, 1.0
    for step, room in ((-dx, x - left), (dx, right - x), (-dy, y - top), (dy, bottom - y)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            enter = max(enter, room / step)
        else:
            leave = min(leave, room / step)
    if enter > leave:
        return None
    return (x + enter * dx, y + enter * dy), (x + leave * dx, y + leave * dy)


def _extents(result: PoseResult) -> list[float]:
    """Return the diagonal of each person's keypoints, or of the box where there are none."""
    return [_diagonal(_reported(result, row), result.boxes[row]) for row in range(len(result))]


def _diagonal(points: NDArray[np.float64], box: NDArray[np.float32]) -> float:
    corners = points if len(points) > 1 else box.reshape(2, 2)[~np.isnan(box.reshape(2, 2)[:, 0])]
    if len(corners) < 2:
        return 0.0
    return float(np.hypot(*(corners.max(axis=0) - corners.min(axis=0))))


def _reported(result: PoseResult, row: int) -> NDArray[np.float64]:
    points: NDArray[np.float64] = result.keypoints[row].astype(np.float64)
    return points[~np.isnan(points[:, 0])]


def _figure(
    result: PoseResult, row: int, extent: float, size: tuple[int, int], show: Show
) -> Figure:
    width = line_width(extent, size)
    # what is further out than this shows nothing inside; it could be any number of dashes
    margin = 4 * width
    frame = (-margin, -margin, size[0] + margin, size[1] + margin)
    points = {name: (point.x, point.y) for name, point in result[row].keypoints.items()}
    lines = [
        _line(side_of(first, second), ends, width)
        for first, second in result.skeleton.links
        if first in points and second in points
        if (ends := clipped(points[first], points[second], frame)) is not None
    ]
    dots = [
        Dot(side_of(name), point)
        for name, point in points.items()
        if clipped(point, point, frame) is not None
    ]
    box = _box(result, row, frame) if show.boxes else None
    return Figure(row, width, tuple(lines), tuple(dots), box)


def _line(side: str, ends: tuple[Point, Point], width: float) -> Line:
    dash = dashes(math.dist(*ends), width) if side == "right" else None
    return Line(side, *ends, dash)


def _box(result: PoseResult, row: int, frame: Rectangle) -> Rectangle | None:
    box = result.boxes[row].astype(np.float64)
    if np.isnan(box).any():
        return None
    x1, y1, x2, y2 = np.clip(box, frame[:2] * 2, frame[2:] * 2).tolist()
    # a box turned inside out is still a place
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _labels(
    result: PoseResult,
    row: int,
    identity: int,
    extent: float,
    size: tuple[int, int],
    show: Show,
) -> Iterable[Label]:
    person = result[row]
    letter = max(_LEAST_TAG, max(size) * _TAG_SHARE)
    width = line_width(extent, size)
    points = _reported(result, row)
    box = _box(result, row, (0.0, 0.0, *size)) if show.boxes else None
    text = _tag(identity if show.ids else None, person.score if show.scores else math.nan)
    if text and box is not None:
        yield Label(text, box[:2], letter, "corner")
    elif text and len(points):
        x, y = points[np.argmin(points[:, 1])].tolist()
        yield Label(text, (x, y - 3 * width), letter, "above")
    if not show.names or not len(points):
        return
    small = max(_LEAST_NAME, min(letter * _ALIKE, extent * _NAME_SHARE))
    middle = float(np.median(points[:, 0]))
    for point in person.keypoints.values():
        if not (0 <= point.x < size[0] and 0 <= point.y < size[1]):
            continue
        scored = show.scores and not math.isnan(point.score)
        text = f"{point.name} {point.score:.2f}" if scored else point.name
        kind: Literal["left", "right"] = "right" if point.x >= middle else "left"
        yield Label(text, (point.x, point.y), small, kind, 2.2 * width)


def _tag(index: int | None, score: float) -> str:
    parts = [] if index is None else [f"#{index}"]
    if not math.isnan(score):
        parts.append(f"{score:.2f}")
    return ": ".join(parts)


def _around(centre: Point, radius: float) -> Rectangle:
    x, y = centre
    return x - radius, y - radius, x + radius, y + radius
