"""Distances from found to annotated keypoints, and the share of those that are close enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.evaluation.matching import Floats

PCK_SHARES = (0.05, 0.1, 0.2)
"""Thresholds, as shares of the box's longer side. Yang and Ramanan use 0.1 and 0.2."""
PCKH_SHARE = 0.5
"""Threshold, as a share of the head's length, from Andriluka et al."""


@frozen
class KeypointError:
    """The errors of one keypoint.

    Attributes:
        name: name of the keypoint.
        labelled: number of annotated people for whom it is labelled.
        found: number of those whose matched person has it.
        median_error, p90_error: median and 90th percentile of the distance in pixels from the
            found to the labelled position; None if `found` is 0.
        similarity: mean of its term in OKS over the found ones; None if `found` is 0.
        pck: share of the labelled ones that are found within 0.1 of the box's longer side; None if
            `labelled` is 0.
    """

    name: str
    labelled: int
    found: int
    median_error: float | None
    p90_error: float | None
    similarity: float | None
    pck: float | None


def correct_share(distances: Floats, labelled: NDArray[np.bool_], reach: Floats) -> float | None:
    """Return the share of labelled keypoints whose distance is at most `reach`.

    With `reach` 0.2 of the longer side of the person's box it is PCK@0.2, the "percentage of
    correct keypoints" of Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of
    Parts", 2013, section 6. With half the length of the head it is PCKh@0.5 of Andriluka et al.,
    "2D Human Pose Estimation: New Benchmark and State of the Art Analysis", 2014, section 4.
    A keypoint that was not found, or whose person was not found, is wrong.

    Args:
        distances: (N, K), pixels, NaN where not found.
        labelled: (N, K).
        reach: (N,), pixels; people whose reach is NaN are not counted.

    Returns:
        A share in [0, 1], or None if no keypoint is counted.
    """
    counted = labelled & ~np.isnan(reach)[:, None]
    total = int(counted.sum())
    return float((distances <= reach[:, None])[counted].sum() / total) if total else None


def keypoint_errors(
    names: Sequence[str],
    distances: Floats,
    labelled: NDArray[np.bool_],
    similarity: Floats,
    sides: Floats,
) -> tuple[KeypointError, ...]:
    """Return the errors of each keypoint.

    Args:
        names: names of the K keypoints.
        distances: (N, K), pixels, NaN where not found.
        labelled: (N, K).
        similarity: (N, K), each keypoint's term in OKS.
        sides: (N,), longer side of the box in pixels, for PCK.
    """
    rows = []
    for column, name in enumerate(names):
        here = labelled[:, column] & ~np.isnan(distances[:, column])
        errors = distances[here, column]
        some = bool(len(errors))
        rows.append(
            KeypointError(
                name=name,
                labelled=int(labelled[:, column].sum()),
                found=len(errors),
                median_error=float(np.median(errors)) if some else None,
                p90_error=float(np.percentile(errors, 90)) if some else None,
                similarity=float(similarity[here, column].mean()) if some else None,
                pck=correct_share(
                    distances[:, column : column + 1], labelled[:, column : column + 1], 0.1 * sides
                ),
            )
        )
    return tuple(rows)
