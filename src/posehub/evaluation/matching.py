"""Pairing the people of two results by object keypoint similarity (OKS)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ConfigError
from posehub.extras import needed

Floats = NDArray[np.float64]

LEAST_OKS = 0.1
"""Two people with a lower OKS are never paired. posehub's own choice: far below 0.5, the lowest
threshold of COCO, so that a person with half of the keypoints wrong is still the same person."""
MOST_PEOPLE = 2000
"""Most people in one image that are paired. It takes seconds, and the time grows faster than with
the square of the number."""


def pair(oks: Floats) -> list[tuple[int, int]]:
    """Return the pairs (row, column) with the largest sum of OKS; none is below `LEAST_OKS`.

    It is the Hungarian method (Kuhn, "The Hungarian Method for the Assignment Problem", 1955) in
    the implementation of SciPy.

    Args:
        oks: (P, Q); a pair with NaN is not allowed.
    """
    # a pair that is not allowed is worth nothing, so that it never replaces an allowed one
    worth = np.where(oks >= LEAST_OKS, oks, 0.0)
    optimize = needed("scipy.optimize", extra="evaluate")
    rows, columns = optimize.linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if worth[r, c] > 0]


def refuse_crowd(people: int) -> None:
    """Refuse more people in one image than can be paired in reasonable time.

    Raises:
        ConfigError: there are more than `MOST_PEOPLE`.
    """
    if people > MOST_PEOPLE:
        raise ConfigError(
            f"At most {MOST_PEOPLE} people of one image can be paired, got {people}. "
            "Filter them, for example by their scores."
        )
