"""A `PoseResult` as plain JSON values and back, without loss.

Layout: `skeleton` (a built-in skeleton's name, or the whole skeleton of a plugin), `image_size`,
`backend`, `request_id`, `raw`, `dimensions` (3 if there are 3-D keypoints, else 2) and `people`.
A person has `box` ([x1, y1, x2, y2]), `score` and `keypoints`: name -> {x, y, score} of the
reported points, `keypoints_3d`: name -> [x, y, z]. null stands for NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from posehub.errors import nearest
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import BUILTIN

_LARGEST = float(np.finfo(np.float32).max)


def to_dict(result: PoseResult) -> dict[str, Any]:
    """Return `result` in the layout above; floats are exact, so that nothing is lost."""
    skeleton = result.skeleton
    builtin = BUILTIN.get(skeleton.name) == skeleton
    return {
        "skeleton": skeleton.name if builtin else attrs.asdict(skeleton),
        "image_size": None if result.image_size is None else list(result.image_size),
        "backend": result.backend,
        "request_id": result.request_id,
        "dimensions": 2 if result.keypoints_3d is None else 3,
        "people": [_person_to_dict(result, index) for index in range(len(result))],
        "raw": result.raw,
    }


def _person_to_dict(result: PoseResult, index: int) -> dict[str, Any]:
    names = result.skeleton.keypoints
    points = result.keypoints[index].tolist()
    scores = result.scores[index].tolist()
    person: dict[str, Any] = {
        "box": [_null(value) for value in result.boxes[index].tolist()],
        "score": _null(float(result.box_scores[index])),
        "keypoints": {
            name: {"x": x, "y": y, "score": _null(score)}
            for name, (x, y), score in zip(names, points, scores, strict=True)
            if not math.isnan(x)
        },
    }
    if result.keypoints_3d is not None:
        person["keypoints_3d"] = {
            name: [_null(value) for value in xyz]
            for name, xyz in zip(names, result.keypoints_3d[index].tolist(), strict=True)
        }
    return person


def from_dict(data: Mapping[str, Any]) -> PoseResult:
    """Return the result `to_dict` wrote.

    Raises:
        ValueError: `data` is not of the layout above; names the person and the field.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a result must be a JSON object, got {type(data).__name__}")
    skeleton = _skeleton(_take(data, "skeleton", "result"))
    people = _take(data, "people", "result")
    if not isinstance(people, list):
        raise ValueError(f"people must be a list, got {type(people).__name__}")
    count, points = len(people), len(skeleton)
    keypoints = np.full((count, points, 2), np.nan, np.float32)
    scores = np.zeros((count, points), np.float32)
    boxes = np.full((count, 4), np.nan, np.float32)
    box_scores = np.full(count, np.nan, np.float32)
    has_3d = data.get("dimensions") == 3
    keypoints_3d = np.full((count, points, 3), np.nan, np.float32) if has_3d else None
    for row, person in enumerate(people):
        where = f"people[{row}]"
        boxes[row] = _floats(_take(person, "box", where), 4, f"{where}.box")
        box_scores[row] = _float(person.get("score"), f"{where}.score")
        for name, point in _items(_take(person, "keypoints", where), f"{where}.keypoints"):
            spot = f"{where}.keypoints[{name!r}]"
            column = _column(skeleton, name, spot)
            keypoints[row, column] = [_float(_take(point, key, spot), spot) for key in "xy"]
            scores[row, column] = _float(point.get("score"), spot)
        if keypoints_3d is not None:
            where_3d = f"{where}.keypoints_3d"
            for name, xyz in _items(_take(person, "keypoints_3d", where), where_3d):
                spot = f"{where_3d}[{name!r}]"
                keypoints_3d[row, _column(skeleton, name, spot)] = _floats(xyz, 3, spot)
    request_id = data.get("request_id")
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=boxes,
        box_scores=box_scores,
        skeleton=skeleton,
        image_size=_size(data.get("image_size")),
        backend=_text(data.get("backend", ""), "backend"),
        request_id=None if request_id is None else _text(request_id, "request_id"),
        raw=data.get("raw"),
        keypoints_3d=keypoints_3d,
    )


def _skeleton(value: Any) -> Skeleton:
    if isinstance(value, Mapping):
        try:
            return Skeleton(**value)
        except TypeError as error:
            raise ValueError(f"skeleton is not one: {error}") from error
    if isinstance(value, str) and value in BUILTIN:
        return BUILTIN[value]
    raise ValueError(f"skeleton {value!r} is unknown.{nearest(str(value), BUILTIN)}")


def _null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _take(data: Any, key: str, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} must be an object, got {type(data).__name__}")
    if key not in data:
        raise ValueError(f"{where} has no {key!r}")
    return data[key]


def _items(data: Any, where: str) -> Sequence[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} must be an object, got {type(data).__name__}")
    return list(data.items())


def _size(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or [type(side) for side in value] != [int, int]:
        raise ValueError(f"image_size must be a list of 2 whole numbers or null, got {value!r}")
    return value[0], value[1]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} must be a text, got {value!r}")
    return value


def _float(value: Any, where: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{where} must be a number or null, got {value!r}")
    if abs(value) > _LARGEST:
        raise ValueError(f"{where} must be a number that float32 holds, got {value!r}")
    return float(value)


def _floats(values: Any, length: int, where: str) -> list[float]:
    if not isinstance(values, list) or len(values) != length:
        raise ValueError(f"{where} must be a list of {length} numbers, got {values!r}")
    return [_float(value, where) for value in values]


def _column(skeleton: Skeleton, name: str, where: str) -> int:
    try:
        return skeleton.index(name)
    except KeyError as error:
        raise ValueError(f"{where}: {error.args[0]}") from None
