"""Comparing two results: the same people at the same places, or where they differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.drawing import draw
from posehub.poses.oks import paired_similarity
from posehub.poses.result import PoseResult

_NAMED = 5  # keypoints a message lists


def assert_poses_close(
    actual: PoseResult,
    expected: PoseResult,
    *,
    oks: float = 0.99,
    drawing: Any = None,
    image: Any = None,
) -> None:
    """Fail unless both results have the same people, in the same order, at the same places.

    People are compared by OKS, object keypoint similarity (`posehub.poses.oks`), except
    that an extra keypoint counts as a missing one: as 0.

    Args:
        actual: the result to check.
        expected: the result it should be.
        oks: least similarity of each person, in [0, 1].
        drawing: path of an image of both results, written only on failure.
        image: the image to draw them on; None for a blank canvas.

    Raises:
        AssertionError: they differ; names person, keypoint and distance.
    """
    problem = _difference(actual, expected, oks)
    if problem is None:
        return
    if drawing is not None:
        _save_both(actual, expected, Path(drawing), image)
        problem += f"\nBoth are drawn in {drawing}: actual left, expected right."
    raise AssertionError(problem)


def keypoint_similarity(actual: PoseResult, expected: PoseResult) -> NDArray[np.float64]:
    """Return exp(-d^2 / (2 s^2 k^2)) for each keypoint of each pair of people, (P, K).

    0 where only one of the two has the keypoint; NaN where neither has it.
    """
    similarity = paired_similarity(actual, expected)
    missing_here = np.isnan(actual.keypoints[..., 0])
    missing_there = np.isnan(expected.keypoints[..., 0])
    similarity[missing_here != missing_there] = 0.0
    return similarity


def _difference(actual: PoseResult, expected: PoseResult, oks: float) -> str | None:
    if actual.skeleton != expected.skeleton:
        return f"skeleton is {actual.skeleton.name}, expected {expected.skeleton.name}"
    if len(actual) != len(expected):
        return f"{len(actual)} people, expected {len(expected)}"
    similarity = keypoint_similarity(actual, expected)
    for row in range(len(expected)):
        known = ~np.isnan(similarity[row])
        score = float(similarity[row][known].mean()) if known.any() else 1.0
        if score < oks:
            worst = [c for c in np.argsort(similarity[row]) if known[c]][:_NAMED]
            lines = [_line(actual, expected, row, int(column)) for column in worst]
            return f"person {row}: OKS {score:.4f}, expected at least {oks}\n" + "\n".join(lines)
    return None


def _line(actual: PoseResult, expected: PoseResult, row: int, column: int) -> str:
    name = expected.skeleton.keypoints[column]
    got, wanted = actual[row][name], expected[row][name]
    if np.isnan(got.x):
        return f"  {name}: missing, expected at ({wanted.x:.1f}, {wanted.y:.1f})"
    if np.isnan(wanted.x):
        return f"  {name}: at ({got.x:.1f}, {got.y:.1f}), expected missing"
    distance = float(np.hypot(got.x - wanted.x, got.y - wanted.y))
    return (
        f"  {name}: at ({got.x:.1f}, {got.y:.1f}), expected ({wanted.x:.1f}, {wanted.y:.1f}), "
        f"{distance:.1f} px apart"
    )


def _save_both(actual: PoseResult, expected: PoseResult, path: Path, image: Any) -> None:
    from PIL import Image as PILImage

    left, right = (draw(result, image, min_score=0) for result in (actual, expected))
    both = PILImage.new("RGB", (left.width + right.width, max(left.height, right.height)))
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    both.save(path)
