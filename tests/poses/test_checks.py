"""Validation of arrays that the tests of results do not reach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub.poses.checks import BLOCK, blocks, check_finite, clamped_scores

NAN = float("nan")


@pytest.mark.parametrize(
    ("score", "clamped"),
    [(-0.05, 0), (-1e-9, 0), (0, 0), (0.5, 0.5), (1, 1), (1.0000001, 1), (1.05, 1)],
)
def test_scores_within_the_tolerance_are_set_to_the_bound(score, clamped):
    scores = clamped_scores([[score, NAN]])
    assert scores.dtype == np.float32
    assert np.array_equal(scores, np.array([[clamped, NAN]], np.float32), equal_nan=True)


@pytest.mark.parametrize("score", [-0.051, 1.051, 100, np.inf, -np.inf])
def test_scores_outside_the_tolerance_are_refused_with_the_name_and_the_worst_score(score):
    with pytest.raises(ValueError, match=rf"confidences must be in \[0, 1\], got {score}"):
        clamped_scores([0.5, 1.01, -0.01, score], "confidences")


def test_scores_in_range_are_a_read_only_view_and_the_callers_array_is_not_changed():
    inside, outside = np.array([0.5, NAN], np.float32), np.array([1.02], np.float32)
    assert np.shares_memory(clamped_scores(inside), inside)
    assert clamped_scores(outside).tolist() == [1]
    assert outside[0] == np.float32(1.02)
    for scores in (inside, outside):
        assert scores.flags.writeable
        assert not clamped_scores(scores).flags.writeable


@given(st.integers(0, 3 * BLOCK))
def test_blocks_cover_all_rows_once(rows):
    covered = [row for block in blocks(rows) for row in range(rows)[block]]
    assert covered == list(range(rows))


def test_an_infinity_is_found_in_any_block():
    array = np.zeros((2 * BLOCK + 1, 2), np.float32)
    check_finite("boxes", array)
    array[-1, -1] = -np.inf
    with pytest.raises(ValueError, match="boxes must be finite or NaN"):
        check_finite("boxes", array)
