"""Strict JSON text, and a `PoseResult` as plain JSON values; `posehub.poses.parsing` reads them.

Layout: `skeleton` (the name of a built-in skeleton, or the whole skeleton of a plugin),
`image_size`, `backend`, `request_id`, `dimensions` (3 if there are 3-D keypoints, else 2), `ids`
(only if there are ids), `people` and `raw`. A person has `box` ([x1, y1, x2, y2]), `score` and
`keypoints`: name -> {x, y, score} of the reported keypoints; `keypoints_3d`: name -> [x, y, z].
null stands for NaN. Nothing is lost.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import numpy as np
import orjson

from posehub.poses.checks import Float32Array
from posehub.poses.skeletons import BUILTIN

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
# Integers of more than 64 bits, which orjson would read as floats, have at least so many digits.
_LONG, _LONG_NEGATIVE = b"0" * 20, b"-" + b"0" * 19


def dumps(value: Any) -> bytes:
    """Return a value as one line of strict JSON, in UTF-8 and without spaces.

    Arrays and numbers of NumPy become JSON arrays and numbers, NaN and infinities become null.

    Raises:
        ValueError: JSON cannot express the value, or it is nested too deeply.
    """
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:
        pass  # an integer of more than 64 bits, a lone surrogate, a number as key, or 255 levels
    try:
        text = json.dumps(value, default=_plain)
        finite = json.loads(text, parse_constant=lambda name: None)
        return json.dumps(finite, separators=(",", ":")).encode()
    except RecursionError:
        raise ValueError("cannot be written as JSON: nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot be written as JSON: {error}") from error


def loads(text: str | bytes) -> Any:
    """Return the value of strict JSON; integers of any size are exact.

    Raises:
        ValueError: `text` is invalid JSON, or is nested too deeply.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else bytes(text)
    zeros = data.translate(_DIGITS_TO_ZERO)
    if _LONG not in zeros and _LONG_NEGATIVE not in zeros:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass  # invalid, or a case that only the standard library reads, as in `dumps`
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("invalid JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"invalid JSON: {error}") from error


def _plain(value: Any) -> Any:
    """Return an array or number of NumPy as Python's own types."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a JSON type")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


def to_dict(result: PoseResult) -> dict[str, Any]:
    """Return `result` in the layout above.

    Each number has the shortest decimal that reads back as the same float32.
    """
    skeleton = result.skeleton
    builtin = BUILTIN.get(skeleton.name) == skeleton
    return {
        "skeleton": skeleton.name if builtin else attrs.asdict(skeleton),
        "image_size": None if result.image_size is None else list(result.image_size),
        "backend": result.backend,
        "request_id": result.request_id,
        "dimensions": 2 if result.keypoints_3d is None else 3,
        **({} if result.ids is None else {"ids": result.ids.tolist()}),
        "people": _people(result),
        "raw": result.raw,
    }


def _people(result: PoseResult) -> list[dict[str, Any]]:
    names = result.skeleton.keypoints
    arrays = [result.boxes, result.box_scores, result.keypoints, result.scores]
    people = [
        {
            "box": box,
            "score": box_score,
            "keypoints": {
                name: {"x": x, "y": y, "score": score}
                for name, (x, y), score in zip(names, points, scores, strict=True)
                if x is not None
            },
        }
        for box, box_score, points, scores in zip(*short_numbers(arrays), strict=True)
    ]
    if result.keypoints_3d is not None:
        (all_points_3d,) = short_numbers([result.keypoints_3d])
        for person, points_3d in zip(people, all_points_3d, strict=True):
            person["keypoints_3d"] = dict(zip(names, points_3d, strict=True))
    return people


def short_numbers(arrays: list[Float32Array]) -> Any:
    """Return float32 arrays as lists of floats with the shortest decimals; None stands for NaN."""
    text = orjson.dumps(arrays, default=np.ascontiguousarray, option=orjson.OPT_SERIALIZE_NUMPY)
    # The shortest decimal of this one float32 reads back as its neighbour, because readers round it
    # to a double first. One more digit corrects it.
    return orjson.loads(text.replace(b"7.038531e-26", b"7.0385307e-26"))
