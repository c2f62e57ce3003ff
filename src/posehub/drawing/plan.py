"""The shapes and labels of a drawing, before they become pixels or SVG.

Coordinates are pixels of the image: x = 0 is the left edge of the first pixel, whose centre is
0.5; y likewise from the top. `raster` and `svg` both draw this plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.drawing import geometry
from posehub.drawing.captions import Show, labels_of
from posehub.drawing.geometry import Flags, Floats, Rectangle
from posehub.drawing.labels import Label, place
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

Colour = tuple[int, int, int]

LIGHT: Colour = (255, 255, 255)
DARK: Colour = (34, 34, 34)
COLOURS: dict[str, Colour] = {
    "middle": (0, 158, 115),
    "left": (230, 159, 0),
    "right": (0, 114, 178),
}
"""By side, in the order they are drawn. Okabe and Ito, "Color Universal Design", 2008: readers
with any of the common forms of colour blindness can distinguish them."""

_RADIUS = 1.25
"""Radius of a keypoint in line widths."""
_HOLE = 0.45
"""Radius of the hole in a keypoint of the right side, as a share of the keypoint's."""
_HALO, _LEAST_HALO = 0.6, 0.75
"""Width of the light border around all shapes, in line widths and in pixels."""
_BOX, _LEAST_BOX = 0.6, 1.0
"""Width of a bounding box's line, in line widths and in pixels."""
_MARGIN = 4.0
"""In line widths: shapes farther outside the image than this have no pixel inside it."""


@frozen(eq=False)
class Lines:
    """Links between keypoints.

    Attributes:
        colour: red, green, blue.
        width: of each line.
        ends: (N, 2, 2), start and end, each x and y.
        dashes: (N, 2), the length of the dashes and of the gaps between them, a gap of 0 for a
            single dash; None for unbroken lines.
    """

    colour: Colour
    width: float
    ends: Floats
    dashes: Floats | None = None


@frozen(eq=False)
class Dots:
    """Keypoints: discs around `centres` (N, 2)."""

    colour: Colour
    radius: float
    centres: Floats


@frozen
class Outline:
    """A bounding box; `width` is that of its line."""

    colour: Colour
    width: float
    box: Rectangle


Shape = Lines | Dots | Outline


@frozen(eq=False)
class Figure:
    """One person.

    Attributes:
        index: the person's row in the result.
        shapes: in the order they are drawn.
    """

    index: int
    shapes: tuple[Shape, ...]


@frozen(eq=False)
class Plan:
    """The people of an image in the order they are drawn, and the labels over all of them."""

    size: tuple[int, int]
    figures: tuple[Figure, ...]
    labels: tuple[Label, ...]


def plan(result: PoseResult, size: tuple[int, int], show: Show) -> Plan:
    """Return what is drawn for `result` on an image of `size` (width, height).

    Large people come first. The small people in front of them stay readable, and enough of the
    large ones remains visible.
    """
    extents = geometry.extents(result)
    widths = geometry.line_widths(extents, size)
    order = np.argsort(-extents, kind="stable").tolist()
    figures = tuple(_figures(result, order, widths, size, show))
    if not (show.ids or show.scores or show.names):
        return Plan(size, figures, ())
    # people in front come first: they get the best places
    labels = [
        label
        for row in reversed(order)
        for label in labels_of(result, row, extents[row], widths[row], size, show)
    ]
    return Plan(size, figures, place(labels, size, _around_keypoints(result, widths)))


def canvas_size(result: PoseResult) -> tuple[int, int]:
    """Return (width, height) of a canvas for `result`: its image's, or what the people need."""
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


@frozen(eq=False)
class _Sides:
    """A skeleton's links as keypoint indices (L, 2), and which keypoints and links a side has."""

    links: NDArray[np.intp]
    of_links: dict[str, Flags]
    of_keypoints: dict[str, Flags]


@lru_cache(maxsize=64)
def _sides(skeleton: Skeleton) -> _Sides:
    links = [(skeleton.index(first), skeleton.index(last)) for first, last in skeleton.links]
    link_sides = np.array([side_of(*names) for names in skeleton.links], dtype=object)
    point_sides = np.array([side_of(name) for name in skeleton.keypoints], dtype=object)
    return _Sides(
        np.array(links, dtype=np.intp).reshape(-1, 2),
        {side: link_sides == side for side in COLOURS},
        {side: point_sides == side for side in COLOURS},
    )


def _figures(
    result: PoseResult, order: list[int], widths: Floats, size: tuple[int, int], show: Show
) -> Iterator[Figure]:
    sides = _sides(result.skeleton)
    margins = _MARGIN * widths[:, None]
    frames = np.concatenate([-margins, -margins, size[0] + margins, size[1] + margins], axis=1)
    points = result.keypoints.astype(np.float64)
    lines, linked = geometry.clipped(points[:, sides.links], frames[:, None])
    inside: Flags = (points >= frames[:, None, :2]) & (points <= frames[:, None, 2:])
    near = inside[..., 0] & inside[..., 1]
    steps = lines[:, :, 1] - lines[:, :, 0]
    lengths = np.hypot(steps[..., 0], steps[..., 1])
    dashes = geometry.dashes(lengths, widths[:, None])
    for row in order:
        width = float(widths[row])
        halo = max(width * _HALO, _LEAST_HALO)
        radius = width * _RADIUS
        shapes: list[Shape] = []
        box = _box(result.boxes[row], frames[row]) if show.boxes else None
        if box is not None:
            thin = max(width * _BOX, _LEAST_BOX)
            shapes += [Outline(LIGHT, thin + 2 * halo, box), Outline(DARK, thin, box)]
        shapes.append(Lines(LIGHT, width + 2 * halo, lines[row][linked[row]]))
        shapes.append(Dots(LIGHT, radius + halo, points[row][near[row]]))
        for side, colour in COLOURS.items():
            chosen = linked[row] & sides.of_links[side]
            dashed = dashes[row][chosen] if side == "right" else None
            shapes.append(Lines(colour, width, lines[row][chosen], dashed))
        for side, colour in COLOURS.items():
            centres = points[row][near[row] & sides.of_keypoints[side]]
            shapes.append(Dots(colour, radius, centres))
            if side == "right":
                shapes.append(Dots(LIGHT, radius * _HOLE, centres))
        yield Figure(row, tuple(shape for shape in shapes if not _is_empty(shape)))


def _is_empty(shape: Shape) -> bool:
    if isinstance(shape, Lines):
        return not len(shape.ends)
    return isinstance(shape, Dots) and not len(shape.centres)


def _box(box: NDArray[np.float32], frame: Floats) -> Rectangle | None:
    """Return the part of a box near the image; corners in any order, None for no box."""
    if np.isnan(box).any():
        return None
    x1, y1, x2, y2 = np.clip(box.astype(np.float64), np.tile(frame[:2], 2), np.tile(frame[2:], 2))
    return float(min(x1, x2)), float(min(y1, y2)), float(max(x1, x2)), float(max(y1, y2))


def _around_keypoints(result: PoseResult, widths: Floats) -> Floats:
    """Return the rectangles (N, 4) that the keypoints cover."""
    points = result.keypoints.astype(np.float64)
    radii = np.broadcast_to(widths[:, None, None] * _RADIUS, points.shape)
    rectangles: Floats = np.concatenate([points - radii, points + radii], axis=2).reshape(-1, 4)
    return rectangles[~np.isnan(rectangles[:, 0])]
