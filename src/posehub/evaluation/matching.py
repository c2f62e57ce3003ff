"""Who is who: people of two results paired by object keypoint similarity (OKS)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ConfigError
from posehub.extras import needed

Floats = NDArray[np.float64]

LEAST_OKS = 0.1
"""Two people less alike than this are never paired. posehub's own choice: far below 0.5, the
loosest threshold of COCO, so that a person with half of the points wrong is still that person."""
MOST_PEOPLE = 2000
"""In one picture: pairing them takes seconds, and more grows with the square and worse."""


def pair(oks: Floats) -> list[tuple[int, int]]:
    """Return pairs (row, column) so that their OKS adds up to the most; none below `LEAST_OKS`.

    By the Hungarian method (Kuhn, "The Hungarian Method for the Assignment Problem", 1955) in
    SciPy's implementation.

    Args:
        oks: (P, Q); NaN is never paired.
    """
    # a pair that is not allowed is worth nothing, so that it never pushes an allowed one aside
    worth = np.where(oks >= LEAST_OKS, oks, 0.0)
    optimize = needed("scipy.optimize", extra="evaluate")
    rows, columns = optimize.linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if worth[r, c] > 0]


def refuse_crowd(people: int) -> None:
    """Refuse more people of one picture than can be paired in reasonable time.

    Raises:
        ConfigError: there are more than `MOST_PEOPLE`.
    """
    if people > MOST_PEOPLE:
        raise ConfigError(
            f"At most {MOST_PEOPLE} people of one picture can be told from each other, got "
            f"{people}. Filter them, by their scores for example."
        )
