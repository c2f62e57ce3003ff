"""Several contestants on the same pictures: who found whom, and how far they agree."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from posehub import PoseResult
from posehub.evaluation.comparison import compare, shared_columns
from posehub.evaluation.running import Contestant
from posehub.poses.skeletons import BAIDU21, BLAZEPOSE33, COCO17

SIDE = 100.0


def people(*places, jitter=0.0, seed=0, skeleton=COCO17, boxes=True):
    """Return a person of 100 px a side at each of these x."""
    shape = np.random.default_rng(7).uniform(0, SIDE, (len(skeleton), 2))
    keypoints = np.array([shape + np.array([place, 0]) for place in places]).reshape(
        -1, len(skeleton), 2
    )
    keypoints += np.random.default_rng(seed).normal(0, 1, keypoints.shape) * jitter
    corners = np.array([[p, 0, p + SIDE, SIDE] for p in places], float).reshape(-1, 4)
    return PoseResult(
        keypoints=keypoints,
        scores=np.ones(keypoints.shape[:2]),
        boxes=corners if boxes else np.full(corners.shape, np.nan),
        box_scores=np.ones(len(places)),
        skeleton=skeleton,
        image_size=(2000, 200),
    )


def contest(*results, names="abc"):
    """Compare contestants a, b, ... given one or several results each."""
    rows = [one if isinstance(one, list) else [one] for one in results]
    contestants = [
        Contestant(label, tuple(one), {}) for label, one in zip(names, rows, strict=False)
    ]
    return compare([f"{n}.jpg" for n in range(len(rows[0]))], contestants)


def found_by(comparison):
    return {"".join(by.labels): by.people for by in comparison.found_by}


def test_two_who_say_the_same_agree_wholly():
    result = contest(people(0, 500), people(0, 500))
    (pair,) = result.pairs
    assert (pair.both, pair.only_first, pair.only_second, pair.oks) == (2, 0, 0, 1)
    assert {point.distance for point in pair.keypoints} == {0}
    assert result.pictures[0].agreement == 1


def test_people_are_joined_whatever_their_order():
    assert contest(people(0, 500), people(500, 0)).pictures[0].people == ((0, 1), (1, 0))


def test_who_found_whom():
    result = contest(people(0, 500), people(500, 900), people(900, 1500))
    assert found_by(result) == {"a": 1, "ab": 1, "bc": 1, "c": 1}
    assert result.pictures[0].people == (
        (0, None, None),
        (1, 0, None),
        (None, 1, 0),
        (None, None, 1),
    )


def test_someone_one_did_not_find_counts_as_no_agreement():
    assert contest(people(0, 500), people(0)).pictures[0].agreement == 0.5


def test_nobody_found_by_anybody_is_agreement():
    result = contest(people(), people())
    assert result.pictures[0].agreement == 1
    assert result.pairs[0].oks is None
    assert result.pairs[0].keypoints[0].distance is None


def test_distance_is_a_share_of_the_persons_size():
    moved = people(0)
    moved = attrs.evolve(moved, keypoints=moved.keypoints + np.float32([5, 0]))
    (pair,) = contest(people(0), moved).pairs
    assert {round(point.distance, 5) for point in pair.keypoints} == {0.05}


def test_agreement_does_not_depend_on_who_comes_first():
    a, b = people(0, 500, jitter=5, seed=1), people(0, 500, jitter=5, seed=2)
    assert contest(a, b).pairs[0].oks == pytest.approx(contest(b, a).pairs[0].oks)


def test_a_keypoint_only_one_reports_is_counted_for_it():
    first, second = people(0), people(0, 500)
    keypoints, scores = second.keypoints.copy(), second.scores.copy()
    keypoints[0, 0], scores[0, 0] = np.nan, 0
    (pair,) = contest(first, attrs.evolve(second, keypoints=keypoints, scores=scores)).pairs
    nose = pair.keypoints[0]
    assert (nose.both, nose.only_first, nose.only_second, nose.distance) == (0, 1, 0, None)


def test_one_skeleton_is_kept_and_several_become_coco17():
    same = contest(people(0, skeleton=BAIDU21), people(0, skeleton=BAIDU21))
    assert same.skeleton == "baidu21"
    assert contest(people(0, skeleton=BAIDU21), people(0)).skeleton == "coco17"


def test_points_somebody_never_reports_are_left_out():
    # one person lacks a point, which is no reason to leave it out; nobody has the ears
    result = people(0, 500)
    keypoints, scores = result.keypoints.copy(), result.scores.copy()
    keypoints[:, 3:5], scores[:, 3:5] = np.nan, 0
    keypoints[0, 0], scores[0, 0] = np.nan, 0
    earless = attrs.evolve(result, keypoints=keypoints, scores=scores)
    columns = shared_columns([[people(0)], [earless]], COCO17)
    assert columns == [0, 1, 2, *range(5, 17)]


def test_who_finds_nobody_at_all_leaves_no_point_out():
    assert len(contest(people(0), people()).pairs[0].keypoints) == 17


def test_people_without_boxes_are_joined_by_the_extent_of_their_points():
    result = contest(people(0, 500, boxes=False), people(0, 500, boxes=False))
    assert found_by(result) == {"ab": 2}


def test_a_picture_somebody_failed_on_is_left_out():
    result = contest([people(0), people(0)], [None, people(0)])
    assert result.compared == 1
    assert result.pictures[0].agreement is None
    assert found_by(result) == {"ab": 1}


def test_three_are_compared_two_by_two():
    result = contest(people(0), people(0), people(0, skeleton=BLAZEPOSE33))
    assert [(pair.first, pair.second) for pair in result.pairs] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]
