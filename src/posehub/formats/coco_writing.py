"""What the writers of COCO's two kinds of files share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.poses.json import dumps, short_numbers
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
    values = np.concatenate([result.keypoints, third[..., None]], axis=2, dtype=np.float32)
    values[np.isnan(result.keypoints[..., 0])] = 0
    rows: list[list[float]]
    (rows,) = short_numbers([values.reshape(len(result), 3 * len(result.skeleton))])
    return rows


def json_of_numbers(entry: dict[str, Any]) -> bytes:
    """Return an object without strings as JSON; whole numbers are integers."""
    text = dumps(entry)
    for end in (b",", b"]", b"}"):
        text = text.replace(b".0" + end, end)
    return text


def refuse_duplicate(kind: str, value: int | str, seen: set[Any]) -> None:
    """Add a value to those seen.

    Raises:
        ValueError: it is among them already.
    """
    if value in seen:
        raise ValueError(f"duplicate {kind} {value!r}")
    seen.add(value)
