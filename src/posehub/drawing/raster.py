"""A plan as pixels, smooth at the edges.

Only the tiles of the picture that something touches are drawn: enlarged, drawn upon, and shrunk
again. Memory stays small in a large picture, and few people in a video frame cost little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from posehub.drawing.labels import Label, Rectangle
from posehub.drawing.plan import COLOURS, Dot, Figure, Line, Plan, Point

LIGHT = (255, 255, 255)
DARK = (34, 34, 34)
_TILE = 256
_THIN = 8.0
"""Lines thinner than this are drawn at four times the size, thicker ones at twice."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def paint(picture: PILImage.Image, plan: Plan) -> None:
    """Draw `plan` into an RGB picture of its size."""
    shapes = [(figure, _reach(figure)) for figure in plan.figures]
    for left in range(0, picture.width, _TILE):
        for top in range(0, picture.height, _TILE):
            tile = (left, top, min(left + _TILE, picture.width), min(top + _TILE, picture.height))
            here = [figure for figure, reach in shapes if _touches(reach, tile)]
            if here:
                _paint_tile(picture, tile, here)
    pen = ImageDraw.Draw(picture)
    for label in plan.labels:
        if label.leader is not None:
            thin = max(1, round(label.letter / 12))
            pen.line(label.leader, LIGHT, 3 * thin)
            pen.line(label.leader, DARK, thin)
    for label in plan.labels:
        _write(pen, label)


def _reach(figure: Figure) -> Rectangle:
    """Return the rectangle outside of which a figure leaves no mark."""
    spots = [dot.centre for dot in figure.dots]
    spots += [point for line in figure.lines for point in (line.start, line.end)]
    if figure.box is not None:
        spots += [figure.box[:2], figure.box[2:]]
    if not spots:
        return 0.0, 0.0, -1.0, -1.0
    xs, ys = zip(*spots, strict=True)
    edge = figure.radius + figure.halo + 1
    return min(xs) - edge, min(ys) - edge, max(xs) + edge, max(ys) + edge


def _touches(reach: Rectangle, tile: tuple[int, int, int, int]) -> bool:
    return reach[0] < tile[2] and tile[0] < reach[2] and reach[1] < tile[3] and tile[1] < reach[3]


def _paint_tile(
    picture: PILImage.Image, tile: tuple[int, int, int, int], figures: list[Figure]
) -> None:
    scale = 4 if min(figure.width for figure in figures) < _THIN else 2
    part = picture.crop(tile)
    # each pixel becomes scale x scale equal ones, whose mean is the pixel again where nothing is
    # drawn: the photo is not blurred
    large = part.resize((part.width * scale, part.height * scale), PILImage.Resampling.NEAREST)
    brush = _Brush(ImageDraw.Draw(large), tile[:2], scale)
    for figure in figures:
        _paint_figure(brush, figure)
    picture.paste(large.reduce(scale), tile[:2])


class _Brush:
    """Draws in the picture's coordinates on an enlarged tile of it."""

    def __init__(self, pen: ImageDraw.ImageDraw, origin: Point, scale: int) -> None:
        self._pen = pen
        self._origin = origin
        self._scale = scale

    def stroke(self, start: Point, end: Point, width: float, colour: tuple[int, int, int]) -> None:
        length = math.dist(start, end) or 1.0
        across = (
            (start[1] - end[1]) / length * width / 2,
            (end[0] - start[0]) / length * width / 2,
        )
        corners = [(start, 1), (end, 1), (end, -1), (start, -1)]
        self._pen.polygon(
            [self._at((x + sign * across[0], y + sign * across[1])) for (x, y), sign in corners],
            colour,
        )

    def disc(self, centre: Point, radius: float, colour: tuple[int, int, int]) -> None:
        x, y = centre
        corners = [self._at((x - radius, y - radius)), self._at((x + radius, y + radius))]
        self._pen.ellipse(corners, colour)

    def _at(self, point: Point) -> Point:
        # Pillow counts from the middle of the first pixel, posehub from its corner
        return (
            (point[0] - self._origin[0]) * self._scale - 0.5,
            (point[1] - self._origin[1]) * self._scale - 0.5,
        )


def _paint_figure(brush: _Brush, figure: Figure) -> None:
    if figure.box is not None:
        for extra, colour in ((figure.halo, LIGHT), (0.0, DARK)):
            width = figure.box_width + 2 * extra
            for start, end in _edges(figure.box, width / 2):
                brush.stroke(start, end, width, colour)
    for line in figure.lines:
        brush.stroke(line.start, line.end, figure.width + 2 * figure.halo, LIGHT)
    for dot in figure.dots:
        brush.disc(dot.centre, figure.radius + figure.halo, LIGHT)
    for line in figure.lines:
        for start, end in _strokes(line):
            brush.stroke(start, end, figure.width, COLOURS[line.side])
    for dot in figure.dots:
        _paint_dot(brush, dot, figure.radius)


def _paint_dot(brush: _Brush, dot: Dot, radius: float) -> None:
    brush.disc(dot.centre, radius, COLOURS[dot.side])
    if dot.side == "right":
        brush.disc(dot.centre, radius * 0.45, LIGHT)


def _strokes(line: Line) -> Iterator[tuple[Point, Point]]:
    if line.dash is None:
        yield line.start, line.end
        return
    on, off = line.dash
    (x, y), length = line.start, math.dist(line.start, line.end)
    dx, dy = (line.end[0] - x) / length, (line.end[1] - y) / length
    for number in range(round((length + off) / (on + off))):
        begin = number * (on + off)
        end = begin + on
        yield (x + begin * dx, y + begin * dy), (x + end * dx, y + end * dy)


def _edges(box: Rectangle, overhang: float) -> Iterator[tuple[Point, Point]]:
    """Yield a box's edges, the level ones long enough to close the corners."""
    left, top, right, bottom = box
    for y in (top, bottom):
        yield (left - overhang, y), (right + overhang, y)
    for x in (left, right):
        yield (x, top), (x, bottom)


def _write(pen: ImageDraw.ImageDraw, label: Label) -> None:
    left, top, right, bottom = label.place
    middle = (top + bottom) / 2
    font = _font(round(label.letter))
    if label.is_tag:
        pen.rounded_rectangle(label.place, radius=label.letter * 0.2, fill=DARK)
        pen.text(((left + right) / 2, middle), label.text, LIGHT, font, anchor="mm")
        return
    side = (left, "lm") if label.kind == "right" else (right, "rm")
    pen.text(
        (side[0], middle),
        label.text,
        DARK,
        font,
        anchor=side[1],
        stroke_width=max(1, round(label.letter / 8)),
        stroke_fill=LIGHT,
    )


@lru_cache(maxsize=16)
def _font(height: int) -> Font:
    return ImageFont.load_default(height)
