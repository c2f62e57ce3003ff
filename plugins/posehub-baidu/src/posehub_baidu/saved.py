"""Replies of the service, saved as files: read back, and made of any result with its keypoints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posehub import PoseResult, Record
from posehub.backends.transport import HttpResponse
from posehub.formats.folder import read_files, write_files
from posehub.poses.skeletons import BAIDU21
from posehub_baidu.decode import decode

_ENDING = ".json"


def read(path: Path) -> Iterator[Record]:
    """Yield a record for each saved response of a folder, or for the one file."""
    return read_files(path, _ENDING, decode_reply)


def write(records: Iterable[Record], path: Path) -> None:
    """Write a folder of responses, or one file if `path` ends in ".json"."""
    write_files(records, path, _ENDING, _encoded)


def _encoded(result: PoseResult) -> bytes:
    return json.dumps(encode_reply(result), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def decode_reply(data: bytes) -> PoseResult:
    """Return the people in a saved reply; it does not say how large the picture was.

    Raises:
        PosehubError: it is no reply, or an error.
    """
    return decode(HttpResponse(200, {}, data), image_size=None, sent_size=None)


def encode_reply(result: PoseResult) -> Mapping[str, Any]:
    """Return `result` as the service would have replied.

    Raises:
        ValueError: the result is on another skeleton, or a person lacks what every reply has.
    """
    if result.skeleton != BAIDU21:
        raise ValueError(
            f"is on the skeleton {result.skeleton.name!r}, and Baidu's replies are on "
            f"{BAIDU21.name!r}; convert it with result.to({BAIDU21.name!r})"
        )
    for person in range(len(result)):
        box = result.boxes[person]
        if np.isnan(box).any():
            raise ValueError(f"person {person} has no box, and in Baidu's replies everybody has")
        if (box[2:] < box[:2]).any():
            raise ValueError(f"person {person} has a box of negative width or height")
    reply: dict[str, Any] = {
        "person_num": len(result),
        "person_info": [_person(result, person) for person in range(len(result))],
    }
    if result.request_id is not None:
        reply["log_id"] = result.request_id
    return reply


def _person(result: PoseResult, row: int) -> dict[str, Any]:
    left, top, right, bottom = result.boxes[row].tolist()
    location = {"left": left, "top": top, "width": right - left, "height": bottom - top}
    parts = {
        point.name: _scored({"x": point.x, "y": point.y}, point.score)
        for point in result[row].keypoints.values()
    }
    return {"body_parts": parts, "location": _scored(location, result[row].score)}


def _scored(values: dict[str, float], score: float) -> dict[str, float]:
    return values if np.isnan(score) else values | {"score": score}
