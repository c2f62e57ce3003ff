"""OpenPose's JSON output, one file for each image, as its documentation describes it
(github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md).

`people`, each with `pose_keypoints_2d`: x, y, c of each keypoint, zeros where it was not found; and
`person_id`: a list of one number, -1 without tracking. Files before version 1.3 call the field
`pose_keypoints`, and so on. The file does not name the body model; OpenPose's default since 1.4 is
BODY_25. Hands and faces have fields of their own, which belong to `openpose_body137` here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.formats import fields
from posehub.formats.folder import read_files, write_files
from posehub.formats.notes import Notes
from posehub.poses.json import dumps, loads, short_numbers
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import OPENPOSE_BODY25, OPENPOSE_BODY137

_ENDING = "_keypoints.json"
_VERSION = 1.3
_NOT_TRACKED = -1
_BODY = "pose_keypoints_2d"
_PARTS = {"hand_left_keypoints_2d": 21, "hand_right_keypoints_2d": 21, "face_keypoints_2d": 70}
"""Field -> number of keypoints, in the order of `openpose_body137` after the body."""
_NOT_WRITTEN = (
    "pose_keypoints_3d",
    "face_keypoints_3d",
    "hand_left_keypoints_3d",
    "hand_right_keypoints_3d",
)
_MODELS = {15: "openpose_mpi15", 18: "openpose_coco18"}  # by number of keypoints


def read(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield a record for each file of a folder, or for the one file.

    A person without the fields of the body, of whom only hands or the face were found, has no
    keypoint reported unless the skeleton has hands and face.

    Args:
        path: of the folder or file.
        skeleton: the body model; None means openpose_body25.
        notes: gets people that are skipped, and hands and faces that are not read.
    """
    model = skeleton or OPENPOSE_BODY25
    return read_files(path, _ENDING, partial(_decode, skeleton=model, notes=notes, path=path))


def _decode(data: bytes, skeleton: Skeleton, notes: Notes, path: Path) -> PoseResult:
    people = fields.take(loads(data), "people")
    if not isinstance(people, list):
        raise ValueError(f"people must be a list, got {fields.shown(people)}")
    rows: list[NDArray[np.float64]] = []
    ids: list[int] = []
    first: ValueError | None = None
    for index, person in enumerate(people):
        where = f"{path}: people[{index}]"
        try:
            points = _points(person, skeleton)
        except ValueError as error:
            first = first or ValueError(f"people[{index}]: {error} (skeleton {skeleton.name})")
            notes.add("people skipped", where, error)
            continue
        if skeleton != OPENPOSE_BODY137 and any(_numbers_of(person, key) for key in _PARTS):
            why = f"has hands or a face; for them name the skeleton {OPENPOSE_BODY137.name}"
            notes.add("people whose hands and faces are not read", where, why)
        rows.append(points)
        ids.append(_track_id(person))
    if first is not None and not rows:
        raise first
    return _result(np.array(rows).reshape(-1, len(skeleton), 3), ids, skeleton)


def _points(person: Any, skeleton: Skeleton) -> NDArray[np.float64]:
    """Return x, y and confidence of a person's keypoints, (K, 3), zeros where there are none.

    Raises:
        ValueError: a field has another number of values, or there is none.
    """
    if not isinstance(person, dict):
        raise ValueError(f"must be an object, got {fields.shown(person)}")
    names = (_BODY, *_PARTS)
    if not any(key in person for name in names for key in (name, name.removesuffix("_2d"))):
        raise ValueError(f"has no {_BODY!r}")
    if skeleton != OPENPOSE_BODY137:
        points = _part(person, _BODY, len(skeleton))
    else:
        parts = {_BODY: len(OPENPOSE_BODY25), **_PARTS}
        points = np.concatenate([_part(person, name, count) for name, count in parts.items()])
    if (points[:, 2] < 0).any():
        raise ValueError(f"{_BODY} has a negative confidence")
    return points


def _numbers_of(person: dict[str, Any], name: str) -> Any:
    return person.get(name) or person.get(name.removesuffix("_2d"))


def _part(person: dict[str, Any], name: str, count: int) -> NDArray[np.float64]:
    values = _numbers_of(person, name)
    if not values:
        return np.zeros((count, 3))
    try:
        return fields.numbers_or_zero({name: values}, name, 3 * count).reshape(count, 3)
    except ValueError as error:
        model = _MODELS.get(len(values) // 3) if isinstance(values, list) else None
        if model is None or name != _BODY or len(values) % 3:
            raise
        raise ValueError(f"{error}; so many has the skeleton {model}: name it") from None


def _result(points: NDArray[np.float64], ids: list[int], skeleton: Skeleton) -> PoseResult:
    missing = (points[..., :2] == 0).all(axis=2)
    points[missing, :2] = np.nan
    return PoseResult(
        keypoints=points[..., :2],
        # peaks of heat maps, which may exceed 1 a little
        scores=np.where(missing, 0, np.minimum(points[..., 2], 1)),
        boxes=np.full((len(points), 4), np.nan),
        box_scores=np.full(len(points), np.nan),
        skeleton=skeleton,
        ids=ids if ids and _NOT_TRACKED not in ids else None,
    )


def _track_id(person: dict[str, Any]) -> int:
    """Return a person's id; older files have none, and some tools write other values."""
    value = person.get("person_id")
    if isinstance(value, list) and [type(number) for number in value] == [int]:
        return int(value[0]) if abs(value[0]) < 2**63 else _NOT_TRACKED
    return _NOT_TRACKED


def write(records: Iterable[Record], path: Path) -> None:
    """Write a folder with a file for each image, or one file if `path` ends in ".json"."""
    write_files(records, path, _ENDING, _encode)


def _encode(result: PoseResult) -> bytes:
    if result.skeleton.name not in (OPENPOSE_BODY25.name, OPENPOSE_BODY137.name):
        raise ValueError(
            f"is on the skeleton {result.skeleton.name!r}, and OpenPose's tools expect "
            f"{OPENPOSE_BODY25.name} in every file; convert it with "
            f"result.to({OPENPOSE_BODY25.name!r})"
        )
    scores = np.nan_to_num(result.scores, nan=1.0)[..., None]
    points = np.nan_to_num(np.concatenate([result.keypoints, scores], axis=2))
    (rows,) = short_numbers([points.reshape(len(result), 3 * len(result.skeleton))])
    ids = [_NOT_TRACKED] * len(result) if result.ids is None else result.ids.tolist()
    people = [
        {"person_id": [track_id], **_fields(numbers), **{key: [] for key in _NOT_WRITTEN}}
        for track_id, numbers in zip(ids, rows, strict=True)
    ]
    return dumps({"version": _VERSION, "people": people}) + b"\n"


def _fields(numbers: list[float]) -> dict[str, list[float]]:
    """Return a person's numbers by field; a part that was not found at all is empty."""
    found = {_BODY: numbers[: 3 * len(OPENPOSE_BODY25)]}
    start = 3 * len(OPENPOSE_BODY25)
    for name, count in _PARTS.items():
        part = numbers[start : start + 3 * count]
        found[name] = part if any(part) else []
        start += 3 * count
    return found
