"""People drawn on their picture, or on a blank canvas where there is none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image as PILImage
from PIL import ImageDraw

from posehub.image import load_image
from posehub.model import PoseResult
from posehub.person import Person

# Okabe and Ito's palette, told apart with every common kind of colour blindness
_COLOURS = {"left": (230, 159, 0, 255), "right": (0, 114, 178, 255), "middle": (0, 158, 115, 255)}
_HALO = (255, 255, 255, 210)
_CANVAS = (238, 238, 238)

_UNIT_SHARE = 1 / 200
"""Line width as a share of the picture's longer side: 3 px in a 640 px picture."""
_PERSON_SHARE = 1 / 40
"""Line width never exceeds this share of the person, or a far player would be a blot."""
_SMOOTH_UP_TO = 3000
"""Longest side, in pixels, drawn at twice the size and shrunk, which smooths the edges."""


def draw(result: PoseResult, image: Any = None) -> PILImage.Image:
    """Return a new RGB picture with the people of `result` on it.

    Links and points are coloured by the person's own side: left orange, right blue, middle green.

    Args:
        result: the people, in pixels of the upright picture.
        image: the picture, in any form `Backend.detect` takes; None for a blank canvas of
            `result.image_size`, or as large as the people need.

    Raises:
        ImageError: `image` is not a picture.
    """
    if image is None:
        base = PILImage.new("RGB", canvas_size(result), _CANVAS)
    else:
        base = PILImage.fromarray(load_image(image).pixels())
    scale = 2 if max(base.size) <= _SMOOTH_UP_TO else 1
    layer_size = (base.width * scale, base.height * scale)
    layer = PILImage.new("RGBA", layer_size, (255, 255, 255, 0))
    pen = ImageDraw.Draw(layer)
    for person in result:
        _draw_person(pen, person, _line_width(person, max(base.size)) * scale, scale)
    smooth = layer.resize(base.size, PILImage.Resampling.BOX) if scale > 1 else layer
    base.paste(smooth, mask=smooth)
    return base


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


def _line_width(person: Person, picture_side: int) -> float:
    width = picture_side * _UNIT_SHARE
    points = person.keypoints.values()
    if not points:
        return width
    xs, ys = [point.x for point in points], [point.y for point in points]
    extent = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
    return max(1.0, min(width, extent * _PERSON_SHARE))


def _draw_person(pen: ImageDraw.ImageDraw, person: Person, width: float, scale: int) -> None:
    points = {name: (point.x * scale, point.y * scale) for name, point in person.keypoints.items()}
    links = [link for link in person.result.skeleton.links if set(link) <= points.keys()]
    halo = width * 0.5
    for first, second in links:
        pen.line([points[first], points[second]], _HALO, round(width + 2 * halo))
    for centre in points.values():
        _dot(pen, centre, width * 1.4 + halo, _HALO)
    for first, second in links:
        colour = _COLOURS[side_of(first, second)]
        pen.line([points[first], points[second]], colour, max(1, round(width)))
    for name, centre in points.items():
        _dot(pen, centre, width * 1.4, _COLOURS[side_of(name)])


def _dot(
    pen: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int, int],
) -> None:
    x, y = centre
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], colour)
