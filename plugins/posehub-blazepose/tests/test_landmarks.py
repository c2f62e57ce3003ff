"""The landmark network's output, decoded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from posehub.poses.skeletons import BLAZEPOSE33
from posehub_blazepose.geometry import Region
from posehub_blazepose.landmarks import MIRRORED, Output, blend, decode, refine

UPRIGHT = Region(128.5, 128.5, 256)
"""Element i of the input is pixel i of the image."""


def output(values=None, heatmap=None, world=None, person=0.9):
    return Output(
        values=np.zeros((39, 5), np.float32) if values is None else values,
        person=person,
        heatmap=np.full((64, 64, 39), -20, np.float32) if heatmap is None else heatmap,
        world=np.zeros((39, 3), np.float32) if world is None else world,
    )


def random_output(seed):
    random = np.random.default_rng(seed)
    return output(
        random.uniform(0, 255, (39, 5)).astype(np.float32),
        random.normal(0, 3, (64, 64, 39)).astype(np.float32),
        random.normal(0, 1, (39, 3)).astype(np.float32),
    )


def test_mirroring_swaps_left_and_right_names():
    names = BLAZEPOSE33.keypoints
    for name, partner in zip(names, MIRRORED, strict=True):
        swapped = name.replace("left", "~").replace("right", "left").replace("~", "right")
        assert names[partner] == swapped


def test_points_are_mapped_into_the_image():
    values = np.zeros((39, 5), np.float32)
    values[0, :2] = 128, 64
    pose = decode(output(values), Region(500, 300, 512))
    # the network counts from the centre of element 0, so 128 is where the region's centre is
    assert pose.points[0] == pytest.approx([500, 172])


def test_visibility_and_presence_are_likelihoods_from_logits():
    values = np.zeros((39, 5), np.float32)
    values[3, 3:] = 4, -1000
    pose = decode(output(values), UPRIGHT)
    assert pose.visibility[3] == pytest.approx(1 / (1 + np.exp(-4)))
    assert pose.presence[3] == 0


def test_a_confident_heatmap_moves_its_point():
    heatmap = np.full((64, 64, 1), -20, np.float32)
    heatmap[12, 33, 0] = 10
    assert refine(np.array([[0.5, 0.2]]), heatmap) * 64 == pytest.approx(np.array([[33, 12]]))


def test_a_heatmap_that_is_not_confident_moves_nothing():
    heatmap = np.full((64, 64, 1), -20, np.float32)
    heatmap[12, 33, 0] = -0.01
    assert refine(np.array([[0.5, 0.2]]), heatmap).tolist() == [[0.5, 0.2]]


def test_a_peak_outside_the_window_moves_nothing():
    heatmap = np.full((64, 64, 1), -20, np.float32)
    heatmap[12, 37, 0] = 10
    assert refine(np.array([[0.5, 0.2]]), heatmap).tolist() == [[0.5, 0.2]]


@given(
    arrays(float, (4, 2), elements=st.floats(-0.5, 1.5)),
    arrays(np.float32, (16, 16, 4), elements=st.floats(-20, 20, width=32)),
)
def test_refining_moves_no_point_by_more_than_the_window_nor_one_outside(points, heatmap):
    refined = refine(points, heatmap)
    moved = np.abs(refined - points) * 16
    assert moved.max() <= 5
    outside = ((points <= -1 / 16) | (points >= 1)).any(axis=1)
    assert not moved[outside].any()


@given(st.integers(0, 50))
def test_a_mirrored_run_of_a_mirrored_input_is_the_run_mirrored(seed):
    run = random_output(seed)
    plain, back = decode(run, UPRIGHT), decode(run, UPRIGHT, mirrored=True)
    assert back.points[MIRRORED, 0] == pytest.approx(256 - plain.points[:, 0])
    assert back.points[MIRRORED, 1] == pytest.approx(plain.points[:, 1])
    assert back.alignment[:, 0] == pytest.approx(256 - plain.alignment[:, 0])
    assert back.visibility[MIRRORED] == pytest.approx(plain.visibility)
    assert back.world[MIRRORED] == pytest.approx(plain.world * (-1, 1, 1))


def test_world_points_rotate_with_the_region():
    world = np.zeros((39, 3), np.float32)
    world[0] = 0, -0.6, -0.2
    pose = decode(output(world=world), Region(128, 128, 256, angle=np.pi / 2))
    assert pose.world[0] == pytest.approx([0.6, 0, -0.2])


def test_two_passes_are_averaged():
    first, second = (decode(random_output(seed), UPRIGHT) for seed in (1, 2))
    both = blend(first, second)
    assert both.points == pytest.approx((first.points + second.points) / 2)
    assert both.person == pytest.approx(0.9)
