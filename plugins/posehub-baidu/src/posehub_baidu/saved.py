"""Saved responses of the service as a file format: reading them, and writing results like them."""

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
    """Yield a record for each saved response in a folder, or for one file."""
    return read_files(path, _ENDING, decode_response)


def write(records: Iterable[Record], path: Path) -> None:
    """Write a folder of responses, or one file if `path` ends in ".json"."""
    write_files(records, path, _ENDING, _encoded)


def _encoded(result: PoseResult) -> bytes:
    return json.dumps(encode_response(result), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def decode_response(data: bytes) -> PoseResult:
    """Return the people in a saved response. The size of the image is unknown.

    Raises:
        PosehubError: `data` is not a response, or is an error response.
    """
    return decode(HttpResponse(200, {}, data), image_size=None, sent_size=None)


def encode_response(result: PoseResult) -> Mapping[str, Any]:
    """Return `result` in the form of a response.

    Raises:
        ValueError: the result has another skeleton, or a person lacks a valid box.
    """
    if result.skeleton != BAIDU21:
        raise ValueError(
            f"has the skeleton {result.skeleton.name!r}, and Baidu's responses have "
            f"{BAIDU21.name!r}; convert it with result.to({BAIDU21.name!r})"
        )
    for person in range(len(result)):
        box = result.boxes[person]
        if np.isnan(box).any():
            raise ValueError(f"person {person} has no box, and Baidu's format requires one")
        if (box[2:] < box[:2]).any():
            raise ValueError(f"person {person} has a box of negative width or height")
    response: dict[str, Any] = {
        "person_num": len(result),
        "person_info": [_person(result, person) for person in range(len(result))],
    }
    if result.request_id is not None:
        response["log_id"] = result.request_id
    return response


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
