"""The texts of a drawing and the points they belong to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from attrs import frozen

from posehub.drawing.labels import Label
from posehub.poses.result import PoseResult

_TAG_SHARE, _LEAST_TAG = 1 / 55, 10.0
"""Letter height of ids and scores: share of the image's longer side, and pixels."""
_NAME_SHARE, _LEAST_NAME = 1 / 32, 9.0
"""Letter height of keypoint names: share of the person, and pixels."""
_LARGEST_NAME = 0.8
"""Letter height of keypoint names, at most this share of the tags' height."""
_TAG_DISTANCE, _NAME_DISTANCE = 3.0, 2.2
"""From the keypoint to the text, in line widths."""


@frozen
class Show:
    """What is drawn besides links and keypoints.

    Attributes:
        names: the keypoints' names.
        scores: each person's score, and each named keypoint's.
        boxes: the bounding boxes.
        ids: each person's id, or the index in a result without ids.
    """

    names: bool = False
    scores: bool = False
    boxes: bool = False
    ids: bool = False


def labels_of(
    result: PoseResult, row: int, extent: float, width: float, size: tuple[int, int], show: Show
) -> Iterator[Label]:
    """Yield the labels of one person, not placed yet.

    Args:
        result: the people.
        row: the person.
        extent: of the person, in pixels.
        width: of the person's lines, in pixels.
        size: (width, height) of the image.
        show: which labels are written.
    """
    letter = max(_LEAST_TAG, max(size) * _TAG_SHARE)
    points = list(result[row].keypoints.values())
    text = _tag(result, row, show)
    box = result.boxes[row].astype(np.float64)
    if text and show.boxes and not np.isnan(box).any():
        corner = box.reshape(2, 2).min(axis=0).clip(0, size).tolist()
        yield Label(text, (corner[0], corner[1]), letter, "corner")
    elif text and points:
        highest = min(points, key=lambda point: point.y)
        yield Label(text, (highest.x, highest.y - _TAG_DISTANCE * width), letter, "above")
    if not show.names or not points:
        return
    small = max(_LEAST_NAME, min(letter * _LARGEST_NAME, extent * _NAME_SHARE))
    middle = float(np.median([point.x for point in points]))
    for point in points:
        if not (0 <= point.x < size[0] and 0 <= point.y < size[1]):
            continue
        scored = show.scores and not math.isnan(point.score)
        text = f"{point.name} {point.score:.2f}" if scored else point.name
        kind: Literal["left", "right"] = "right" if point.x >= middle else "left"
        yield Label(text, (point.x, point.y), small, kind, _NAME_DISTANCE * width)


def _tag(result: PoseResult, row: int, show: Show) -> str:
    parts = []
    if show.ids:
        parts.append(f"#{row if result.ids is None else result.ids[row]}")
    score = float(result.box_scores[row])
    if show.scores and not math.isnan(score):
        parts.append(f"{score:.2f}")
    return ": ".join(parts)
