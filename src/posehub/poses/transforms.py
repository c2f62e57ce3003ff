"""Translation, cropping, scaling, rotation, mirroring and concatenation of people.

Coordinates are continuous: the image reaches from x = 0, its left edge, to x = width. An operation
that has an equivalent on images also changes `image_size`. `keypoints_3d` are metres from the hips:
only rotation and mirroring change them. Scores, `ids`, `backend`, `request_id` and `raw` stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from posehub.poses.checks import Float32Array, Int64Array

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult

_QUARTERS = {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}
"""Cosine and sine of multiples of 90 degrees, which `math.cos` and `math.sin` only approximate."""


def offset(
    result: PoseResult, x: float, y: float, *, image_size: tuple[int, int] | None = None
) -> PoseResult:
    """Return the people moved by `x` pixels to the right and `y` down.

    Args:
        result: the people.
        x: pixels to the right.
        y: pixels down.
        image_size: (width, height) of the image they are in now; None if unknown.
    """
    return attrs.evolve(
        result,
        keypoints=result.keypoints + np.array([x, y], np.float32),
        boxes=result.boxes + np.array([x, y, x, y], np.float32),
        image_size=image_size,
    )


def crop(result: PoseResult, left: int, top: int, width: int, height: int) -> PoseResult:
    """Return the people in pixels of a rectangular part of the image.

    People and keypoints outside that part stay, with coordinates outside the new image.

    Args:
        result: the people.
        left: left edge of the part, in pixels of the image.
        top: top edge of the part, in pixels of the image.
        width: width of the part, in pixels.
        height: height of the part, in pixels.

    Raises:
        ValueError: the width or the height is below 1.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a crop needs a width and height of at least 1, got {width} x {height}")
    return offset(result, -left, -top, image_size=(width, height))


def scale(result: PoseResult, x: float, y: float | None = None) -> PoseResult:
    """Return the people of the image scaled to `x` times its width and `y` times its height.

    Args:
        result: the people.
        x: factor of the width.
        y: factor of the height; None for the same factor as the width.

    Raises:
        ValueError: a factor is not a positive number.
    """
    y = x if y is None else y
    if not (0 < x < math.inf and 0 < y < math.inf):
        raise ValueError(f"factors must be positive numbers, got {x} and {y}")
    size = None
    if result.image_size is not None:
        width, height = result.image_size
        size = max(1, round(width * x)), max(1, round(height * y))
    return attrs.evolve(
        result,
        keypoints=result.keypoints * np.array([x, y], np.float32),
        boxes=result.boxes * np.array([x, y, x, y], np.float32),
        image_size=size,
    )


def rotate(
    result: PoseResult, degrees: float, *, center: tuple[float, float] | None = None
) -> PoseResult:
    """Return the people rotated counter-clockwise as seen in the image.

    Without `center`, the whole image is rotated and enlarged so that nothing is cut off, as by
    Pillow's `rotate(degrees, expand=True)`; multiples of 90 degrees are exact. With `center`, the
    people are rotated about it and the image keeps its size. Each box becomes the upright box
    around the rotated one, which is larger unless the angle is a multiple of 90 degrees.

    Args:
        result: the people.
        degrees: counter-clockwise.
        center: x and y in pixels.

    Raises:
        ValueError: the angle is not finite, or neither `center` nor the image size is known.
    """
    if not math.isfinite(degrees):
        raise ValueError(f"degrees must be a finite number, got {degrees}")
    rotation = _rotation(degrees)
    if center is not None:
        origin = target = np.asarray(center, np.float64)
        size = result.image_size
    elif result.image_size is not None:
        origin = np.asarray(result.image_size) / 2
        size = _rotated_size(result.image_size, rotation)
        target = np.asarray(size) / 2
    else:
        raise ValueError("the image size is unknown: give the center to rotate about")
    keypoints = (result.keypoints - origin) @ rotation + target
    x1, y1, x2, y2 = result.boxes.T
    corners = np.stack([x1, y1, x2, y1, x1, y2, x2, y2], axis=1).reshape(-1, 4, 2)
    corners = (corners - origin) @ rotation + target
    keypoints_3d = result.keypoints_3d
    if keypoints_3d is not None:
        keypoints_3d = np.concatenate(
            [keypoints_3d[..., :2] @ rotation, keypoints_3d[..., 2:]], axis=2
        )
    return attrs.evolve(
        result,
        keypoints=keypoints,
        boxes=np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1),
        image_size=size,
        keypoints_3d=keypoints_3d,
    )


