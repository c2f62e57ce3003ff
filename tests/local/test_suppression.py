"""Suppression of boxes and poses."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.local.suppression import box_iou, suppress_boxes, suppress_poses


def test_iou_is_shared_area_over_both():
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 5, 5]], float)
    expected = [[1, 1 / 7, 0], [1 / 7, 1, 0], [0, 0, 0]]
    assert box_iou(boxes, boxes) == pytest.approx(np.array(expected))


def test_a_box_that_overlaps_a_better_one_is_suppressed():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], float)
    assert suppress_boxes(boxes, np.array([0.5, 0.9, 0.7]), 0.6).tolist() == [1, 2]


def test_a_box_that_overlaps_only_a_suppressed_one_is_kept():
    boxes = np.array([[0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]], float)
    assert suppress_boxes(boxes, np.array([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2]


def test_of_equal_scores_the_first_is_kept():
    boxes = np.array([[0, 0, 10, 10]] * 3, float)
    assert suppress_boxes(boxes, np.array([0.5, 0.5, 0.5]), 0.5).tolist() == [0]


def test_a_pose_that_is_like_a_better_one_is_suppressed():
    pose = np.array([[0, 0], [100, 0], [0, 200]], float)
    points = np.stack([pose, pose + 1, pose + 80])
    kept = suppress_poses(
        points, np.array([0.5, 0.6, 0.4]), np.full(3, 20000.0), np.full(3, 0.05), 0.7
    )
    assert kept.tolist() == [1, 2]


@pytest.mark.parametrize("count", [0, 1])
def test_few_boxes_are_kept(count):
    boxes = np.zeros((count, 4))
    assert len(suppress_boxes(boxes, np.zeros(count), 0.5)) == count
