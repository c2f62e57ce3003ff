"""Object keypoint similarity (OKS): how alike two people's poses are, from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.model import PoseResult

Float64Array = NDArray[np.float64]

DEFAULT_SIGMA = 0.05
"""For skeletons without published sigmas: about the mean of COCO's, which are 0.025 to 0.107."""

_PAIRS = 65536  # keypoint pairs compared at once, which bounds the memory


def oks(people: PoseResult, truth: PoseResult) -> Float64Array:
    """Return the similarity of each of P people to each of T true people, (P, T) float64.

    As COCO's keypoint evaluation defines it (cocodataset.org, keypoint evaluation): the mean over
    the true person's reported keypoints of exp(-d^2 / (2 s^2 k^2)), with d the distance in pixels,
    s^2 the true person's area in square pixels, and k twice the keypoint's sigma. A keypoint the
    true person has and the other lacks counts as 0; one only the other has does not count. NaN for
    a true person without keypoints.

    COCO's area is that of the annotated segment. A result knows boxes only, and the area is the
    box's, or that of the keypoints' extent where there is no box: larger than a segment, so that
    similarities are a little higher. Skeletons without sigmas use `DEFAULT_SIGMA` for all.

    Raises:
        ValueError: the skeletons differ.
    """
    if people.skeleton != truth.skeleton:
        raise ValueError(
            f"OKS compares people of one skeleton, got {people.skeleton.name} and "
            f"{truth.skeleton.name}; convert one of them with .to()"
        )
    result = np.empty((len(people), len(truth)))
    rows = max(1, _PAIRS // max(1, len(truth) * len(truth.skeleton)))
    reported = ~np.isnan(truth.keypoints[..., 0])
    counts = reported.sum(axis=1)
    spreads = _spreads(truth)
    there = truth.keypoints.astype(np.float64)
    for start in range(0, len(people), rows):
        here = people.keypoints[start : start + rows, None].astype(np.float64)
        similarity = np.exp(-((here - there) ** 2).sum(axis=3) / spreads)
        counted = np.where(reported, np.nan_to_num(similarity, nan=0.0), 0.0).sum(axis=2)
        with np.errstate(invalid="ignore"):  # nobody's keypoints: 0 / 0 is the NaN we want
            result[start : start + rows] = counted / counts
    return result


def paired_similarity(people: PoseResult, truth: PoseResult) -> Float64Array:
    """Return exp(-d^2 / (2 s^2 k^2)) for each keypoint of each pair of people, (P, K) float64.

    Pairs are person by person: both results must have P people of one skeleton. NaN where one of
    the two has not reported the keypoint. See `oks` for the terms.
    """
    distances = people.keypoints.astype(np.float64) - truth.keypoints
    similarity: Float64Array = np.exp(-(distances**2).sum(axis=2) / _spreads(truth))
    return similarity


def _spreads(truth: PoseResult) -> Float64Array:
    """Return 2 s^2 k^2 of each true person's keypoints, (T, K) float64, in square pixels."""
    sigmas = truth.skeleton.sigmas or (DEFAULT_SIGMA,) * len(truth.skeleton)
    spreads: Float64Array = 2 * _areas(truth)[:, None] * (2 * np.asarray(sigmas)) ** 2
    return spreads


def _areas(result: PoseResult) -> Float64Array:
    """Return the area of each person's box in square pixels, or of the keypoints' extent."""
    boxes = result.boxes.astype(np.float64)
    boxless = np.isnan(boxes).any(axis=1)
    if boxless.any():
        points = result.keypoints[boxless].astype(np.float64)
        # fmin and fmax pass over missing keypoints
        boxes[boxless, :2] = np.fmin.reduce(points, axis=1)
        boxes[boxless, 2:] = np.fmax.reduce(points, axis=1)
    # a person of one point has no extent; a pixel keeps the formula finite
    sides = np.fmax(boxes[:, 2:] - boxes[:, :2], 1.0)
    areas: Float64Array = sides[:, 0] * sides[:, 1]
    return areas
