"""Measurements of people: joint angles, and keypoints without position and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from posehub.poses.checks import DEFAULT_MIN_SCORE, Float32Array

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult

_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")

JOINT_ANGLES = {
    f"{side}_{joint}": tuple(f"{side}_{name}" for name in names)
    for side in ("left", "right")
    for joint, names in {
        "elbow": ("shoulder", "elbow", "wrist"),
        "shoulder": ("elbow", "shoulder", "hip"),
        "hip": ("shoulder", "hip", "knee"),
        "knee": ("hip", "knee", "ankle"),
    }.items()
}
"""The common joint angles: name -> the three keypoints, the joint in the middle."""


def normalize(
    result: PoseResult, by: str = "box", *, min_score: float = DEFAULT_MIN_SCORE
) -> Float32Array:
    """Return keypoints without the person's position and size, (P, K, 2) float32.

    They are an array and not a `PoseResult`, because they are not pixels.

    Args:
        result: the people.
        by: "box" gives fractions of the box, 0 at its left and top, 1 at its right and bottom.
            "torso" has its origin between the hips, and the distance from there to the middle of
            the shoulders as its unit.
        min_score: keypoints with a lower score count as not reported; those without a score (NaN)
            count as reported.

    Returns:
        x right, y down; NaN for a keypoint that is not reported, and all NaN for a person whose box
        or torso is missing or has no extent.

    Raises:
        ValueError: `by` is neither, or the skeleton has no shoulders and hips.
    """
    keypoints = result.mask(min_score=min_score).keypoints
    if by == "box":
        boxes = result.boxes.astype(np.float64)
        origin, unit = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    elif by == "torso":
        if not set(_TORSO) <= set(result.skeleton.keypoints):
            raise ValueError(f"{result.skeleton.name} has no torso: it lacks one of {_TORSO}")
        left, right, left_hip, right_hip = (
            keypoints[:, result.skeleton.index(name)].astype(np.float64) for name in _TORSO
        )
        origin = (left_hip + right_hip) / 2
        unit = np.linalg.norm((left + right) / 2 - origin, axis=1, keepdims=True)
    else:
        raise ValueError(f'by must be "box" or "torso", got {by!r}')
    unit[unit <= 0] = np.nan
    fractions = (keypoints - origin[:, None]) / unit[:, None]
    # a box that has an extent in one direction only gives no position
    fractions[np.isnan(fractions).any(axis=2)] = np.nan
    return fractions.astype(np.float32)


def angle(
    result: PoseResult,
    first: str,
    joint: str,
    last: str,
    *,
    dimensions: int = 2,
    min_score: float = DEFAULT_MIN_SCORE,
) -> Float32Array:
    """Return the angle at `joint` between the lines to two other keypoints, (P,) float32.

    Args:
        result: the people.
        first: keypoint at the end of one line.
        joint: keypoint where the lines meet.
        last: keypoint at the end of the other line.
        dimensions: 2 for the angle as the image shows it, 3 for that of `keypoints_3d`.
        min_score: keypoints with a lower score count as not reported; those without a score (NaN)
            count as reported.

    Returns:
        Degrees from 0 to 180, where a straight limb has 180; NaN where one of the keypoints is not
        reported or coincides with the joint.

    Raises:
        KeyError: the skeleton has no such keypoint.
        ValueError: `dimensions` is neither 2 nor 3, or there are no `keypoints_3d`.
    """
    columns = [result.skeleton.index(name) for name in (first, joint, last)]
    return _angle(_points(result, dimensions, min_score)[:, columns])


def angles(
    result: PoseResult, *, dimensions: int = 2, min_score: float = DEFAULT_MIN_SCORE
) -> dict[str, Float32Array]:
    """Return the angles of `JOINT_ANGLES` whose keypoints the skeleton has; see `angle`.

    Raises:
        ValueError: `dimensions` is neither 2 nor 3, or there are no `keypoints_3d`.
    """
    points = _points(result, dimensions, min_score)
    known = set(result.skeleton.keypoints)
    return {
        name: _angle(points[:, [result.skeleton.index(keypoint) for keypoint in keypoints]])
        for name, keypoints in JOINT_ANGLES.items()
        if set(keypoints) <= known
    }


def _points(result: PoseResult, dimensions: int, min_score: float) -> Float32Array:
    """Return the coordinates (P, K, `dimensions`), NaN for keypoints below `min_score`."""
    if dimensions == 2:
        return result.mask(min_score=min_score).keypoints
    if dimensions != 3:
        raise ValueError(f"dimensions must be 2 or 3, got {dimensions}")
    points = result.mask(min_score=min_score).keypoints_3d
    if points is None:
        raise ValueError("these people have no keypoints_3d")
    return points


def _angle(points: Float32Array) -> Float32Array:
    """Return the angles (P,) at the second of three points (P, 3, D), D being 2 or 3."""
    first, joint, last = points.transpose(1, 0, 2).astype(np.float64)
    one, other = first - joint, last - joint
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    dot = (one * other).sum(axis=1)
    # the root of |a|^2 |b|^2 - (a b)^2 loses small angles; the cross product does not
    cross = one[:, [0]] * other[:, [1]] - one[:, [1]] * other[:, [0]]
    if points.shape[2] == 3:
        cross = np.cross(one, other)
    degrees = np.degrees(np.arctan2(np.linalg.norm(cross, axis=1), dot))
    return np.where(lengths > 0, degrees, np.nan).astype(np.float32)
