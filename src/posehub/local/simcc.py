"""Decoding of SimCC: one distribution over columns and one over rows for each keypoint.

(RTMPose, DWPose and RTMW; "SimCC: a Simple Coordinate Classification Perspective for Human Pose
Estimation", Li and others, 2022.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posehub.local.geometry import Floats

SPLIT = 2.0
"""Bins for each element of the input, in all published models."""


def decode_simcc(
    columns: NDArray[np.float32], rows: NDArray[np.float32], split: float = SPLIT
) -> tuple[Floats, Floats]:
    """Return the keypoints of N inputs and their scores.

    The networks were trained on indices of pixels, so bin 0 is the centre of the first element.

    Args:
        columns: (N, K, split x width).
        rows: (N, K, split x height).
        split: bins for each element.

    Returns:
        Keypoints (N, K, 2) as x, y in elements, in posehub's convention; scores (N, K), the smaller
        of the two maxima, as the networks give them: some exceed 1.
    """
    axes = (columns, rows)
    best = [values.argmax(axis=2) for values in axes]
    highest = [
        np.take_along_axis(values, index[..., None], axis=2)[..., 0]
        for values, index in zip(axes, best, strict=True)
    ]
    points: Floats = np.stack(best, axis=2) / split + 0.5
    return points, np.minimum(*highest).astype(np.float64)
