"""A `PoseResult` out of plain JSON values in the layout of `posehub.poses.json`.

Well-formed people are read as whole arrays. Only if that fails, they are checked value by value, to
name the person and the field in the message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any

import numpy as np

from posehub.errors import nearest
from posehub.poses.checks import Float32Array
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import BUILTIN

_LARGEST = float(str(np.finfo(np.float32).max))  # its shortest decimal is a little above it


def fields_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the `PoseResult` that `to_dict` wrote.

    Raises:
        ValueError: `data` is not of the layout; the message names the person and the field.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"a result must be a JSON object, got {type(data).__name__}")
    skeleton = _skeleton(_take(data, "skeleton", "result"))
    people = _take(data, "people", "result")
    if not isinstance(people, list):
        raise ValueError(f"people must be a list, got {type(people).__name__}")
    has_3d = data.get("dimensions") == 3
    try:
        arrays = _arrays(people, skeleton, has_3d)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        _check_people(people, skeleton, has_3d)
        raise
    request_id = data.get("request_id")
    return {
        **arrays,
        "skeleton": skeleton,
        "image_size": _size(data.get("image_size")),
        "backend": _text(data.get("backend", ""), "backend"),
        "request_id": None if request_id is None else _text(request_id, "request_id"),
        "raw": data.get("raw"),
        "ids": _ids(data.get("ids")),
    }


def _arrays(people: list[Any], skeleton: Skeleton, has_3d: bool) -> dict[str, Any]:
    """Return the arrays of well-formed people; raise any error if a person is malformed."""
    count, points = len(people), len(skeleton)
    boxes = _table([[*_list(person["box"]), person.get("score")] for person in people], 5)
    keypoints = np.full((count, points, 2), np.nan, np.float32)
    scores = np.zeros((count, points), np.float32)
    named = [person["keypoints"] for person in people]
    table = _table([[p["x"], p["y"], p.get("score")] for n in named for p in n.values()], 3)
    where = _positions(named, skeleton)
    keypoints[where], scores[where] = table[:, :2], table[:, 2]
    arrays = {
        "keypoints": keypoints,
        "scores": scores,
        "boxes": boxes[:, :4],
        "box_scores": boxes[:, 4],
    }
    if has_3d:
        named = [person["keypoints_3d"] for person in people]
        table = _table([_list(xyz) for n in named for xyz in n.values()], 3)
        arrays["keypoints_3d"] = np.full((count, points, 3), np.nan, np.float32)
        arrays["keypoints_3d"][_positions(named, skeleton)] = table
    return arrays


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _positions(named: list[Any], skeleton: Skeleton) -> tuple[Any, list[int]]:
    """Return person and column of each named keypoint, to index arrays with."""
    people = np.repeat(np.arange(len(named)), [len(keypoints) for keypoints in named])
    return people, [skeleton.index(name) for keypoints in named for name in keypoints]


def _table(rows: Sequence[Sequence[Any]], width: int) -> Float32Array:
    """Return rows of numbers as an array (rows, `width`); None becomes NaN."""
    values = list(chain.from_iterable(rows))
    kinds = {*map(type, values)} - {float, int, NoneType}
    if any(kind is bool or not issubclass(kind, (float, int)) for kind in kinds):
        raise TypeError
    if {*map(len, rows)} - {width}:
        raise ValueError
    array = np.array(values, np.float64)
    if (np.abs(array) > _LARGEST).any():
        raise OverflowError
    return array.astype(np.float32).reshape(len(rows), width)


def _check_people(people: list[Any], skeleton: Skeleton, has_3d: bool) -> None:
    """Raise a ValueError that names the first malformed person and field."""
    for row, person in enumerate(people):
        where = f"people[{row}]"
        _check_list(_take(person, "box", where), 4, f"{where}.box")
        _check_number(person.get("score"), f"{where}.score")
        for at, point in _points(person, "keypoints", where, skeleton):
            for key in ("x", "y"):
                _check_number(_take(point, key, at), at)
            _check_number(point.get("score"), at)
        if has_3d:
            for at, point in _points(person, "keypoints_3d", where, skeleton):
                _check_list(point, 3, at)


def _points(
    person: Mapping[str, Any], field: str, where: str, skeleton: Skeleton
) -> Iterator[tuple[str, Any]]:
    """Yield the values of the named keypoints in a field of a person, each with its path."""
    points = _take(person, field, where)
    if not isinstance(points, Mapping):
        raise ValueError(f"{where}.{field} must be an object, got {type(points).__name__}")
    for name, point in points.items():
        at = f"{where}.{field}[{name!r}]"
        try:
            skeleton.index(name)
        except KeyError as error:
            raise ValueError(f"{at}: {error.args[0]}") from None
        yield at, point


def _check_list(values: Any, length: int, where: str) -> None:
    if not isinstance(values, list) or len(values) != length:
        raise ValueError(f"{where} must be a list of {length} numbers, got {values!r}")
    for value in values:
        _check_number(value, where)


def _check_number(value: Any, where: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{where} must be a number or null, got {value!r}")
    if abs(value) > _LARGEST:
        raise ValueError(f"{where} must be a number that float32 can hold, got {value!r}")


def _take(data: Any, key: str, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} must be an object, got {type(data).__name__}")
    if key not in data:
        raise ValueError(f"{where} has no {key!r}")
    return data[key]


def _skeleton(value: Any) -> Skeleton:
    if isinstance(value, Mapping):
        try:
            return Skeleton(**value)
        except TypeError as error:
            raise ValueError(f"skeleton is malformed: {error}") from error
    if isinstance(value, str) and value in BUILTIN:
        return BUILTIN[value]
    raise ValueError(f"skeleton {value!r} is unknown.{nearest(str(value), BUILTIN)}")


def _size(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or [type(side) for side in value] != [int, int]:
        raise ValueError(f"image_size must be a list of 2 integers or null, got {value!r}")
    if not all(0 <= side < 2**31 for side in value):
        raise ValueError(f"image_size must be of sides from 0 to 2**31 - 1, got {value!r:.60}")
    return value[0], value[1]


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} must be a string, got {value!r}")
    return value


def _ids(value: Any) -> list[int] | None:
    if value is not None and (not isinstance(value, list) or {*map(type, value)} - {int}):
        raise ValueError(f"ids must be a list of integers or null, got {value!r}")
    return value
