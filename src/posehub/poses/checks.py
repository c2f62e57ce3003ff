"""Whether arrays can be people: shapes, ranges, and NaN where it belongs.

Called for every result, of two people as of a million: what is checked first is what settles most
results, and arrays are looked at in blocks, so that no check needs memory of their size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]

BLOCK = 16384
"""People looked at at once: what is computed for them stays in the processor's cache."""


def blocks(people: int) -> Iterator[slice]:
    """Return slices that together cover `people` rows, each of `BLOCK` rows at most."""
    return (slice(start, start + BLOCK) for start in range(0, people, BLOCK))


def check_points(keypoints: Float32Array, scores: Float32Array) -> None:
    """Check the values of keypoints (P, K, 2) and their scores (P, K).

    Raises:
        ValueError: a coordinate is infinite, a keypoint has x or y only, or a missing keypoint has
            a score.
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
    """Raise a ValueError that names the array if it has an infinity; NaN may be."""
    for rows in blocks(len(array)):
        if np.isinf(array[rows]).any():
            raise ValueError(f"{name} must be finite or NaN, got an infinity")


def check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise a ValueError that names both shapes unless they are the same."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def check_unit(name: str, scores: Float32Array) -> None:
    """Raise a ValueError that names the worst score unless all are in [0, 1] or NaN."""
    # fmin and fmax pass over NaN, and reducing makes no temporary arrays
    least = np.fmin.reduce(scores, axis=None, initial=0.0)
    most = np.fmax.reduce(scores, axis=None, initial=1.0)
    if least < 0 or most > 1:
        raise ValueError(f"{name} must be in [0, 1], got {least if least < 0 else most}")
