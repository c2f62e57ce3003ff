"""Calibration: how well scores agree with the share of correct items."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.evaluation.calibration import calibrate


def test_scores_equal_to_the_share_of_correct_items_have_no_error():
    scores = np.repeat([0.25, 0.75], 100)
    correct = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])
    assert calibrate(scores, correct).error == pytest.approx(0)


def test_the_error_is_the_mean_distance_of_score_and_correct_share():
    scores = np.array([0.9, 0.9, 0.9, 0.1])
    correct = np.array([True, False, False, False])
    expected = (3 * abs(0.9 - 1 / 3) + 1 * 0.1) / 4
    assert calibrate(scores, correct).error == pytest.approx(expected)


def test_bins_are_tenths_and_the_last_one_contains_one():
    bins = calibrate(np.array([0.0, 0.05, 0.1, 1.0]), np.array([True] * 4)).bins
    assert [b.count for b in bins] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert bins[0].score == pytest.approx(0.025)
    assert bins[2].score is bins[2].correct is None


@pytest.mark.parametrize("scores", [[], [np.nan, np.nan], [7.0, -1.0]])
def test_without_scores_there_is_no_error(scores):
    result = calibrate(np.array(scores, float), np.ones(len(scores), bool))
    assert result.error is None
    assert sum(b.count for b in result.bins) == 0
