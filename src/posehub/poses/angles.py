"""What can be read off people: joint angles, and keypoints without place and size."""

from __future__ import annotations

import numpy as np

from posehub.poses.checks import Float32Array
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


def normalize(result: PoseResult, by: str = "box") -> Float32Array:
    """Return keypoints without the person's place and size, (P, K, 2) float32.

    They are an array and not a `PoseResult`, since they are no pixels.

    Args:
        result: the people.
        by: "box" gives shares of the box, 0 at its left and top, 1 at its right and bottom.
            "torso" has its origin between the hips, and the distance from there to the middle of
            the shoulders as its unit.

    Returns:
        x right, y down; all NaN for a person whose box or torso is missing or without extent.

    Raises:
        ValueError: `by` is neither, or the skeleton has no shoulders and hips.
    """
    if by == "box":
        boxes = result.boxes.astype(np.float64)
        origin, unit = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    elif by == "torso":
        if not set(_TORSO) <= set(result.skeleton.keypoints):
            raise ValueError(f"{result.skeleton.name} has no torso: it lacks one of {_TORSO}")
        left, right, left_hip, right_hip = (
            result.keypoints[:, result.skeleton.index(name)].astype(np.float64) for name in _TORSO
        )
        origin = (left_hip + right_hip) / 2
        unit = np.linalg.norm((left + right) / 2 - origin, axis=1, keepdims=True)
    else:
        raise ValueError(f'by must be "box" or "torso", got {by!r}')
    unit[unit <= 0] = np.nan
    shares = (result.keypoints - origin[:, None]) / unit[:, None]
    # a box with only one side of extent places nobody
    shares[np.isnan(shares).any(axis=2)] = np.nan
    return shares.astype(np.float32)


def angle(
    result: PoseResult, first: str, joint: str, last: str, *, dimensions: int = 2
) -> Float32Array:
    """Return the angle at `joint` between the lines to two other keypoints, (P,) float32.

    Args:
        result: the people.
        first: keypoint at the end of one line.
        joint: keypoint where the lines meet.
        last: keypoint at the end of the other line.
        dimensions: 2 for the angle as the picture shows it, 3 for that of `keypoints_3d`.

    Returns:
        Degrees from 0 to 180, where a straight limb has 180; NaN where one of the keypoints is
        missing or at the joint's own place.

    Raises:
        KeyError: the skeleton has no such keypoint.
        ValueError: `dimensions` is neither 2 nor 3, or there are no `keypoints_3d`.
    """
    points = _points(result, dimensions)
    a, b, c = (points[:, result.skeleton.index(n)].astype(np.float64) for n in (first, joint, last))
    one, other = a - b, c - b
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    dot = (one * other).sum(axis=1)
    # the root of |a|^2 |b|^2 - (a b)^2 loses small angles; the cross product does not
    cross = one[:, [0]] * other[:, [1]] - one[:, [1]] * other[:, [0]]
    if dimensions == 3:
        cross = np.cross(one, other)
    degrees = np.degrees(np.arctan2(np.linalg.norm(cross, axis=1), dot))
    return np.where(lengths > 0, degrees, np.nan).astype(np.float32)


def angles(result: PoseResult, *, dimensions: int = 2) -> dict[str, Float32Array]:
    """Return the angles of `JOINT_ANGLES` the skeleton has the points for; see `angle`.

    Raises:
        ValueError: `dimensions` is neither 2 nor 3, or there are no `keypoints_3d`.
    """
    known = set(result.skeleton.keypoints)
    return {
        name: angle(result, *points, dimensions=dimensions)
        for name, points in JOINT_ANGLES.items()
        if set(points) <= known
    }


def _points(result: PoseResult, dimensions: int) -> Float32Array:
    if dimensions == 2:
        return result.keypoints
    if dimensions != 3:
        raise ValueError(f"dimensions must be 2 or 3, got {dimensions}")
    if result.keypoints_3d is None:
        raise ValueError("these people have no keypoints_3d")
    return result.keypoints_3d
