"""The detector's output: its anchors, decoding and suppression of candidates."""

from __future__ import annotations

from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub_blazepose.geometry import FROM_MEDIAPIPE, Floats, box_iou, transform

INPUT_SIZE = 224
"""Columns and rows of the detector's input, as trained (the model file)."""

_LAYERS = ((8, 2), (16, 2), (32, 6))
"""Stride and anchors per cell (MediaPipe's pose detection graph: strides 8, 16, 32, 32, 32 with
two anchors per layer; layers of one stride share their cells)."""

_SAME_FACE_IOU = 0.3
"""min_suppression_threshold of MediaPipe's pose detection graph."""

_LOGIT_LIMIT = 100.0
"""score_clipping_thresh of MediaPipe's pose detection graph."""


@frozen
class Candidates:
    """Regions that may show a person, best first.

    Attributes:
        faces: (N, 4), the face's box as x1, y1, x2, y2, in pixels.
        points: (N, 4, 2), pixels: the hips' centre, a point on the circle around the body, the
            shoulders' centre, a point on the circle around the upper body.
        scores: (N,), in [0, 1].
    """

    faces: Floats
    points: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)


@cache
def anchors(rows: int, columns: int) -> NDArray[np.float64]:
    """Return the centres of all anchors of an input of `rows` x `columns` elements, (N, 2).

    In MediaPipe's coordinates (SsdAnchorsCalculator with anchor_offset 0.5).
    """
    layers = []
    for stride, per_cell in _LAYERS:
        y, x = np.mgrid[: rows // stride, : columns // stride]
        centers = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * stride
        layers.append(np.repeat(centers, per_cell, axis=0))
    every = np.concatenate(layers)
    every.flags.writeable = False
    return every


def decode(
    values: NDArray[np.float32],
    logits: NDArray[np.float32],
    shape: tuple[int, int],
    matrix: Floats,
    min_score: float,
) -> Candidates:
    """Return the candidates of one run; a person usually gives several.

    Args:
        values: (N, 12): the face's centre and size and four points, in elements, relative to the
            anchor.
        logits: (N,).
        shape: (rows, columns) of the input.
        matrix: affine (2, 3), from the input to the image.
        min_score: candidates with a lower score are dropped.
    """
    with np.errstate(over="ignore"):  # exp of 100 is infinite in float32, and 1 / inf is right
        scores = 1 / (1 + np.exp(-np.clip(logits, -_LOGIT_LIMIT, _LOGIT_LIMIT)))
    # a score of exactly 0 would be a weight of 0 in an average
    kept = np.flatnonzero((scores >= min_score) & (scores > 0))
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    pairs = values[kept].reshape(-1, 6, 2).astype(np.float64)
    origin = anchors(*shape)[kept] + FROM_MEDIAPIPE
    center, half = pairs[:, 0] + origin, pairs[:, 1] / 2
    return Candidates(
        faces=transform(matrix, np.stack([center - half, center + half], axis=1)).reshape(-1, 4),
        points=transform(matrix, pairs[:, 2:] + origin[:, None]),
        scores=scores[kept].astype(np.float64),
    )


def suppress(candidates: Candidates) -> Candidates:
    """Return one candidate per face: the best one, averaged with those that overlap it.

    The average is weighted by score; the score is that of the best one. This is MediaPipe's
    NonMaxSuppressionCalculator with algorithm WEIGHTED.
    """
    left = np.arange(len(candidates))
    faces, points, scores = [], [], []
    while left.size:
        best = left[0]
        same = box_iou(candidates.faces[left], candidates.faces[best]) > _SAME_FACE_IOU
        same[0] = True
        group = left[same]
        weights = candidates.scores[group]
        faces.append(np.average(candidates.faces[group], axis=0, weights=weights))
        points.append(np.average(candidates.points[group], axis=0, weights=weights))
        scores.append(candidates.scores[best])
        left = left[~same]
    return Candidates(
        faces=np.array(faces).reshape(-1, 4),
        points=np.array(points).reshape(-1, 4, 2),
        scores=np.array(scores, dtype=np.float64),
    )
