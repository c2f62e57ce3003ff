"""Joint angles, and keypoints without position and size."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub import PoseResult, Skeleton
from posehub.poses.skeletons import BLAZEPOSE33, COCO17, H36M17
from posehub.testing import random_people

NAN = float("nan")
ARM = Skeleton("arm", ["left_shoulder", "left_elbow", "left_wrist"])
NAMES = ARM.keypoints


def arm(*points, **fields):
    missing = np.isnan(np.array(points)[:, 0])
    return PoseResult([points], [np.where(missing, 0, 1)], [[NAN] * 4], [1], ARM, **fields)


@pytest.mark.parametrize(
    ("wrist", "degrees"),
    [
        ((20, 0), 180),
        ((10, 5), 90),
        ((10, -5), 90),
        ((0, 0), 0),
        ((15, 5), 135),
        ((5, 5), 45),
        ((20, 0.001), 179.99427),
    ],
)
def test_the_angle_of_an_arm(wrist, degrees):
    result = arm((0, 0), (10, 0), wrist)
    assert result.angle(*NAMES)[0] == pytest.approx(degrees, abs=1e-4)


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0), (10, 0), (NAN, NAN)],
        [(0, 0), (NAN, NAN), (5, 5)],
        [(0, 0), (10, 0), (10, 0)],
        [(10, 0), (10, 0), (5, 5)],
    ],
    ids=["end missing", "joint missing", "end at the joint", "start at the joint"],
)
def test_an_angle_without_two_lines_is_nan(points):
    assert np.isnan(arm(*points).angle(*NAMES)).all()


def test_the_angle_in_3d_is_not_that_of_the_image():
    depth = [[[0, 0, 0], [1, 0, 0], [1, 0, 1]]]
    result = arm((0, 0), (10, 0), (20, 0), keypoints_3d=depth)
    assert result.angle(*NAMES)[0] == 180
    assert result.angle(*NAMES, dimensions=3)[0] == 90


def test_the_common_angles_are_those_whose_keypoints_the_skeleton_has():
    names = [f"{s}_{j}" for s in ("left", "right") for j in ("elbow", "shoulder", "hip", "knee")]
    assert list(random_people(2, seed=0).angles()) == names
    arms_only = ["left_elbow", "left_shoulder", "left_hip", "right_elbow", "right_shoulder"]
    assert list(random_people(2, seed=0, skeleton=H36M17).angles()) == [*arms_only, "right_hip"]


def test_an_angle_has_a_value_for_each_person():
    people = random_people(4, seed=0)
    knees = people.angles()["left_knee"]
    assert knees.shape == (4,)
    assert knees.dtype == np.float32
    assert np.array_equal(knees, people.angle("left_hip", "left_knee", "left_ankle"))


changes = st.tuples(
    st.floats(-180, 180), st.floats(0.1, 10), st.floats(-500, 500), st.floats(-500, 500)
)


@given(st.integers(0, 99), changes)
def test_angles_do_not_depend_on_position_size_rotation_and_mirroring(seed, change):
    degrees, factor, x, y = change
    before = random_people(3, seed=seed)
    after = before.rotate(degrees, center=(5, 7)).scale(factor).offset(x, y).flip(width=640)
    for name, values in before.angles().items():
        side, joint = name.split("_")
        other = {"left": "right", "right": "left"}[side]
        np.testing.assert_allclose(after.angles()[f"{other}_{joint}"], values, atol=0.1)


def test_fractions_of_the_box_are_zero_and_one_at_the_corners():
    person = attrs.evolve(arm((10, 20), (30, 60), (20, 30)), boxes=[[10, 20, 30, 60]])
    assert person.normalize().tolist() == [[[0, 0], [1, 1], [0.5, 0.25]]]


def test_the_torso_is_the_unit_and_the_hips_the_origin():
    person = random_people(1, seed=0).normalize("torso")[0]
    hips = person[[COCO17.index("left_hip"), COCO17.index("right_hip")]].mean(axis=0)
    neck = person[[COCO17.index("left_shoulder"), COCO17.index("right_shoulder")]].mean(axis=0)
    np.testing.assert_allclose(hips, 0, atol=1e-5)
    assert np.linalg.norm(neck) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("by", ["box", "torso"])
@given(seed=st.integers(0, 99), change=changes)
def test_normalized_people_do_not_depend_on_position_and_size(by, seed, change):
    _, factor, x, y = change
    before = random_people(3, seed=seed)
    after = before.scale(factor).offset(x, y)
    np.testing.assert_allclose(after.normalize(by), before.normalize(by), atol=1e-2)


@pytest.mark.parametrize(
    "box", [[NAN] * 4, [10, 20, 10, 60], [10, 20, 30, 20], [10, 20, 10, 20], [NAN, 20, 30, 60]]
)
def test_a_person_without_a_box_that_has_an_extent_is_nan(box):
    person = attrs.evolve(arm((10, 20), (30, 60), (20, 30)), boxes=[box])
    assert np.isnan(person.normalize()).all()


def test_only_a_person_without_a_hip_has_no_torso():
    people = random_people(2, seed=0, skeleton=BLAZEPOSE33)
    keypoints, scores = people.keypoints.copy(), people.scores.copy()
    keypoints[0, BLAZEPOSE33.index("left_hip")] = NAN
    scores[0, BLAZEPOSE33.index("left_hip")] = 0
    fractions = attrs.evolve(people, keypoints=keypoints, scores=scores).normalize("torso")
    assert np.isnan(fractions[0]).all()
    assert not np.isnan(fractions[1]).any()


def test_a_missing_keypoint_stays_missing():
    person = attrs.evolve(arm((10, 20), (30, 60), (NAN, NAN)), boxes=[[10, 20, 30, 60]])
    assert np.isnan(person.normalize()).tolist() == [[[False] * 2, [False] * 2, [True] * 2]]


REFUSED = [
    (lambda r: r.normalize("torso"), ValueError, "arm has no torso"),
    (lambda r: r.normalize("head"), ValueError, "by must be .*, got 'head'"),
    (lambda r: r.angle("left_wrist", "elbow", "left_wrist"), KeyError, "no keypoint 'elbow'"),
    (lambda r: r.angle(*NAMES, dimensions=3), ValueError, "have no keypoints_3d"),
    (lambda r: r.angle(*NAMES, dimensions=4), ValueError, "must be 2 or 3, got 4"),
]


@pytest.mark.parametrize(("measure", "error", "message"), REFUSED)
def test_invalid_arguments_are_refused(measure, error, message):
    with pytest.raises(error, match=message):
        measure(arm((0, 0), (10, 0), (20, 0)))


@pytest.mark.parametrize("by", ["box", "torso"])
def test_results_without_people_give_empty_arrays(by):
    empty = PoseResult.empty(COCO17)
    assert empty.normalize(by).shape == (0, 17, 2)
    assert all(values.shape == (0,) for values in empty.angles().values())


# one keypoint has a score of 0.29, one has no score
UNCERTAIN = [1, 0.29, NAN]
CERTAIN = [1, 0.3, NAN]


def _with_scores(scores):
    depth = [[[0, 0, 0], [1, 0, 0], [1, 1, 0]]]
    result = arm((0, 0), (10, 0), (10, 10), keypoints_3d=depth)
    return attrs.evolve(result, scores=[scores], boxes=[[0, 0, 10, 10]])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_angle_of_keypoints_with_low_scores_is_nan(dimensions):
    low, high = _with_scores(UNCERTAIN), _with_scores(CERTAIN)
    assert np.isnan(low.angle(*NAMES, dimensions=dimensions)).all()
    assert low.angle(*NAMES, dimensions=dimensions, min_score=0.2)[0] == 90
    assert high.angle(*NAMES, dimensions=dimensions)[0] == 90
    assert np.isnan(high.angle(*NAMES, dimensions=dimensions, min_score=0.5)).all()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_common_angles_of_keypoints_with_low_scores_are_nan(dimensions):
    low, high = _with_scores(UNCERTAIN), _with_scores(CERTAIN)
    assert np.isnan(low.angles(dimensions=dimensions)["left_elbow"]).all()
    assert low.angles(dimensions=dimensions, min_score=0)["left_elbow"][0] == 90
    assert high.angles(dimensions=dimensions)["left_elbow"][0] == 90


def test_normalized_keypoints_with_low_scores_are_nan():
    low = _with_scores(UNCERTAIN)
    assert np.isnan(low.normalize()).tolist() == [[[False] * 2, [True] * 2, [False] * 2]]
    assert low.normalize(min_score=0.2).tolist() == [[[0, 0], [1, 0], [1, 1]]]
    assert _with_scores(CERTAIN).normalize().tolist() == [[[0, 0], [1, 0], [1, 1]]]


def test_a_torso_of_keypoints_with_low_scores_is_missing():
    people = random_people(2, seed=0)
    scores = people.scores.copy()
    scores[0, COCO17.index("left_hip")] = 0.29
    fractions = attrs.evolve(people, scores=scores).normalize("torso")
    assert np.isnan(fractions[0]).all()
    assert not np.isnan(fractions[1]).any()
