"""supervision's KeyPoints, of the installed version."""

from __future__ import annotations

import warnings

import attrs
import numpy as np
import pytest

import posehub
from posehub.errors import ConfigError, FormatError
from posehub.testing import random_people

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses OpenCV, which nothing here needs
    import supervision as sv

BODY = posehub.get_skeleton("coco17")


@pytest.fixture
def result():
    """Two people; the first has no nose, the second no scores and no box."""
    whole = random_people(2, seed=0)
    keypoints, scores, boxes = whole.keypoints.copy(), whole.scores.copy(), whole.boxes.copy()
    keypoints[0, 0], scores[0, 0] = np.nan, 0
    scores[1], boxes[1] = np.nan, np.nan
    return posehub.PoseResult(keypoints, scores, boxes, whole.box_scores, BODY)


def test_points_scores_and_boxes_are_read_back(result):
    assert posehub.from_supervision(posehub.to_supervision(result), "coco17") == result


def test_a_missing_keypoint_is_at_zero_as_supervision_has_it(result):
    key_points = posehub.to_supervision(result)
    assert key_points.xy[0, 0].tolist() == [0, 0]
    assert key_points.xy.dtype == np.float32
    assert len(key_points) == 2


def test_a_result_without_people_is_read_back():
    empty = posehub.PoseResult.empty(BODY)
    key_points = posehub.to_supervision(empty)
    assert len(key_points) == 0
    assert posehub.from_supervision(key_points, BODY) == empty


def test_ids_are_supervisions_tracker_ids(result):
    tracked = attrs.evolve(result, ids=[4, 7])
    key_points = posehub.to_supervision(tracked)
    assert key_points.data["tracker_id"].tolist() == [4, 7]
    assert posehub.from_supervision(key_points, BODY) == tracked


def test_supervision_selects_people_with_their_boxes(result):
    chosen = posehub.to_supervision(result)[np.array([False, True])]
    assert posehub.from_supervision(chosen, BODY) == result[1:]


def test_supervision_draws_people_without_missing_keypoints(result):
    scene = np.zeros((480, 640, 3), np.uint8)
    key_points = posehub.to_supervision(result)
    # counted from 1
    edges = [(BODY.index(first) + 1, BODY.index(second) + 1) for first, second in BODY.links]
    drawn = sv.EdgeAnnotator(edges=edges).annotate(scene.copy(), key_points)
    assert drawn.any()
    assert not drawn[:3, :3].any()


def test_key_points_without_scores_have_none():
    key_points = sv.KeyPoints(random_people(1, seed=0).keypoints.copy())
    result = posehub.from_supervision(key_points, BODY)
    assert np.isnan(result.scores).all()
    assert np.isnan(result.boxes).all()
    assert np.isnan(result.box_scores).all()


def test_the_fields_of_newer_versions_are_used():
    xy = random_people(1, seed=0).keypoints.copy()
    visible = np.ones((1, 17), bool)
    visible[0, 3] = False
    key_points = sv.KeyPoints(xy)
    key_points.visible = visible
    key_points.detection_confidence = np.array([0.25], np.float32)
    result = posehub.from_supervision(key_points, BODY)
    assert "left_ear" not in result[0].keypoints
    assert result[0].score == 0.25


def test_another_number_of_points_is_refused():
    key_points = posehub.to_supervision(random_people(1, seed=0))
    with pytest.raises(FormatError, match="'baidu21' has 21 keypoints"):
        posehub.from_supervision(key_points, "baidu21")


def test_a_score_above_one_is_refused():
    people = random_people(1, seed=0)
    key_points = sv.KeyPoints(people.keypoints.copy(), None, np.full((1, 17), 2, np.float32))
    with pytest.raises(FormatError, match="KeyPoints: scores must be in"):
        posehub.from_supervision(key_points, BODY)


def test_an_unknown_skeleton_is_refused_with_the_nearest(result):
    with pytest.raises(ConfigError, match="Did you mean 'coco17'"):
        posehub.from_supervision(posehub.to_supervision(result), "coco71")
