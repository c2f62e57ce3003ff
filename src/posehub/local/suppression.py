"""One detection for each object: boxes or poses that overlap a better one are suppressed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.local.geometry import Floats
from posehub.poses.oks import point_similarity

Indices = NDArray[np.intp]

_LEAST_WEIGHT = 1e-6
"""Keeps a mean finite whose weights all are 0."""


def box_iou(boxes: Floats, others: Floats) -> Floats:
    """Return intersection over union of N boxes with M others, (N, M); 0 where both are empty.

    Boxes are x1, y1, x2, y2.
    """
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = _areas(boxes)[:, None] + _areas(others) - shared
    shares: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return shares


def suppress_boxes(boxes: Floats, scores: Floats, threshold: float) -> Indices:
    """Return which boxes to keep, best first: those that overlap no better one that is kept.

    Args:
        boxes: (N, 4), x1, y1, x2, y2.
        scores: (N,).
        threshold: highest intersection over union of two boxes that both are kept.
    """
    return suppress(box_iou(boxes, boxes), scores, threshold)


def suppress_poses(
    points: Floats,
    scores: Floats,
    areas: Floats,
    sigmas: Floats,
    threshold: float,
    weights: Floats | None = None,
) -> Indices:
    """Return which poses to keep, best first: those that are like no better one that is kept.

    Args:
        points: (N, K, 2), pixels.
        scores: (N,), of the poses.
        areas: (N,), square pixels.
        sigmas: (K,), of the skeleton.
        threshold: highest object keypoint similarity of two poses that both are kept.
        weights: (N, K), how much each keypoint counts, such as its score: of two poses the lower
            one counts. So hidden keypoints, which differ between two poses of one person, do not
            make two people out of it. None for all alike, as in COCO's formula.
    """
    gaps = points[:, None] - points
    shared = None if weights is None else np.minimum(weights[:, None], weights) + _LEAST_WEIGHT
    similarity = point_similarity(gaps, np.broadcast_to(areas[:, None], gaps.shape[:2]), sigmas)
    return suppress(np.average(similarity, axis=2, weights=shared), scores, threshold)


def suppress(likeness: Floats, scores: Floats, threshold: float) -> Indices:
    """Return which of N detections to keep, best first.

    Args:
        likeness: (N, N); row i compares a kept detection i with all others.
        scores: (N,); of equal scores the first is better.
        threshold: highest likeness of two detections that both are kept.
    """
    order = np.argsort(-scores, kind="stable")
    free = np.ones(len(order), bool)
    kept = []
    for index in order.tolist():
        if free[index]:
            kept.append(index)
            free &= ~(likeness[index] > threshold)
    return np.array(kept, np.intp)


def _areas(boxes: Floats) -> Floats:
    areas: Floats = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return areas
