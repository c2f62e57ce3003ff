"""Object keypoint similarity."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub import PoseResult
from posehub.poses.oks import DEFAULT_SIGMA
from posehub.poses.skeletons import BAIDU21, COCO17
from posehub.testing import random_people

NAN = float("nan")
seeds = st.integers(0, 999)


def without(result, *names):
    keypoints, scores = result.keypoints.copy(), result.scores.copy()
    columns = [result.skeleton.index(name) for name in names]
    keypoints[:, columns], scores[:, columns] = NAN, 0
    return attrs.evolve(result, keypoints=keypoints, scores=scores)


def cocos_oks(people, truth):
    """COCO's definition, computed one pair and one keypoint at a time."""
    table = np.empty((len(people), len(truth)))
    for i, person in enumerate(people):
        for j, true in enumerate(truth):
            area = (true.box.right - true.box.left) * (true.box.bottom - true.box.top)
            terms = []
            for name, sigma in zip(COCO17.keypoints, COCO17.sigmas, strict=True):
                if name in true.keypoints:
                    dx, dy = person[name].x - true[name].x, person[name].y - true[name].y
                    exact = np.exp(-(dx**2 + dy**2) / (2 * area * (2 * sigma) ** 2))
                    terms.append(exact if name in person.keypoints else 0.0)
            table[i, j] = np.mean(terms)
    return table


@given(seeds, seeds, st.sets(st.sampled_from(COCO17.keypoints[1:])))
def test_similarity_is_that_of_coco(one, other, gone):
    people, truth = random_people(3, seed=one), random_people(2, seed=other).scale(1.5)
    people, truth = without(people, *gone), without(truth, "nose")
    truth = attrs.evolve(truth, scores=np.where(truth.scores > 0, NAN, 0))
    if len(gone) < 16:
        np.testing.assert_allclose(people.oks(truth), cocos_oks(people, truth), rtol=1e-9)


@given(seeds, st.floats(0, 50))
def test_similarity_is_between_0_and_1(seed, distance):
    people = random_people(3, seed=seed)
    table = people.oks(people.offset(distance, distance))
    assert ((table >= 0) & (table <= 1)).all()


@given(seeds)
def test_the_similarity_of_a_person_to_itself_is_1(seed):
    people = random_people(4, seed=seed)
    assert np.array_equal(np.diag(people.oks(people)), np.ones(4))


@given(seeds, seeds)
def test_similarity_is_symmetric_if_the_areas_are_equal(one, other):
    first, second = random_people(3, seed=one), random_people(2, seed=other)
    first = attrs.evolve(first, boxes=[[0, 0, 300, 200]] * 3)
    second = attrs.evolve(second, boxes=[[50, 50, 250, 350]] * 2)
    np.testing.assert_allclose(first.oks(second), second.oks(first).T)


@given(seeds, st.floats(-180, 180), st.floats(0.1, 10), st.floats(-99, 99))
def test_similarity_does_not_depend_on_position_size_and_mirroring(seed, degrees, factor, by):
    people = random_people(3, seed=seed)
    truth = people.offset(by, by / 2, image_size=people.image_size)

    def change(result):
        return result.scale(factor).flip(width=640).offset(7, -3)

    np.testing.assert_allclose(change(people).oks(change(truth)), people.oks(truth), atol=1e-3)


def test_similarity_decreases_with_distance():
    people = random_people(1, seed=0)
    values = [people.offset(x, 0).oks(people)[0, 0] for x in (0, 1, 5, 20, 100)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 5


def test_a_missed_keypoint_counts_as_0():
    people = random_people(1, seed=0)
    assert without(people, "nose").oks(people)[0, 0] == pytest.approx(16 / 17)


def test_an_extra_keypoint_does_not_count():
    people = random_people(1, seed=0)
    assert people.oks(without(people, "nose"))[0, 0] == 1


def test_the_similarity_to_a_person_without_keypoints_is_nan():
    people = random_people(2, seed=0)
    assert np.isnan(people.oks(without(people, *COCO17.keypoints))).all()


def test_people_without_boxes_have_the_area_of_their_keypoints_extent():
    people = random_people(3, seed=0)
    boxless = attrs.evolve(people, boxes=np.full((3, 4), NAN))
    moved = people.offset(3, 3)
    np.testing.assert_allclose(moved.oks(boxless), moved.oks(people))


def test_skeletons_without_sigmas_use_the_default_for_all_keypoints():
    people = attrs.evolve(random_people(1, seed=0, skeleton=BAIDU21), boxes=[[0, 0, 100, 50]])
    expected = np.exp(-9 / (2 * 100 * 50 * (2 * DEFAULT_SIGMA) ** 2))
    assert people.offset(3, 0).oks(people)[0, 0] == pytest.approx(expected, rel=1e-4)


def test_many_people_have_the_same_similarities_as_each_of_them():
    people, truth = random_people(400, seed=1), random_people(30, seed=2)
    table = people.oks(truth)
    assert table.shape == (400, 30)
    np.testing.assert_array_equal(table[399:], people[399:].oks(truth))


@pytest.mark.parametrize(("people", "truth"), [(0, 0), (0, 3), (3, 0)])
def test_results_without_people_have_an_empty_table(people, truth):
    table = random_people(people, seed=1).oks(random_people(truth, seed=2))
    assert table.shape == (people, truth)


def test_people_of_different_skeletons_are_not_compared():
    with pytest.raises(ValueError, match=r"got coco17 and baidu21; convert .* \.to\(\)"):
        PoseResult.empty(COCO17).oks(PoseResult.empty(BAIDU21))
