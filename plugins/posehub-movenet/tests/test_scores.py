"""Likelihoods from the networks' numbers."""

from __future__ import annotations

import numpy as np
import pytest

from posehub_movenet.modes import MODES
from posehub_movenet.scores import evidence_of, keypoint_scores, person_scores

ALL = [mode.calibration for mode in MODES.values()]


def test_evidence_is_the_mean_value_times_the_detectors_score():
    values = np.array([[0.2, 0.4], [0.5, 0.7]])
    assert evidence_of(values, np.array([0.5, 1.0])) == pytest.approx([0.15, 0.6])


@pytest.mark.parametrize("calibration", ALL)
def test_scores_rise_with_the_evidence_over_the_whole_range(calibration):
    evidence = np.linspace(0, 0.6, 50)
    people = person_scores(evidence, calibration)
    assert (np.diff(people) > 0).all()
    assert people[0] < 0.001
    assert people[-1] > 0.95


@pytest.mark.parametrize("calibration", ALL)
def test_a_keypoint_rises_with_its_value_and_with_its_person(calibration):
    values = np.tile(np.linspace(0, 1, 20), (2, 1))
    scores = keypoint_scores(values, np.array([0.1, 0.5]), calibration)
    assert (np.diff(scores, axis=1) > 0).all()
    assert (scores[1] > scores[0]).all()
    assert ((scores >= 0) & (scores <= 1)).all()
