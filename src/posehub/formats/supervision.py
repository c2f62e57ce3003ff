"""supervision's KeyPoints, of version 0.27 and later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from posehub.errors import FormatError
from posehub.extras import needed
from posehub.poses.catalogue import get_skeleton
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import supervision as sv


def to_supervision(result: PoseResult) -> sv.KeyPoints:
    """Return the people of `result` as supervision's KeyPoints.

    `xy` is float32 (P, K, 2), pixels of the upright image, with [0, 0] where the keypoint is not
    reported, as supervision marks it; the third field is the scores, float32 (P, K). `data` has
    `box` (P, 4) as x1, y1, x2, y2; `box_score` (P,); and, if the people have ids, `tracker_id`
    (P,), as supervision calls them. A result without people becomes `KeyPoints.empty()`. Skeleton,
    image size, backend, request id, `raw` and 3-D keypoints are lost.

    Raises:
        MissingDependencyError: supervision is not installed.
    """
    key_points: type[sv.KeyPoints] = needed("supervision", extra="supervision").KeyPoints
    if not len(result):
        return key_points.empty()
    data: dict[str, Any] = {"box": result.boxes.copy(), "box_score": result.box_scores.copy()}
    if result.ids is not None:
        data["tracker_id"] = result.ids.copy()
    # by position: the third argument has changed its name, and newer versions have more after it
    return key_points(
        np.nan_to_num(result.keypoints, nan=0.0),
        np.zeros(len(result), np.int64),
        result.scores.copy(),
        data=data,
    )


def from_supervision(key_points: sv.KeyPoints, skeleton: str | Skeleton) -> PoseResult:
    """Return supervision's KeyPoints as a result.

    A keypoint is not reported if it is at [0, 0], not finite, or marked as not visible. Scores are
    NaN if there are none. Boxes, their scores and ids are those that `to_supervision` puts into
    `data`; else boxes are NaN, their scores `detection_confidence` or NaN, and there are no ids.

    Args:
        key_points: as any of supervision's constructors returns them.
        skeleton: of the keypoints; supervision does not name it.

    Raises:
        ConfigError: no skeleton has that name.
        FormatError: the number of keypoints is not the skeleton's, or a score is outside [0, 1].
    """
    target = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    count = len(key_points)
    if not count:
        return PoseResult.empty(target)
    xy = np.array(key_points.xy, np.float32)
    if xy.shape != (count, len(target), 2):
        raise FormatError(
            f"KeyPoints: xy has shape {xy.shape}, and {target.name!r} has {len(target)} keypoints"
        )
    hidden = (xy == 0).all(axis=2) | ~np.isfinite(xy).all(axis=2)
    visible = getattr(key_points, "visible", None)
    if visible is not None:
        hidden |= ~visible
    xy[hidden] = np.nan
    scores = _filled(_confidence(key_points), (count, len(target)))
    scores[hidden] = 0
    detections = getattr(key_points, "detection_confidence", None)
    try:
        return PoseResult(
            keypoints=xy,
            scores=scores,
            boxes=_filled(key_points.data.get("box"), (count, 4)),
            box_scores=_filled(key_points.data.get("box_score", detections), (count,)),
            skeleton=target,
            ids=key_points.data.get("tracker_id"),
        )
    except ValueError as error:
        raise FormatError(f"KeyPoints: {error}") from error


def _confidence(key_points: sv.KeyPoints) -> Any:
    """Return the scores of keypoints; their field was called `confidence` before version 0.29."""
    name = "keypoint_confidence" if hasattr(key_points, "keypoint_confidence") else "confidence"
    return getattr(key_points, name)


def _filled(values: Any, shape: tuple[int, ...]) -> Any:
    if values is None:
        return np.full(shape, np.nan, np.float32)
    return np.array(values, np.float32)
