"""From the networks' numbers to likelihoods.

Heatmap values and detector scores are small numbers that say nothing by themselves. A logistic
function of their logarithms gives the likelihood that a person, or a keypoint, is within an OKS of
0.5 of the truth; its constants are fitted by `bench/_movenet_fit.py` to labelled photos.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from posehub.local.geometry import Floats

_LEAST = 1e-6
"""Keeps logarithms finite."""


@frozen
class Calibration:
    """The constants of one mode.

    Attributes:
        person: summand, and factor of the logarithm of the evidence for a person.
        keypoint: summand, factor of the logarithm of the heatmap's value, and of the person's
            evidence.
    """

    person: tuple[float, float]
    keypoint: tuple[float, float, float]


def evidence_of(values: Floats, detection: Floats) -> Floats:
    """Return what ranks people, (N,): the mean heatmap value times the detector's score.

    Args:
        values: (N, 17), of the heatmaps.
        detection: (N,), scores of the detector.
    """
    evidence: Floats = values.mean(axis=1) * detection
    return evidence


def person_scores(evidence: Floats, calibration: Calibration) -> Floats:
    """Return the likelihood that each pose is within an OKS of 0.5 of a person's, (N,)."""
    summand, factor = calibration.person
    return _logistic(summand + factor * _logarithm(evidence))


def keypoint_scores(values: Floats, evidence: Floats, calibration: Calibration) -> Floats:
    """Return the likelihood that each keypoint is within an OKS of 0.5 of the truth, (N, 17)."""
    summand, own, whole = calibration.keypoint
    return _logistic(summand + own * _logarithm(values) + whole * _logarithm(evidence)[:, None])


def _logarithm(values: Floats) -> Floats:
    return np.log(np.maximum(values, _LEAST))


def _logistic(values: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-values))
    return result
