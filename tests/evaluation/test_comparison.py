"""Several runs on the same images: the people they found, and how far they agree."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from posehub import PoseResult
from posehub.errors import ConfigError
from posehub.evaluation.comparison import compare, shared_columns
from posehub.evaluation.matching import MOST_PEOPLE
from posehub.evaluation.running import Run
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


def scored(result, person, keypoint, score):
    """Return a result with another score for one keypoint."""
    scores = result.scores.copy()
    scores[person, keypoint] = score
    return attrs.evolve(result, scores=scores)


def without(result, person, keypoint):
    """Return a result in which keypoints are not reported."""
    keypoints, scores = result.keypoints.copy(), result.scores.copy()
    keypoints[person, keypoint], scores[person, keypoint] = np.nan, 0
    return attrs.evolve(result, keypoints=keypoints, scores=scores)


def compared(*results, names="abc", **options):
    """Compare the runs a, b, ... given one or several results each."""
    rows = [one if isinstance(one, list) else [one] for one in results]
    runs = [Run(label, tuple(one), {}) for label, one in zip(names, rows, strict=False)]
    return compare([f"{n}.jpg" for n in range(len(rows[0]))], runs, **options)


def found_by(comparison):
    return {"".join(by.labels): by.people for by in comparison.found_by}


def test_equal_results_agree_completely():
    result = compared(people(0, 500), people(0, 500))
    (pair,) = result.pairs
    assert (pair.both, pair.only_first, pair.only_second, pair.oks) == (2, 0, 0, 1)
    assert {keypoint.distance for keypoint in pair.keypoints} == {0}
    assert result.images[0].agreement == 1


def test_people_are_joined_whatever_their_order():
    assert compared(people(0, 500), people(500, 0)).images[0].people == ((0, 1), (1, 0))


def test_people_are_counted_by_the_runs_that_found_them():
    result = compared(people(0, 500), people(500, 900), people(900, 1500))
    assert found_by(result) == {"a": 1, "ab": 1, "bc": 1, "c": 1}
    assert result.images[0].people == (
        (0, None, None),
        (1, 0, None),
        (None, 1, 0),
        (None, None, 1),
    )


def test_a_person_that_one_run_did_not_find_counts_as_no_agreement():
    assert compared(people(0, 500), people(0)).images[0].agreement == 0.5


def test_two_results_without_people_agree():
    result = compared(people(), people())
    assert result.images[0].agreement == 1
    assert result.pairs[0].oks is None
    assert result.pairs[0].keypoints[0].distance is None


def test_distance_is_a_share_of_the_persons_size():
    moved = people(0)
    moved = attrs.evolve(moved, keypoints=moved.keypoints + np.float32([5, 0]))
    (pair,) = compared(people(0), moved).pairs
    assert {round(keypoint.distance, 5) for keypoint in pair.keypoints} == {0.05}


def test_agreement_does_not_depend_on_the_order_of_the_runs():
    a, b = people(0, 500, jitter=5, seed=1), people(0, 500, jitter=5, seed=2)
    assert compared(a, b).pairs[0].oks == pytest.approx(compared(b, a).pairs[0].oks)


def test_a_keypoint_that_only_one_run_reports_is_counted_for_it():
    (pair,) = compared(people(0), without(people(0, 500), 0, 0)).pairs
    nose = pair.keypoints[0]
    assert (nose.both, nose.only_first, nose.only_second, nose.distance) == (0, 1, 0, None)


@pytest.mark.parametrize(
    ("score", "options", "is_compared"),
    [
        (0.29, {}, False),
        (0.3, {}, True),
        (np.nan, {}, True),
        (0.29, {"min_score": 0.2}, True),
        (0.5, {"min_score": 0.6}, False),
        (np.nan, {"min_score": 1.0}, True),
    ],
)
def test_keypoints_below_the_least_score_are_not_compared(score, options, is_compared):
    result = compared(people(0, 500), scored(people(0, 500), 0, 0, score), **options)
    (pair,) = result.pairs
    nose = pair.keypoints[0]
    assert (nose.both, nose.only_first) == ((2, 0) if is_compared else (1, 1))
    assert result.min_score == options.get("min_score", 0.3)
    assert np.isnan(result.runs[1].results[0].keypoints[0, 0, 0]) != is_compared


def test_one_skeleton_is_kept_and_several_become_coco17():
    same = compared(people(0, skeleton=BAIDU21), people(0, skeleton=BAIDU21))
    assert same.skeleton == "baidu21"
    assert compared(people(0, skeleton=BAIDU21), people(0)).skeleton == "coco17"


def test_keypoints_that_a_run_never_reports_are_not_compared():
    # the nose, which only one person lacks, is compared; the ears, which all lack, are not
    earless = without(without(people(0, 500), slice(None), slice(3, 5)), 0, 0)
    columns = shared_columns([[people(0)], [earless]], COCO17)
    assert columns == [0, 1, 2, *range(5, 17)]


def test_a_run_without_people_excludes_no_keypoint():
    assert len(compared(people(0), people()).pairs[0].keypoints) == 17


def test_people_without_boxes_are_joined_by_the_extent_of_their_keypoints():
    result = compared(people(0, 500, boxes=False), people(0, 500, boxes=False))
    assert found_by(result) == {"ab": 2}


def test_an_image_on_which_a_run_failed_is_not_compared():
    result = compared([people(0), people(0)], [None, people(0)])
    assert result.compared == 1
    assert result.images[0].agreement is None
    assert found_by(result) == {"ab": 1}


def test_three_runs_are_compared_two_by_two():
    result = compared(people(0), people(0), people(0, skeleton=BLAZEPOSE33))
    assert [(pair.first, pair.second) for pair in result.pairs] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]


def test_an_image_with_too_many_people_is_refused():
    crowd = people(*range(MOST_PEOPLE + 1))
    with pytest.raises(ConfigError, match="At most 2000 people"):
        compared(crowd, people(0))
