"""How far found points are from the annotated ones, and how many are close enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.evaluation.matching import Floats

PCK_SHARES = (0.05, 0.1, 0.2)
"""Shares of the box's longer side. Yang and Ramanan use 0.1 and 0.2."""
PCKH_SHARE = 0.5
"""Share of the head's length, as Andriluka et al. use it."""


@frozen
class KeypointError:
    """How well one keypoint is found.

    Attributes:
        name: of the keypoint.
        labelled: how many people have it in the truth.
        found: how many of those a matched person has it for.
        median_error, p90_error: distance in pixels that half, and 90 %, of the found ones keep
            within; None if none is found.
        similarity: mean of its term in OKS over the found ones; None if none is.
        pck: share of the labelled ones found within 0.1 of the box's longer side; None if none is
            labelled.
    """

    name: str
    labelled: int
    found: int
    median_error: float | None
    p90_error: float | None
    similarity: float | None
    pck: float | None


def correct_share(distances: Floats, labelled: NDArray[np.bool_], reach: Floats) -> float | None:
    """Return the share of labelled points whose distance is at most `reach`.

    With `reach` 0.2 of the longer side of the person's box it is PCK@0.2, the "percentage of
    correct keypoints" of Yang and Ramanan, "Articulated Human Detection with Flexible Mixtures of
    Parts", 2013, section 6. With half the length of the head it is PCKh@0.5 of Andriluka et al.,
    "2D Human Pose Estimation: New Benchmark and State of the Art Analysis", 2014, section 4.
    A point that was not found, or whose person was not, is wrong.

    Args:
        distances: (N, K), pixels, NaN where not found.
        labelled: (N, K).
        reach: (N,), pixels; people whose reach is NaN are left out.

    Returns:
        A share in [0, 1], or None if no point is left.
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
        names: of the K keypoints.
        distances: (N, K), pixels, NaN where not found.
        labelled: (N, K).
        similarity: (N, K), each point's term in OKS.
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
