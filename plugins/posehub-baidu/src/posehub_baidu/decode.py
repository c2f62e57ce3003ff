"""From the service's reply to a `PoseResult`, believing nothing that was not checked."""

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
from posehub_baidu.faults import fault, shown

Array = NDArray[np.float64]

_COLUMNS = {name: column for column, name in enumerate(BAIDU21.keypoints)}
_NUMBERS = {int, float}
_NAN = math.nan
_LARGEST = 1e7  # pixels; no picture is that large, and float32 holds it


def decode(
    response: HttpResponse,
    image_size: tuple[int, int] | None,
    sent_size: tuple[int, int] | None,
) -> PoseResult:
    """Return the people in a reply.

    Args:
        response: of the service.
        image_size: (width, height) of the upright original, in whose pixels the result is, or
            None if nobody knows.
        sent_size: (width, height) of the picture the service saw, or None if nobody knows.

    Raises:
        InvalidResponseError: the reply is not of the documented shape.
        PosehubError: the reply is an error; which, `posehub_baidu.faults` says.
    """
    reply = parse(response)
    request_id = _request_id(reply)
    if "error_code" in reply:
        raise fault(reply, request_id)
    try:
        keypoints, scores, boxes, box_scores = _people(reply)
    except InvalidResponseError as error:
        error.request_id = request_id
        raise
    if image_size is not None and sent_size is not None and sent_size != image_size:
        scale = (image_size[0] / sent_size[0], image_size[1] / sent_size[1])
        keypoints *= scale
        boxes *= scale * 2
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=boxes,
        box_scores=box_scores,
        skeleton=BAIDU21,
        image_size=image_size,
        backend="baidu",
        request_id=request_id,
        raw=reply,
    )


def fault_in(response: HttpResponse) -> PosehubError | None:
    """Return the error that a response stands for, or None for one with people or nobody."""
    # a good response is searched for the word only, not parsed a second time
    if response.status == 200 and b'"error_code"' not in response.body:
        return None
    try:
        reply = parse(response)
    except PosehubError as error:
        return error
    return fault(reply, _request_id(reply)) if "error_code" in reply else None


def parse(response: HttpResponse) -> dict[str, Any]:
    """Return the JSON object of a reply.

    Raises:
        InvalidResponseError: it holds none.
        BackendError: it holds none, and its HTTP status says why.
    """
    try:
        reply = _JSON.decode(response.body.decode())
    except (ValueError, RecursionError):
        reply = None
    if isinstance(reply, dict) and (response.status == 200 or "error_code" in reply):
        return reply
    error = error_of_status(response, "Baidu")
    if error is not None:
        raise error
    raise InvalidResponseError(
        f"Baidu answered with {len(response.body)} bytes that are no JSON object, starting "
        f"{response.body[:40]!r}. A proxy or gateway may have answered in its place."
    )


def _people(reply: Mapping[str, Any]) -> tuple[Array, Array, Array, Array]:
    """Return keypoints (P, 21, 2), scores (P, 21), boxes (P, 4) and box scores (P,), float64.

    Numbers are gathered in plain lists and made into one array, which is checked as a whole.
    """
    count = reply.get("person_num")
    people = reply.get("person_info", [] if count == 0 else None)
    if type(count) is not int or not isinstance(people, list) or count != len(people):
        found = len(people) if isinstance(people, list) else type(people).__name__
        raise InvalidResponseError(
            f"Baidu's person_num is {shown(count)}, its person_info {found}."
        )
    spots = count * len(_COLUMNS)
    points: list[float] = [_NAN] * (spots * 2)
    boxes: list[float] = []
    scores: list[float] = [0.0] * spots
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
                    spot = first + _COLUMNS[name]
                    points[2 * spot] = part["x"]
                    points[2 * spot + 1] = part["y"]
                    scores[spot] = part.get("score", _NAN)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidResponseError(
            f"Baidu's reply has no usable {group} for person {row} "
            f"({type(error).__name__}: {error}). "
            "If the service has changed its format, please report it to posehub."
        ) from None
    numbers = _as_array(points + boxes + scores + box_scores)
    places, rest = numbers[: len(points)], numbers[len(points) :]
    corners, units = rest[: len(boxes)].reshape(count, 4), rest[len(boxes) :]
    if np.fmin.reduce(corners[:, 2:], axis=None, initial=0.0) < 0:
        raise InvalidResponseError("Baidu's reply has a box of negative width or height.")
    corners[:, 2:] += corners[:, :2]
    # scores are peaks of heat maps, which may pass 1 by a little
    np.minimum(np.maximum(units, 0.0, out=units), 1.0, out=units)
    width = len(_COLUMNS)
    return (
        places.reshape(count, width, 2),
        units[:spots].reshape(count, width),
        corners,
        units[spots:],
    )


def _as_array(numbers: list[float]) -> Array:
    """Return JSON values as float64, refusing whatever is no number of a picture's magnitude."""
    if not set(map(type, numbers)) <= _NUMBERS:
        wrong = next(value for value in numbers if type(value) not in _NUMBERS)
        raise InvalidResponseError(f"Baidu's reply has {shown(wrong)} where a number belongs.")
    try:
        array = np.array(numbers, np.float64)
    except OverflowError:
        array = np.array([math.inf])
    if np.fmax.reduce(np.abs(array), initial=0.0) > _LARGEST:
        raise InvalidResponseError("Baidu's reply has a number no picture could hold.")
    return array


def _request_id(reply: Mapping[str, Any]) -> str | None:
    """Return `log_id` digit by digit; it is a number above 2^53, or text."""
    log_id = reply.get("log_id")
    return str(log_id) if type(log_id) in (int, str) else None


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
