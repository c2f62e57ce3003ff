"""Calibration of scores: of the keypoints with a score of 0.8, are 80 % correct?"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.evaluation.matching import Floats

BINS = 10


@frozen
class Bin:
    """The items with a score from `low` to `high`.

    Attributes:
        low, high: the range of scores; `high` itself belongs to the next bin, and 1 to the last.
        count: number of items.
        score: their mean score; None if there are none.
        correct: the share of them that is correct, in [0, 1]; None if there are none.
    """

    low: float
    high: float
    count: int
    score: float | None
    correct: float | None


@frozen
class Calibration:
    """How well scores agree with the share of correct items.

    Attributes:
        bins: ten of equal width over [0, 1].
        error: expected calibration error: the mean, over all items with a score, of the distance
            between the mean score and the share of correct items in the item's bin; None if no
            item has a score.
    """

    bins: tuple[Bin, ...]
    error: float | None


def calibrate(scores: Floats, correct: NDArray[np.bool_]) -> Calibration:
    """Return how well scores agree with the share of correct items.

    Bins and expected calibration error as in Guo et al., "On Calibration of Modern Neural
    Networks", 2017, section 2.

    Args:
        scores: (N,), in [0, 1]; items with NaN or another number are not counted.
        correct: (N,), whether each item is correct.
    """
    scored = (scores >= 0) & (scores <= 1)
    scores, correct = scores[scored], correct[scored]
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
                correct=float(correct[inside].mean()) if count else None,
            )
        )
    gaps = [
        b.count * abs(b.score - b.correct)
        for b in bins
        if b.score is not None and b.correct is not None
    ]
    return Calibration(tuple(bins), sum(gaps) / len(scores) if len(scores) else None)
