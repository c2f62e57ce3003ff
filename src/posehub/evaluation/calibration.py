"""Whether a score means what it says: of the points scored 0.8, are 80 % right?"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.evaluation.matching import Floats

BINS = 10


@frozen
class Bin:
    """What has a score from `low` to `high`: how much, its mean score, and the share that is right.

    The two means are None where `count` is 0.
    """

    low: float
    high: float
    count: int
    score: float | None
    right: float | None


@frozen
class Calibration:
    """Scores beside the share that is right.

    Attributes:
        bins: ten of equal width over [0, 1].
        error: expected calibration error, the mean over everything scored of the distance between
            a bin's mean score and its share that is right; None if nothing is scored.
    """

    bins: tuple[Bin, ...]
    error: float | None


def calibrate(scores: Floats, right: NDArray[np.bool_]) -> Calibration:
    """Return how well scores agree with being right.

    Bins and expected calibration error as in Guo et al., "On Calibration of Modern Neural
    Networks", 2017, section 2.

    Args:
        scores: (N,), in [0, 1]; NaN and what is outside are left out.
        right: (N,).
    """
    scored = (scores >= 0) & (scores <= 1)
    scores, right = scores[scored], right[scored]
    which = np.minimum((scores * BINS).astype(int), BINS - 1)
    bins = []
    for number in range(BINS):
        inside = which == number
        count = int(inside.sum())
        bins.append(
            Bin(
                low=number / BINS,
                high=(number + 1) / BINS,
                count=count,
                score=float(scores[inside].mean()) if count else None,
                right=float(right[inside].mean()) if count else None,
            )
        )
    gaps = [
        b.count * abs(b.score - b.right)
        for b in bins
        if b.score is not None and b.right is not None
    ]
    return Calibration(tuple(bins), sum(gaps) / len(scores) if len(scores) else None)
