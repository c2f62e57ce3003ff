"""Decoding a response of the service into a `PoseResult`; every value is checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from posehub import PoseResult
from posehub.backends.transport import HttpResponse
from posehub.cloud.status import error_of_status
from posehub.errors import InvalidResponseError, PosehubError
from posehub.poses.skeletons import BAIDU21
from posehub_baidu.faults import fault, is_fault, shown

Array = NDArray[np.float64]

_COLUMNS = {name: column for column, name in enumerate(BAIDU21.keypoints)}
_NUMBERS = {int, float}
_NAN = math.nan
_LARGEST = 1e7  # pixels; no image is that large, and float32 can hold it


def decode(
    response: HttpResponse,
    image_size: tuple[int, int] | None,
    sent_size: tuple[int, int] | None,
) -> PoseResult:
    """Return the people in a response.

    Coordinates are taken as posehub's own: x = 0 is the left edge of the first pixel (see
    docs/baidu.md).

    Args:
        response: response of the service.
        image_size: (width, height) of the upright original, or None if unknown. The result is in
            its pixels.
        sent_size: (width, height) of the image that was sent, or None if unknown.

    Raises:
        InvalidResponseError: the response does not have the documented form.
        PosehubError: the response is an error; `posehub_baidu.faults` has the table.
    """
    data = parse(response)
    request_id = _request_id(data)
    if is_fault(data):
        raise fault(data, request_id)
    try:
        keypoints, scores, boxes, box_scores = _people(data)
    except InvalidResponseError as error:
        error.request_id = request_id
        raise
    if image_size is not None and sent_size is not None and sent_size != image_size:
        scale = (image_size[0] / sent_size[0], image_size[1] / sent_size[1])
        keypoints *= scale
        boxes *= scale * 2
    try:
        return PoseResult(
            keypoints=keypoints,
            scores=scores,
            boxes=boxes,
            box_scores=box_scores,
            skeleton=BAIDU21,
            image_size=image_size,
            backend="baidu",
            request_id=request_id,
            raw=data,
        )
    except ValueError as error:
        raise InvalidResponseError(
            f"Baidu's response is not a valid result: {error}.", request_id=request_id
        ) from None


def fault_in(response: HttpResponse) -> PosehubError | None:
    """Return the error that a response stands for, or None for a response without an error."""
    # a response without an error is only searched for the word, not parsed a second time
    if response.status == 200 and b'"error_code"' not in response.body:
        return None
    try:
        data = parse(response)
    except PosehubError as error:
        return error
    return fault(data, _request_id(data)) if is_fault(data) else None


def parse(response: HttpResponse) -> dict[str, Any]:
    """Return the JSON object in the body of a response.

    Raises:
        InvalidResponseError: the body is not a JSON object.
        BackendError: the HTTP status is an error, and the body has no error code.
    """
    try:
        data = _JSON.decode(response.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and (response.status == 200 or is_fault(data)):
        return data
    error = error_of_status(response, "Baidu")
    if error is not None:
        raise error
    raise InvalidResponseError(
        f"Baidu's response of {len(response.body)} bytes is not a JSON object; it starts with "
        f"{response.body[:40]!r}. It may come from a proxy or gateway."
    )


def _people(data: Mapping[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Return keypoints (P, 21, 2), scores (P, 21), boxes (P, 4) and box scores (P,), float64.

    The numbers are collected in lists and converted to one array, which is checked at once.
    """
    count = data.get("person_num")
    people = data.get("person_info", [] if count == 0 else None)
    if type(count) is not int or not isinstance(people, list) or count != len(people):
        found = len(people) if isinstance(people, list) else type(people).__name__
        raise InvalidResponseError(
            f"Baidu's person_num is {shown(count)}, its person_info {found}."
        )
    total = count * len(_COLUMNS)
    points: list[float] = [_NAN] * (total * 2)
    boxes: list[float] = []
    scores: list[float] = [0.0] * total
    box_scores: list[float] = []
    row, group = 0, ""
    try:
        for row, person in enumerate(people):
            group = "location"
            box = person[group]
            boxes += (box["left"], box["top"], box["width"], box["height"])
            box_scores.append(box.get("score", _NAN))
            group = "body_parts"
            first = row * len(_COLUMNS)
            for name, part in person[group].items():
                if name in _COLUMNS:
                    index = first + _COLUMNS[name]
                    x, y, score = part["x"], part["y"], part.get("score", _NAN)
                    if x == y == 0 and not score > 0:
                        continue  # older versions of the service write a missing part like this
                    points[2 * index : 2 * index + 2] = x, y
                    scores[index] = score
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidResponseError(
            f"Baidu's response has no valid {group} for person {row} "
            f"({type(error).__name__}: {error}). "
            "If the service has changed its format, please report this to posehub."
        ) from None
    numbers = _as_array(points + boxes + scores + box_scores)
    coordinates, rest = numbers[: len(points)], numbers[len(points) :]
    corners, units = rest[: len(boxes)].reshape(count, 4), rest[len(boxes) :]
    if np.fmin.reduce(corners[:, 2:], axis=None, initial=0.0) < 0:
        raise InvalidResponseError("Baidu's response has a box of negative width or height.")
    corners[:, 2:] += corners[:, :2]
    width = len(_COLUMNS)
    return (
        coordinates.reshape(count, width, 2),
        units[:total].reshape(count, width),
        corners,
        units[total:],
    )


def _as_array(numbers: list[float]) -> Array:
    """Return JSON values as float64.

    Raises:
        InvalidResponseError: a value is not a number, or too large for an image.
    """
    if not set(map(type, numbers)) <= _NUMBERS:
        wrong = next(value for value in numbers if type(value) not in _NUMBERS)
        raise InvalidResponseError(f"Baidu's response has {shown(wrong)} in place of a number.")
    try:
        array = np.array(numbers, np.float64)
    except OverflowError:
        array = np.array([math.inf])
    if np.fmax.reduce(np.abs(array), initial=0.0) > _LARGEST:
        raise InvalidResponseError("Baidu's response has a number that is too large for an image.")
    return array


def _request_id(data: Mapping[str, Any]) -> str | None:
    """Return all digits of `log_id`, which is a number above 2^53 or a text."""
    log_id = data.get("log_id")
    return str(log_id) if type(log_id) in (int, str) else None


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not valid JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
