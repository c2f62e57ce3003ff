"""OpenPose's JSON output, one file for each image, as its documentation describes it
(github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md).

`people`, each with `pose_keypoints_2d`: x, y, c of each keypoint, zeros where it was not found; and
`person_id`: a list of one number, -1 without tracking. The file does not name the body model;
OpenPose's default since 1.4 is BODY_25. Hands and faces are other models, and are neither read nor
written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posehub.formats import fields
from posehub.formats.folder import read_files, write_files
from posehub.poses.catalogue import get_skeleton
from posehub.poses.json import dumps, loads, short_numbers
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

_SKELETON = "openpose_body25"
_ENDING = "_keypoints.json"
_VERSION = 1.3
_NOT_TRACKED = -1
_OTHER_MODELS = (
    "face_keypoints_2d",
    "hand_left_keypoints_2d",
    "hand_right_keypoints_2d",
    "pose_keypoints_3d",
    "face_keypoints_3d",
    "hand_left_keypoints_3d",
    "hand_right_keypoints_3d",
)


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each file of a folder, or for the one file.

    Args:
        path: of the folder or file.
        skeleton: the body model; None means openpose_body25.
    """
    return read_files(path, _ENDING, partial(_decode, skeleton=skeleton or get_skeleton(_SKELETON)))


def _decode(data: bytes, skeleton: Skeleton) -> PoseResult:
    people = fields.take(loads(data), "people")
    if not isinstance(people, list):
        raise ValueError(f"people must be a list, got {fields.shown(people)}")
    count = len(skeleton)
    points = np.zeros((len(people), count, 3))
    for index, person in enumerate(people):
        try:
            numbers = fields.numbers(person, "pose_keypoints_2d", 3 * count)
        except ValueError as error:
            raise ValueError(f"people[{index}]: {error} (skeleton {skeleton.name})") from error
        points[index] = numbers.reshape(count, 3)
    if (points[..., 2] < 0).any():
        index = int(np.flatnonzero((points[..., 2] < 0).any(axis=1))[0])
        raise ValueError(f"people[{index}]: pose_keypoints_2d has a negative confidence")
    missing = (points == 0).all(axis=2)
    points[missing, :2] = np.nan
    ids = [_track_id(person) for person in people]
    return PoseResult(
        keypoints=points[..., :2],
        # peaks of heat maps, which may exceed 1 a little
        scores=np.minimum(points[..., 2], 1),
        boxes=np.full((len(people), 4), np.nan),
        box_scores=np.full(len(people), np.nan),
        skeleton=skeleton,
        ids=ids if ids and _NOT_TRACKED not in ids else None,
    )


def _track_id(person: dict[str, Any]) -> int:
    """Return a person's id; older files have none, and some tools write other values."""
    value = person.get("person_id")
    if isinstance(value, list) and [type(number) for number in value] == [int]:
        return int(value[0])
    return _NOT_TRACKED


def write(records: Iterable[Record], path: Path) -> None:
    """Write a folder with a file for each image, or one file if `path` ends in ".json"."""
    write_files(records, path, _ENDING, _encode)


def _encode(result: PoseResult) -> bytes:
    if result.skeleton.name != _SKELETON:
        raise ValueError(
            f"is on the skeleton {result.skeleton.name!r}, and OpenPose's tools expect "
            f"{_SKELETON} in every file; convert it with result.to({_SKELETON!r})"
        )
    scores = np.nan_to_num(result.scores, nan=1.0)[..., None]
    points = np.nan_to_num(np.concatenate([result.keypoints, scores], axis=2))
    (rows,) = short_numbers([points.reshape(len(result), 3 * len(result.skeleton))])
    ids = [_NOT_TRACKED] * len(result) if result.ids is None else result.ids.tolist()
    people: list[dict[str, Any]] = [
        {"person_id": [track_id], "pose_keypoints_2d": numbers} | {key: [] for key in _OTHER_MODELS}
        for track_id, numbers in zip(ids, rows, strict=True)
    ]
    return dumps({"version": _VERSION, "people": people}) + b"\n"