def _rotation(degrees: float) -> NDArray[np.float64]:
    """Return the matrix by which row vectors (x right, y down) are multiplied."""
    quarters = degrees / 90
    if quarters == round(quarters):
        cos, sin = map(float, _QUARTERS[round(quarters) % 4])
    else:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]])


def _rotated_size(size: tuple[int, int], rotation: NDArray[np.float64]) -> tuple[int, int]:
    """Return the size of the upright image around a rotated one, rounded as Pillow does."""
    width, height = size
    if set(np.abs(rotation).flat) <= {0, 1}:
        across, down = np.abs(rotation) @ np.asarray(size)
        return int(across), int(down)
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]])
    middle = np.asarray(size) / 2
    rotated = (corners - middle) @ rotation + middle
    across, down = np.ceil(rotated.max(axis=0)) - np.floor(rotated.min(axis=0))
    return int(across), int(down)


def flip(result: PoseResult, *, width: float | None = None) -> PoseResult:
    """Return the people mirrored left to right, as the mirrored image shows them.

    A left wrist looks like a right one in the mirrored image and gets its name: keypoints of the
    skeleton's `flip_pairs` change places.

    Args:
        result: the people.
        width: of the image in pixels; None for that of `image_size`.

    Raises:
        ValueError: neither the width nor the image size is known.
    """
    if width is None:
        if result.image_size is None:
            raise ValueError("the image size is unknown: give its width")
        width = result.image_size[0]
    order = np.arange(len(result.skeleton))
    for one, other in result.skeleton.flip_pairs:
        first, second = result.skeleton.index(one), result.skeleton.index(other)
        order[[first, second]] = second, first
    keypoints = result.keypoints.take(order, axis=1)
    keypoints[..., 0] = width - keypoints[..., 0]
    boxes = result.boxes[:, [2, 1, 0, 3]]
    boxes[:, [0, 2]] = width - boxes[:, [0, 2]]
    keypoints_3d = result.keypoints_3d
    if keypoints_3d is not None:
        keypoints_3d = keypoints_3d.take(order, axis=1)
        keypoints_3d[..., 0] *= -1
    return attrs.evolve(
        result,
        keypoints=keypoints,
        scores=result.scores.take(order, axis=1),
        boxes=boxes,
        keypoints_3d=keypoints_3d,
    )


def concatenate(results: Sequence[PoseResult]) -> PoseResult:
    """Return the people of several results in one, in order.

    `image_size` and `backend` are kept if they are the same in all results, else they become None
    and "". `request_id` and `raw` belong to one response and become None. If only some results have
    `keypoints_3d`, those of the others are NaN. `ids` are kept if all results with people have
    them.

    Raises:
        ValueError: there are no results, or their skeletons differ.
    """
    if not results:
        raise ValueError("no results to concatenate: PoseResult.empty gives a result of no people")
    first = results[0]
    for result in results:
        if result.skeleton != first.skeleton:
            raise ValueError(
                f"cannot concatenate people of {first.skeleton.name} and {result.skeleton.name}: "
                "convert one of them with .to()"
            )
    keypoints_3d = None
    if any(result.keypoints_3d is not None for result in results):
        keypoints_3d = np.concatenate([_points_3d(result) for result in results])
    return attrs.evolve(
        first,
        keypoints=np.concatenate([result.keypoints for result in results]),
        scores=np.concatenate([result.scores for result in results]),
        boxes=np.concatenate([result.boxes for result in results]),
        box_scores=np.concatenate([result.box_scores for result in results]),
        image_size=first.image_size if len({r.image_size for r in results}) == 1 else None,
        backend=first.backend if len({r.backend for r in results}) == 1 else "",
        request_id=None,
        raw=None,
        keypoints_3d=keypoints_3d,
        ids=_all_ids(results),
    )


def _all_ids(results: Sequence[PoseResult]) -> Int64Array | None:
    """Return the ids of all people, or None if a result with people has none."""
    ids = [result.ids for result in results if len(result)]
    known = [array for array in ids if array is not None]
    return np.concatenate(known) if known and len(known) == len(ids) else None


def _points_3d(result: PoseResult) -> Float32Array:
    if result.keypoints_3d is not None:
        return result.keypoints_3d
    return np.full((*result.scores.shape, 3), np.nan, np.float32)
