"""Properties of the maps between the image and the input of a network."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub_blazepose.geometry import Region, box_iou, letterbox, region_of, rotate, transform

coordinates = st.floats(-2000, 2000)
sides = st.floats(1, 5000)
angles = st.floats(-math.pi, math.pi)
regions = st.builds(Region, coordinates, coordinates, sides, angles)


def inverse(matrix):
    return np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]


@given(regions, coordinates, coordinates)
def test_a_point_mapped_into_a_region_and_back_is_the_same(region, x, y):
    matrix = region.matrix(256)
    inside = transform(inverse(matrix), np.array([x, y]))
    assert transform(matrix, inside) == pytest.approx([x, y], abs=1e-6 * region.side + 1e-6)


@given(regions)
def test_the_region_is_centred_on_the_centre_of_element_128(region):
    middle = transform(region.matrix(256), np.array([128.5, 128.5]))
    assert middle == pytest.approx([region.x, region.y], abs=1e-6)


@given(regions)
def test_a_region_is_neither_distorted_nor_mirrored(region):
    rotation = region.matrix(256)[:, :2] * 256 / region.side
    assert rotation @ rotation.T == pytest.approx(np.eye(2), abs=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)


@given(coordinates, coordinates, st.floats(1, 1000), angles)
def test_alignment_points_put_the_head_at_the_top(x, y, distance, angle):
    top = (x + distance * math.sin(angle), y - distance * math.cos(angle))
    region = region_of(np.array([(x, y), top]), 2.5)
    column, row = transform(inverse(region.matrix(256)), np.array(top))
    assert column == pytest.approx(128.5, abs=1e-4)
    # the side is 2.5 x the distance, so the distance is 1 / 2.5 of the input
    assert row == pytest.approx(128.5 - 256 / 2.5, abs=1e-4)


@given(regions, st.integers(1, 3), st.integers(50, 900), st.integers(50, 900))
def test_a_region_rotated_with_the_image_shows_the_same(region, quarters, width, height):
    points = np.random.default_rng(0).uniform(0, 256, (20, 2))
    before = transform(region.matrix(256), points)
    for _ in range(quarters):
        # a quarter turn clockwise maps (x, y) to (height - y, x)
        before = np.stack([height - before[:, 1], before[:, 0]], axis=1)
        region = Region(height - region.y, region.x, region.side, region.angle + math.pi / 2)
        width, height = height, width
    assert transform(region.matrix(256), points) == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize(("size", "side"), [((640, 480), 640), ((480, 640), 640), ((7, 7), 7)])
def test_the_letterbox_is_centred_as_mediapipes(size, side):
    region = letterbox(*size)
    assert region == Region(size[0] / 2 + 0.5, size[1] / 2 + 0.5, side)


@given(angles, st.lists(st.tuples(coordinates, coordinates, coordinates), min_size=1))
def test_rotating_back_undoes_a_rotation(angle, points):
    points = np.array(points)
    assert rotate(rotate(points, angle), -angle) == pytest.approx(points, abs=1e-6)


def test_a_quarter_turn_maps_up_to_the_right():
    up = np.array([[0.0, -1.0, 5.0]])
    assert rotate(up, math.pi / 2) == pytest.approx(np.array([[1.0, 0.0, 5.0]]))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((0, 0, 10, 10), 1.0),
        ((5, 0, 15, 10), 1 / 3),
        ((10, 0, 20, 10), 0.0),
        ((50, 50, 60, 60), 0.0),
        ((2, 2, 4, 4), 0.04),
    ],
)
def test_iou_of_two_boxes(other, expected):
    assert box_iou(np.array([other], float), np.array([0.0, 0, 10, 10])) == pytest.approx(expected)


def test_iou_of_empty_boxes_is_zero():
    assert box_iou(np.zeros((1, 4)), np.zeros(4)).tolist() == [0.0]
