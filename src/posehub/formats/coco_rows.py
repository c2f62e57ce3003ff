"""People of COCO files as rows of bytes, gathered by image, and the results made of them."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from posehub.formats.coco_file import CocoPerson
from posehub.formats.notes import Notes
from posehub.poses.checks import SCORE_TOLERANCE
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

_TRACK = struct.Struct("<q?")  # the track id, and whether there is one


def row_dtype(points: int) -> np.dtype[np.void]:
    """Return the layout of a row of a person with so many keypoints."""
    return np.dtype(
        [
            ("keypoints", "<f4", (points, 2)),
            ("scores", "<f4", (points,)),
            ("box", "<f4", (4,)),
            ("score", "<f4"),
            ("track_id", "<i8"),
            ("tracked", "?"),
        ]
    )


def row_of(
    person: CocoPerson,
    scores: NDArray[np.float64],
    missing: NDArray[np.bool_],
    where: str,
    notes: Notes,
) -> bytes:
    """Return a person as a row; scores that are on another scale than [0, 1] are left out.

    Args:
        person: of a file.
        scores: of the keypoints, (K,).
        missing: which keypoints are not reported, (K,).
        where: file and entry.
        notes: gets the scores that are left out.
    """
    score = _in_range(np.array([person.score]), "score", where, notes)
    scores = _in_range(scores, "keypoint_scores", where, notes)
    keypoints = person.keypoints[:, :2].copy()
    keypoints[missing] = np.nan
    box = person.box.copy()
    box[2:] += box[:2]
    scores = np.where(missing, 0, scores)
    numbers = np.concatenate([keypoints.ravel(), scores, box, score])
    track = (person.track_id or 0, person.track_id is not None)
    return numbers.astype("<f4").tobytes() + _TRACK.pack(*track)


def _in_range(
    scores: NDArray[np.float64], field: str, where: str, notes: Notes
) -> NDArray[np.float64]:
    outside = (scores < -SCORE_TOLERANCE) | (scores > 1 + SCORE_TOLERANCE)
    if outside.any():
        worst = scores[outside][0]
        notes.add("scores left out", where, f"{field} must be in [0, 1], got {worst:g}")
        scores = np.where(outside, np.nan, scores)
    return scores


def result_of(
    rows: bytes, skeleton: Skeleton, image_size: tuple[int, int] | None = None
) -> PoseResult:
    """Return the people of rows; they have ids if each of them has a track id."""
    table = np.frombuffer(rows, row_dtype(len(skeleton)))
    tracked = len(table) > 0 and bool(table["tracked"].all())
    return PoseResult(
        keypoints=table["keypoints"],
        scores=table["scores"],
        boxes=table["box"],
        box_scores=table["score"],
        skeleton=skeleton,
        image_size=image_size,
        ids=table["track_id"] if tracked else None,
    )
