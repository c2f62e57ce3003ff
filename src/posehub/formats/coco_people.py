"""What COCO's two kinds of files share: people as x, y, v and as packed rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.formats import fields
from posehub.poses.checks import Float32Array
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

Floats = NDArray[np.float64]


def box_of(entry: Mapping[str, Any]) -> Floats:
    """Return `bbox` (x, y, width, height) as x1, y1, x2, y2; NaN if there is none.

    Raises:
        ValueError: it is no box, or of negative size.
    """
    if "bbox" not in entry:
        return np.full(4, np.nan)
    box = fields.numbers(entry, "bbox", 4)
    if (box[2:] < 0).any():
        raise ValueError(f"bbox has a negative width or height: {fields.shown(entry['bbox'])}")
    box[2:] += box[:2]
    return box


def boxes_to_write(result: PoseResult) -> Floats:
    """Return boxes as x, y, width, height.

    A person without a box gets the extent of its keypoints, as pycocotools gives it to results;
    one without keypoints too gets zeros.

    Raises:
        ValueError: a box has a negative width or height.
    """
    boxes = result.boxes.astype(np.float64)
    unknown = np.isnan(boxes).any(axis=1)
    reported = ~np.isnan(result.keypoints[unknown])
    points = result.keypoints[unknown].astype(np.float64)
    boxes[unknown, :2] = np.min(points, axis=1, where=reported, initial=np.inf)
    boxes[unknown, 2:] = np.max(points, axis=1, where=reported, initial=-np.inf)
    boxes[np.isinf(boxes)] = 0
    boxes[:, 2:] -= boxes[:, :2]
    if (boxes < 0)[:, 2:].any():
        person = int(np.flatnonzero((boxes[:, 2:] < 0).any(axis=1))[0])
        raise ValueError(f"person {person} has a box of negative width or height")
    return boxes


def triples_to_write(result: PoseResult, third: NDArray[Any]) -> list[list[float]]:
    """Return, for each person, x, y and `third` of each keypoint; zeros where not reported."""
    values = np.concatenate([result.keypoints, third[..., None]], axis=2, dtype=np.float64)
    values[np.isnan(result.keypoints[..., 0])] = 0
    lists: list[list[float]] = values.reshape(len(result), 3 * len(result.skeleton)).tolist()
    return lists


def pack(points: Floats, scores: Floats, box: Floats, score: float) -> bytes:
    """Return one person as bytes, for `unpack`.

    Args:
        points: (K, 2), NaN where not reported.
        scores: (K,).
        box: (4,), x1, y1, x2, y2.
        score: of the box.
    """
    return np.concatenate([points.ravel(), scores, box, [score]]).astype(np.float32).tobytes()


def unpack(
    rows: Sequence[bytes], skeleton: Skeleton, image_size: tuple[int, int] | None = None
) -> PoseResult:
    """Return packed people as a result.

    Raises:
        ValueError: a score is outside [0, 1].
    """
    count = len(skeleton)
    table: Float32Array = np.frombuffer(b"".join(rows), np.float32).reshape(-1, 3 * count + 5)
    return PoseResult(
        keypoints=table[:, : 2 * count].reshape(-1, count, 2),
        scores=table[:, 2 * count : 3 * count],
        boxes=table[:, -5:-1],
        box_scores=table[:, -1],
        skeleton=skeleton,
        image_size=image_size,
    )
