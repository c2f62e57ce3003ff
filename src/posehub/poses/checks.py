"""Conversion and validation of the arrays of a result: dtype, shape, range, NaN.

Every result is checked, of two people as of a million. The check that settles most results comes
first, and arrays are checked in blocks of rows, so that no check needs memory of their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

DEFAULT_MIN_SCORE = 0.3
"""Lowest score of a keypoint that is drawn, measured or annotated. posehub's own choice: viewers
and tutorials use 0.2 to 0.5, and a keypoint that is out of view scores well below."""

BLOCK = 16384
"""Rows in a block: what is computed for them stays in the processor's cache."""

SCORE_TOLERANCE = 0.05
"""How far outside [0, 1] a score may be. Networks exceed the range a little, by rounding or because
they regress the score; a score that is further out has another scale. The value is posehub's own
choice."""


def blocks(rows: int) -> list[slice]:
    """Return slices that together cover `rows` rows, each of `BLOCK` rows at most."""
    return [slice(start, start + BLOCK) for start in range(0, rows, BLOCK)]


def float32_view(values: ArrayLike) -> Float32Array:
    """Return a read-only float32 view of `values`, copying only if the dtype differs."""
    view = np.asarray(values, dtype=np.float32).view()
    view.setflags(write=False)
    return view


def optional_float32_view(values: ArrayLike | None) -> Float32Array | None:
    """Return what `float32_view` does; None stays None."""
    return None if values is None else float32_view(values)


def optional_int64_view(values: ArrayLike | None) -> Int64Array | None:
    """Return a read-only int64 view of `values`, or a copy if the dtype differs; None stays None.

    Raises:
        ValueError: the values are not integers, or do not fit int64.
    """
    if values is None:
        return None
    array = np.asarray(values)
    # an empty list becomes a float array
    if array.size and not (array.dtype.kind in "iu" and np.can_cast(array.dtype, np.int64)):
        raise ValueError(f"ids must be integers that fit int64, got {array.dtype}")
    view = array.astype(np.int64, copy=False).view()
    view.setflags(write=False)
    return view


def optional_size(size: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return a pair of Python integers; None stays None."""
    return None if size is None else (int(size[0]), int(size[1]))


def row_index(key: Sequence[int] | NDArray[Any]) -> NDArray[Any]:
    """Return an index array for rows, of integers or a boolean mask.

    Raises:
        IndexError: `key` has not one dimension.
    """
    index = np.asarray(key)
    if index.ndim != 1:
        raise IndexError(f"people are selected by a list of rows, got {index.ndim} dimensions")
    # an empty list becomes a float array, which cannot index
    return index if index.size else index.astype(np.intp)


def equal(one: Any, other: Any) -> bool:
    """Return whether two values are equal; arrays are equal with NaN in the same places."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return bool(one == other)


def clamped_scores(values: ArrayLike, name: str = "scores") -> Float32Array:
    """Return a read-only float32 view of scores, with those slightly outside [0, 1] at the bound.

    Args:
        values: scores, any shape; NaN stays NaN.
        name: the name of the array in a message.

    Returns:
        A view as of `float32_view`, or a copy if a score was outside.

    Raises:
        ValueError: a score is outside [0, 1] by more than `SCORE_TOLERANCE`.
    """
    scores = float32_view(values)
    # fmin and fmax ignore NaN, and reducing makes no temporary arrays
    least = np.fmin.reduce(scores, axis=None, initial=0.0)
    most = np.fmax.reduce(scores, axis=None, initial=1.0)
    if least >= 0 and most <= 1:
        return scores
    tolerance = np.float32(SCORE_TOLERANCE)
    if least < -tolerance or most > 1 + tolerance:
        worst = least if least < -tolerance else most
        raise ValueError(f"{name} must be in [0, 1], got {worst!s}")  # str() of float32 is short
    return float32_view(np.clip(scores, 0, 1))


def clamped_box_scores(values: ArrayLike) -> Float32Array:
    """Return what `clamped_scores` returns; a message names `box_scores`."""
    return clamped_scores(values, "box_scores")


def check_arrays(result: PoseResult) -> None:
    """Check the shapes of all arrays of a result, and its coordinates.

    Raises:
        ValueError: a shape is wrong, a coordinate is infinite, only one of x and y is NaN, or a
            keypoint that is not reported has a score.
    """
    people = len(result.keypoints) if result.keypoints.ndim else 0
    points = len(result.skeleton)
    check_shape("keypoints", result.keypoints, (people, points, 2))
    check_shape("scores", result.scores, (people, points))
    check_shape("boxes", result.boxes, (people, 4))
    check_shape("box_scores", result.box_scores, (people,))
    if result.keypoints_3d is not None:
        check_shape("keypoints_3d", result.keypoints_3d, (people, points, 3))
        check_finite("keypoints_3d", result.keypoints_3d)
    if result.ids is not None:
        check_shape("ids", result.ids, (people,))
    check_points(result.keypoints, result.scores)
    check_finite("boxes", result.boxes)


def check_points(keypoints: Float32Array, scores: Float32Array) -> None:
    """Check the values of keypoints (P, K, 2) and their scores (P, K).

    Raises:
        ValueError: a coordinate is infinite, only one of x and y is NaN, or a keypoint that is not
            reported has a score.
    """
    for rows in blocks(len(keypoints)):
        finite = np.isfinite(keypoints[rows])
        if np.logical_and.reduce(finite, axis=None):
            continue
        check_finite("keypoints", keypoints[rows])
        if (finite[..., 0] != finite[..., 1]).any():
            raise ValueError("a keypoint needs both x and y, or NaN for both")
        if scores[rows][~finite[..., 0]].any():
            raise ValueError("scores must be 0 where the keypoint is NaN (not reported)")


def check_finite(name: str, array: Float32Array) -> None:
    """Raise a ValueError that names the array if it has an infinity; NaN is allowed."""
    for rows in blocks(len(array)):
        if np.logical_or.reduce(np.isinf(array[rows]), axis=None):
            raise ValueError(f"{name} must be finite or NaN, got an infinity")


def check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise a ValueError that names both shapes if they differ."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
