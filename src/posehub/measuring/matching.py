"""Who is who: people of two results paired by object keypoint similarity (OKS)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ConfigError
from posehub.measuring.needs import need
from posehub.skeleton import Skeleton

Floats = NDArray[np.float64]

LEAST_OKS = 0.1
"""Two people less alike than this are never paired. posehub's own choice: far below 0.5, the
loosest threshold of COCO, so that a person with half of the points wrong is still that person."""
MOST_PEOPLE = 2000
"""In one picture: pairing them takes a second and 0.2 GB, and more grows with the square."""
MEAN_SIGMA = 0.05
"""For skeletons without published sigmas: about the mean of COCO's, which are 0.025 to 0.107."""


def sigmas_of(skeleton: Skeleton) -> Floats:
    """Return the skeleton's sigmas, (K,), or `MEAN_SIGMA` for each point if none are published."""
    return np.asarray(skeleton.sigmas or (MEAN_SIGMA,) * len(skeleton), np.float64)


def areas_of(keypoints: Floats, boxes: Floats) -> Floats:
    """Return the area of each person in square pixels, (P,): of the box, else of the points.

    Args:
        keypoints: (P, K, 2), NaN where missing.
        boxes: (P, 4), x1, y1, x2, y2, NaN where there is none.
    """
    missing = np.isnan(keypoints)
    least = np.where(missing, np.inf, keypoints).min(axis=1, initial=np.inf)
    most = np.where(missing, -np.inf, keypoints).max(axis=1, initial=-np.inf)
    sides = boxes[:, 2:] - boxes[:, :2]
    unboxed = np.isnan(boxes).any(axis=1)
    sides[unboxed] = (most - least)[unboxed]
    # a person of one point has no extent, one of none less; a pixel keeps the formula finite
    area: Floats = np.prod(np.maximum(sides, 1.0), axis=1)
    return area


def point_similarity(distances: Floats, areas: Floats, sigmas: Floats) -> Floats:
    """Return exp(-d^2 / (2 s^2 k^2)) for each point: how alike two places of it are, in [0, 1].

    The term of OKS as COCO's keypoint evaluation defines it (cocodataset.org, "Keypoint
    Evaluation"): d the distance in pixels, s^2 the person's area, k twice the point's sigma.

    Args:
        distances: (..., K), pixels; NaN where one of the two is missing.
        areas: (...), square pixels.
        sigmas: (K,).
    """
    variance = 2 * areas[..., None] * (2 * sigmas) ** 2
    similarity: Floats = np.exp(-(distances**2) / variance)
    return similarity


def oks_matrix(first: Floats, second: Floats, areas: Floats, sigmas: Floats) -> Floats:
    """Return the OKS of each person of `first` with each of `second`, (P, Q).

    The mean of `point_similarity` over the points `second` has; one that `first` lacks counts 0.

    Args:
        first: keypoints (P, K, 2), NaN where missing.
        second: keypoints (Q, K, 2).
        areas: (P, Q), or what broadcasts to it, square pixels.
        sigmas: (K,).

    Raises:
        ConfigError: more than `MOST_PEOPLE` people are in one picture.
    """
    if max(len(first), len(second)) > MOST_PEOPLE:
        raise ConfigError(
            f"At most {MOST_PEOPLE} people of one picture can be told from each other, got "
            f"{max(len(first), len(second))}. Filter them, by their scores for example."
        )
    areas = np.broadcast_to(areas, (len(first), len(second)))
    total = np.zeros(areas.shape)
    # one keypoint at a time: all at once would be K times the memory
    for column, sigma in enumerate(sigmas):
        gaps = first[:, None, column] - second[None, :, column]
        alike = point_similarity(np.hypot(gaps[..., :1], gaps[..., 1:]), areas, sigma[None])
        total += np.nan_to_num(alike[..., 0])
    counts = (~np.isnan(second[..., 0])).sum(axis=1)
    oks: Floats = total / np.maximum(counts, 1)
    return oks


def pair(oks: Floats) -> list[tuple[int, int]]:
    """Return pairs (row, column) so that their OKS adds up to the most; none below `LEAST_OKS`.

    By the Hungarian method (Kuhn, "The Hungarian Method for the Assignment Problem", 1955) in
    SciPy's implementation.
    """
    # a pair that is not allowed is worth nothing, so that it never pushes an allowed one aside
    worth = np.where(oks >= LEAST_OKS, oks, 0.0)
    rows, columns = need("scipy.optimize").linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if worth[r, c] > 0]
