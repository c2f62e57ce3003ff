"""What the writers of COCO's two kinds of files share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.poses.result import PoseResult

CATEGORY = 1
"""The id of people: COCO's own."""

Floats = NDArray[np.float64]


def triples(result: PoseResult, third: NDArray[Any]) -> list[list[float]]:
    """Return, for each person, x, y and `third` of each keypoint; zeros where not reported.

    Args:
        result: the people.
        third: (P, K).
    """
    values = np.concatenate([result.keypoints, third[..., None]], axis=2, dtype=np.float64)
    values[np.isnan(result.keypoints[..., 0])] = 0
    rows: list[list[float]] = values.reshape(len(result), 3 * len(result.skeleton)).tolist()
    return [[plain(value) for value in row] for row in rows]


def plain(value: float) -> float:
    """Return a whole number as an int, which JSON writes without a point."""
    return int(value) if value.is_integer() else value


def refuse_duplicate(kind: str, value: int | str, seen: set[Any]) -> None:
    """Add a value to those seen.

    Raises:
        ValueError: it is among them already.
    """
    if value in seen:
        raise ValueError(f"duplicate {kind} {value!r}")
    seen.add(value)
