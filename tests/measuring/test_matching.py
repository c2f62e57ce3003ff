"""Who is who, by OKS."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from posehub.errors import ConfigError
from posehub.measuring import matching
from posehub.measuring.matching import areas_of, oks_matrix, pair, point_similarity, sigmas_of
from posehub.skeletons import BAIDU21, COCO17

SIGMAS = sigmas_of(COCO17)


def people(count, seed=0, spread=0.0):
    source = np.random.default_rng(seed)
    base = source.uniform(0, 100, (count, 17, 2)) + np.arange(count)[:, None, None] * 300
    return base + source.normal(0, spread, base.shape) if spread else base


def test_a_person_is_wholly_like_itself_and_unlike_one_far_away():
    oks = oks_matrix(people(3), people(3), np.full((1, 3), 1e4), SIGMAS)
    assert oks == pytest.approx(np.eye(3))


def test_oks_is_the_formula_of_coco():
    truth = people(1)
    found = truth + np.array([3.0, 4.0])
    expected = np.mean(np.exp(-25 / (2 * 1e4 * (2 * SIGMAS) ** 2)))
    assert oks_matrix(found, truth, np.array([[1e4]]), SIGMAS)[0, 0] == pytest.approx(expected)


def test_a_point_the_truth_lacks_does_not_count():
    truth, found = people(1), people(1)
    truth[0, :5] = np.nan
    assert oks_matrix(found, truth, np.array([[1e4]]), SIGMAS)[0, 0] == 1


def test_a_point_that_was_not_found_counts_as_wrong():
    truth, found = people(1), people(1)
    found[0, 0] = np.nan
    assert oks_matrix(found, truth, np.array([[1e4]]), SIGMAS)[0, 0] == pytest.approx(16 / 17)


def test_a_person_without_points_is_like_nobody():
    truth = np.full((1, 17, 2), np.nan)
    assert oks_matrix(people(2), truth, np.array([[1.0]]), SIGMAS).tolist() == [[0], [0]]


def test_the_pairs_add_up_to_the_most():
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


def test_people_too_different_are_not_paired_and_push_nobody_aside():
    assert pair(np.array([[0.09, 0.11], [0.0, 0.2]])) == [(1, 1)]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nobody_is_paired_with_nobody(shape):
    assert pair(np.empty(shape)) == []


def test_the_area_is_the_boxs_or_that_of_the_points():
    keypoints = np.full((4, 17, 2), np.nan)
    keypoints[:3, 0], keypoints[:2, 1] = (10, 20), (30, 60)
    boxes = np.full((4, 4), np.nan)
    boxes[0] = (0, 0, 50, 10)
    assert areas_of(keypoints, boxes).tolist() == [500, 800, 1, 1]


def test_a_skeleton_without_sigmas_gets_one_for_all_points():
    assert set(sigmas_of(BAIDU21)) == {matching.MEAN_SIGMA}


def test_similarity_falls_from_one_to_zero():
    alike = point_similarity(np.array([[0.0, 10.0, 1e6, np.nan]]), np.array([1e4]), SIGMAS[:4])
    assert alike[0, 0] == 1
    assert 0 < alike[0, 1] < 1
    assert alike[0, 2] == 0
    assert np.isnan(alike[0, 3])


def test_a_crowd_too_large_to_pair_is_refused():
    crowd = np.zeros((matching.MOST_PEOPLE + 1, 17, 2))
    with pytest.raises(ConfigError, match="At most 2000 people"):
        oks_matrix(crowd, crowd[:1], np.ones((1, 1)), SIGMAS)
