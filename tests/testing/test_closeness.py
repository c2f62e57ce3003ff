"""`assert_poses_close`: when it fails and what it says."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from PIL import Image as PILImage

from posehub.poses.result import PoseResult
from posehub.poses.skeletons import BAIDU21, COCO17
from posehub.testing import assert_poses_close, random_people
from posehub.testing.closeness import keypoint_similarity

PEOPLE = random_people(3, seed=1)


def moved(result: PoseResult, row: int, name: str, by: float) -> PoseResult:
    keypoints = result.keypoints.copy()
    keypoints[row, result.skeleton.index(name)] += (by, 0)
    return attrs.evolve(result, keypoints=keypoints)


def without(result: PoseResult, row: int, name: str) -> PoseResult:
    keypoints, scores = result.keypoints.copy(), result.scores.copy()
    column = result.skeleton.index(name)
    keypoints[row, column], scores[row, column] = np.nan, 0
    return attrs.evolve(result, keypoints=keypoints, scores=scores)


def test_equal_results_are_close():
    assert_poses_close(PEOPLE, PEOPLE, oks=1.0)


def test_a_small_shift_is_close_enough():
    assert_poses_close(moved(PEOPLE, 1, "nose", 0.5), PEOPLE)


def test_a_large_shift_names_person_keypoint_and_distance():
    with pytest.raises(AssertionError, match=r"person 1: OKS 0\.9\d+.*\n  nose: .* 80\.0 px apart"):
        assert_poses_close(moved(PEOPLE, 1, "nose", 80), PEOPLE)


def test_a_missing_keypoint_is_named():
    with pytest.raises(AssertionError, match="left_wrist: missing, expected at"):
        assert_poses_close(without(PEOPLE, 0, "left_wrist"), PEOPLE)


def test_a_keypoint_too_many_is_named():
    with pytest.raises(AssertionError, match=r"left_wrist: at .* expected missing"):
        assert_poses_close(PEOPLE, without(PEOPLE, 0, "left_wrist"))


def test_a_keypoint_missing_in_both_is_no_difference():
    both = without(PEOPLE, 0, "left_wrist")
    assert_poses_close(both, both, oks=1.0)


def test_another_number_of_people_fails():
    with pytest.raises(AssertionError, match="2 people, expected 3"):
        assert_poses_close(PEOPLE[:2], PEOPLE)


def test_another_skeleton_fails():
    with pytest.raises(AssertionError, match="skeleton is baidu21, expected coco17"):
        assert_poses_close(random_people(3, seed=1, skeleton=BAIDU21), PEOPLE)


def test_two_empty_results_are_close():
    assert_poses_close(PoseResult.empty(COCO17), PoseResult.empty(COCO17))


def test_the_tolerance_is_the_callers():
    shifted = moved(PEOPLE, 0, "nose", 80)
    assert_poses_close(shifted, PEOPLE, oks=0.9)
    with pytest.raises(AssertionError):
        assert_poses_close(shifted, PEOPLE, oks=0.99)


def test_similarity_is_cocos_formula():
    person = attrs.evolve(PEOPLE[:1], boxes=[[0, 0, 100, 50]])
    similarity = keypoint_similarity(moved(person, 0, "nose", 3), person)[0]
    expected = np.exp(-(3.0**2) / (2 * 100 * 50 * (2 * 0.026) ** 2))
    assert similarity[COCO17.index("nose")] == pytest.approx(expected, rel=1e-4)
    assert similarity[COCO17.index("left_hip")] == 1.0


def test_people_without_boxes_are_measured_by_their_keypoints():
    boxless = attrs.evolve(PEOPLE, boxes=np.full((3, 4), np.nan))
    assert_poses_close(moved(boxless, 0, "nose", 0.5), boxless)
    with pytest.raises(AssertionError):
        assert_poses_close(moved(boxless, 0, "nose", 200), boxless)


def test_an_image_of_both_is_written_only_on_failure(tmp_path):
    path = tmp_path / "new" / "both.png"
    assert_poses_close(PEOPLE, PEOPLE, drawing=path)
    assert not path.exists()
    with pytest.raises(AssertionError, match=r"both\.png"):
        assert_poses_close(moved(PEOPLE, 1, "nose", 80), PEOPLE, drawing=path)
    with PILImage.open(path) as picture:
        assert picture.size == (2 * 640, 480)
