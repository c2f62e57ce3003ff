"""Pairing people by OKS."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from posehub.errors import ConfigError
from posehub.evaluation.matching import MOST_PEOPLE, pair, refuse_crowd


def test_the_pairs_have_the_largest_sum_of_oks():
    source = np.random.default_rng(1)
    for _ in range(50):
        oks = source.uniform(0.2, 1, source.integers(1, 6, 2))
        rows, columns = oks.shape
        if rows > columns:
            oks, rows, columns = oks.T, columns, rows
        best = max(
            sum(oks[r, c] for r, c in enumerate(order))
            for order in itertools.permutations(range(columns), rows)
        )
        assert sum(oks[r, c] for r, c in pair(oks)) == pytest.approx(best)


def test_a_pair_of_too_low_oks_is_not_made_and_replaces_no_other():
    assert pair(np.array([[0.09, 0.11], [0.0, 0.2]])) == [(1, 1)]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_without_people_there_are_no_pairs(shape):
    assert pair(np.empty(shape)) == []


def test_a_pair_without_oks_is_not_made():
    assert pair(np.array([[np.nan, 0.5], [0.7, np.nan]])) == [(0, 1), (1, 0)]


def test_too_many_people_to_pair_are_refused():
    refuse_crowd(MOST_PEOPLE)
    with pytest.raises(ConfigError, match="At most 2000 people"):
        refuse_crowd(MOST_PEOPLE + 1)
