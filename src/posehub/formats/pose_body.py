"""The body of a .pose file: the frames of a clip, read a few at a time.

Layouts as in docs/specs of github.com/sign-language-processing/pose. After the header come:

- version 0.0: fps and number of frames (uint16); for each frame the number of people (uint16), for
  each person an id (int16) and the points of each component with their confidence (float32);
- version 0.1: fps, number of frames and of people (uint16), then as 0.2. The number of frames
  overflows in long clips, so that the length of the file decides;
- version 0.2: fps (float32), number of frames (uint32) and of people (uint16); the coordinates
  (frames, people, points, dimensions), then the confidences (frames, people, points), float32.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
from attrs import frozen

from posehub.poses.checks import Float32Array

Frame = tuple[Float32Array, Float32Array]
"""Coordinates (people, points, dimensions) and confidences (people, points)."""

_VALUES_AT_A_TIME = 1 << 20
_PERSON_ID = 2  # bytes


@frozen
class Body:
    """Where the frames of a clip are.

    Attributes:
        version: 0.0, 0.1 or 0.2.
        fps: frames per second.
        frames: their number.
        people: places for people in each frame; 0 in version 0.0, where frames differ.
        start: of the frames, in bytes.
    """

    version: float
    fps: float
    frames: int
    people: int
    start: int


def read_body(file: IO[bytes], version: float, shapes: Sequence[tuple[int, int]]) -> Body:
    """Return where the frames are.

    Args:
        file: the clip, at the end of the header.
        version: of the format.
        shapes: number of points and of their values, of each component.

    Raises:
        ValueError: the version is unknown, or the file is shorter than it claims.
    """
    known = {0.0: "<HH", 0.1: "<HHH", 0.2: "<fIH"}
    version = round(version, 3)
    if version not in known:
        raise ValueError(f"is of version {version:g}; known are 0.0, 0.1 and 0.2")
    layout = struct.Struct(known[version])
    values = file.read(layout.size)
    if len(values) < layout.size:
        raise ValueError("ends within its header: the file is cut off")
    fps, frames, *people = layout.unpack(values)
    start = file.tell()
    left = file.seek(0, 2) - start
    if version == 0.0:
        return Body(version, fps, frames, 0, start)
    in_frame = 4 * people[0] * sum(points * size for points, size in shapes)
    if version == 0.1 and in_frame:
        # the number of frames is 16 bits: it is what is missing above them
        frames = max(frames, left // in_frame // 65536 * 65536 + frames)
    if frames * in_frame > left or frames > start + left:
        raise ValueError(
            f"claims {frames} frames of {people[0]} people, and has {left} bytes for them: the "
            "file is cut off or damaged"
        )
    return Body(version, fps, frames, people[0], start)


def frames_of(file: IO[bytes], body: Body, shapes: Sequence[tuple[int, int]]) -> Iterator[Frame]:
    """Yield each frame.

    Raises:
        ValueError: the file ends within a frame.
    """
    if body.version == 0.0:
        return _frames_of_0_0(file, body, shapes)
    return _frames(file, body, shapes)


def _frames(file: IO[bytes], body: Body, shapes: Sequence[tuple[int, int]]) -> Iterator[Frame]:
    points = sum(count for count, _ in shapes)
    dimensions = shapes[0][1] - 1 if shapes else 0
    row = body.people * points
    scores_at = body.start + 4 * body.frames * row * dimensions
    step = max(1, _VALUES_AT_A_TIME // max(1, row * (dimensions + 1)))
    for first in range(0, body.frames, step):
        count = min(step, body.frames - first)
        places = _numbers(file, body.start + 4 * first * row * dimensions, count * row * dimensions)
        scores = _numbers(file, scores_at + 4 * first * row, count * row)
        yield from zip(
            places.reshape(count, body.people, points, dimensions),
            scores.reshape(count, body.people, points),
            strict=True,
        )


def _numbers(file: IO[bytes], start: int, count: int) -> Float32Array:
    file.seek(start)
    data = file.read(4 * count)
    if len(data) < 4 * count:
        raise ValueError("the file is cut off")
    return np.frombuffer(data, "<f4").astype(np.float32)


def _frames_of_0_0(
    file: IO[bytes], body: Body, shapes: Sequence[tuple[int, int]]
) -> Iterator[Frame]:
    dimensions = shapes[0][1] - 1 if shapes else 0
    length = sum(count * size for count, size in shapes)
    file.seek(body.start)
    for _ in range(body.frames):
        head = file.read(2)
        if len(head) < 2:
            raise ValueError("the file is cut off")
        (people,) = struct.unpack("<H", head)
        places, scores = [], []
        for _ in range(people):
            file.seek(_PERSON_ID, 1)
            values = _numbers(file, file.tell(), length)
            parts, at = [], 0
            for count, size in shapes:
                parts.append(values[at : at + count * size].reshape(count, size))
                at += count * size
            points = np.concatenate(parts)
            places.append(points[:, :dimensions])
            scores.append(points[:, -1])
        points_of_all = sum(count for count, _ in shapes)
        yield (
            np.array(places, np.float32).reshape(people, points_of_all, dimensions),
            np.array(scores, np.float32).reshape(people, points_of_all),
        )
