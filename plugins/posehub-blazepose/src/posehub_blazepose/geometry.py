"""Where a square of a network's input lies in the picture, and back: pure functions of numbers.

Coordinates are pixels of the upright picture: the pixel in column i and row j is at x = i, y = j,
with x to the right and y down. A network's input has the same frame: the element in column i and
row j is at (i, j). One affine matrix ties the two, for sampling the picture and for mapping points
back alike, so that nothing can drift between them.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@frozen
class Region:
    """A square of the picture, turned about its centre.

    Attributes:
        x: column of the centre, in pixels.
        y: row of the centre, in pixels.
        side: length of a side, in pixels, above 0.
        angle: radians by which the square is turned, clockwise as seen; at 0 its top is the
            picture's.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def matrix(self, size: int) -> Floats:
        """Return the map from an input of `size` x `size` elements to the picture, (2, 3).

        Element i lies at i / `size` of the side: MediaPipe's ImageToTensorCalculator ties the
        corners 0 and `size` of the input to the corners of the region.
        """
        step = self.side / size
        cos, sin = step * math.cos(self.angle), step * math.sin(self.angle)
        half = size / 2
        return np.array(
            [[cos, -sin, self.x - half * (cos - sin)], [sin, cos, self.y - half * (sin + cos)]]
        )


def letterbox(width: int, height: int) -> Region:
    """Return the upright square that just holds a picture, with equal bars beside it."""
    return Region(width / 2, height / 2, float(max(width, height)))


def region_of(points: Floats, scale: float) -> Region:
    """Return the region that two alignment points ask for.

    Args:
        points: (2, 2), pixels: the centre, and a point that gives size and direction: straight
            above the centre for somebody upright.
        scale: side over the distance of the points.
    """
    (x, y), (top_x, top_y) = points.tolist()
    # up the screen, (0, -1), is no turn at all
    angle = math.atan2(top_x - x, y - top_y)
    return Region(x, y, scale * math.hypot(top_x - x, top_y - y), angle)


def transform(matrix: Floats, points: Floats) -> Floats:
    """Return points (..., 2) sent through an affine matrix (2, 3)."""
    moved: Floats = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def turn(points: Floats, angle: float) -> Floats:
    """Return points (..., 3) turned clockwise as seen, by `angle` radians; z stays."""
    cos, sin = math.cos(angle), math.sin(angle)
    turned: Floats = points @ np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return turned


def box_iou(boxes: Floats, box: Floats) -> Floats:
    """Return intersection over union of boxes (N, 4) with one box (4,); 0 where both are empty.

    Boxes are x1, y1, x2, y2.
    """
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, 2:], box[2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = areas + (box[2:] - box[:2]).prod() - shared
    shares: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return shares
