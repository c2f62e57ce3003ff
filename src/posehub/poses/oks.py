"""Object keypoint similarity (OKS): the similarity of the poses of two people, from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult
    from posehub.poses.skeleton import Skeleton

Float64Array = NDArray[np.float64]

DEFAULT_SIGMA = 0.05
"""For skeletons without published sigmas: about the mean of COCO's, which are 0.025 to 0.107."""

_PAIRS = 65536  # keypoint pairs compared at once, which bounds the memory


def oks(people: PoseResult, truth: PoseResult) -> Float64Array:
    """Return the similarity of each of P people to each of T true people, (P, T) float64.

    As COCO's keypoint evaluation defines it (cocodataset.org, keypoint evaluation): the mean over
    the true person's reported keypoints of exp(-d^2 / (2 s^2 k^2)), with d the distance in pixels,
    s^2 the true person's area in square pixels, and k twice the keypoint's sigma. A keypoint that
    only the true person has counts as 0; a keypoint that only the other person has does not count.
    NaN for a true person without keypoints.

    COCO's area is that of the annotated segment. A result has boxes only: the area is that of the
    box, or of the keypoints' extent if there is no box. It is larger than a segment, so that
    similarities are a little higher. Skeletons without sigmas use `DEFAULT_SIGMA` for all
    keypoints.

    Raises:
        ValueError: the skeletons differ.
    """
    if people.skeleton != truth.skeleton:
        raise ValueError(
            f"OKS compares people of one skeleton, got {people.skeleton.name} and "
            f"{truth.skeleton.name}; convert one of them with .to()"
        )
    sigmas = sigmas_of(truth.skeleton)
    return oks_matrix(people.keypoints, truth.keypoints, areas_of(truth), sigmas)


def oks_matrix(
    people: NDArray[Any], truth: NDArray[Any], areas: Float64Array, sigmas: Float64Array
) -> Float64Array:
    """Return what `oks` returns, (P, T) float64, for arrays and given areas.

    Args:
        people: keypoints (P, K, 2), pixels, NaN where missing.
        truth: keypoints (T, K, 2).
        areas: (T,), square pixels.
        sigmas: (K,).
    """
    result = np.empty((len(people), len(truth)))
    rows = max(1, _PAIRS // max(1, len(truth) * len(sigmas)))
    reported = ~np.isnan(truth[..., 0])
    counts = reported.sum(axis=1)
    targets = truth.astype(np.float64)
    for start in range(0, len(people), rows):
        points = people[start : start + rows, None].astype(np.float64)
        similarity = point_similarity(points - targets, areas, sigmas)
        counted = np.where(reported, np.nan_to_num(similarity, nan=0.0), 0.0).sum(axis=2)
        with np.errstate(invalid="ignore"):  # 0 / 0 for a true person without keypoints is NaN
            result[start : start + rows] = counted / counts
    return result


def point_similarity(gaps: Float64Array, areas: Float64Array, sigmas: Float64Array) -> Float64Array:
    """Return exp(-d^2 / (2 s^2 k^2)), (..., K) float64; see `oks` for the terms.

    Args:
        gaps: (..., K, 2), differences in x and y of each keypoint in pixels, NaN where missing.
        areas: (...), square pixels.
        sigmas: (K,).
    """
    spreads = 2 * areas[..., None] * (2 * sigmas) ** 2
    similarity: Float64Array = np.exp(-(gaps**2).sum(axis=-1) / spreads)
    return similarity


def paired_similarity(people: PoseResult, truth: PoseResult) -> Float64Array:
    """Return exp(-d^2 / (2 s^2 k^2)) for each keypoint of each pair of people, (P, K) float64.

    Person i of one result is compared with person i of the other: both must have P people of one
    skeleton. NaN where one of the two has not reported the keypoint. See `oks` for the terms.
    """
    gaps = people.keypoints.astype(np.float64) - truth.keypoints
    return point_similarity(gaps, areas_of(truth), sigmas_of(truth.skeleton))


def sigmas_of(skeleton: Skeleton) -> Float64Array:
    """Return the skeleton's sigmas, (K,), or `DEFAULT_SIGMA` for each keypoint if it has none."""
    return np.asarray(skeleton.sigmas or (DEFAULT_SIGMA,) * len(skeleton), np.float64)


def areas_of(result: PoseResult) -> Float64Array:
    """Return the area of each person's box, or of the keypoints' extent, (P,), square pixels."""
    boxes = result.boxes.astype(np.float64)
    boxless = np.isnan(boxes).any(axis=1)
    if boxless.any():
        points = result.keypoints[boxless].astype(np.float64)
        # fmin and fmax ignore missing keypoints
        boxes[boxless, :2] = np.fmin.reduce(points, axis=1)
        boxes[boxless, 2:] = np.fmax.reduce(points, axis=1)
    # a person with one keypoint has no extent; one pixel keeps the formula finite
    sides = np.fmax(boxes[:, 2:] - boxes[:, :2], 1.0)
    areas: Float64Array = sides[:, 0] * sides[:, 1]
    return areas
