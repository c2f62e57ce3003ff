"""What the writers of COCO's two kinds of files share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.poses.checks import Float32Array
from posehub.poses.json import short_numbers
from posehub.poses.result import PoseResult

CATEGORY = 1
"""The id of people: COCO's own."""

Floats = NDArray[np.float64]
Numbers = list[float | None]


def triples(result: PoseResult, third: NDArray[Any]) -> list[Numbers]:
    """Return, for each person, x, y and `third` of each keypoint; zeros where not reported.

    Args:
        result: the people.
        third: (P, K).
    """
    values = np.concatenate([result.keypoints, third[..., None]], axis=2, dtype=np.float32)
    values[np.isnan(result.keypoints[..., 0])] = 0
    return plain_rows(values.reshape(len(result), 3 * len(result.skeleton)))


def plain_rows(values: Float32Array) -> list[Numbers]:
    """Return the rows of an array of two dimensions as JSON has them: short, and None for NaN."""
    (rows,) = short_numbers([values])
    return [[plain(value) for value in row] for row in rows]


def plain(value: float | None) -> float | None:
    """Return a whole number as an int, which JSON writes without a point."""
    return int(value) if value is not None and value.is_integer() else value


def refuse_duplicate(kind: str, value: int | str, seen: set[Any]) -> None:
    """Add a value to those seen.

    Raises:
        ValueError: it is among them already.
    """
    if value in seen:
        raise ValueError(f"duplicate {kind} {value!r}")
    seen.add(value)
