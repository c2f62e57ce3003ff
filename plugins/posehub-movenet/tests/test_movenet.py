"""Crops and decoding, with a network that finds what is red."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from posehub_movenet.movenet import _MIRRORED, find_poses, input_size, within

WIDTH, HEIGHT, DOT = 641, 479, 48


def dotted(left, top):
    """A black image with a soft red dot, and the mean place of what is red."""
    x, y = np.arange(WIDTH) + 0.5, np.arange(HEIGHT)[:, None] + 0.5
    apart = np.hypot(x - left - DOT / 2, y - top - DOT / 2) / (DOT / 2)
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = np.rint(127.5 + 127.5 * np.cos(np.pi * np.minimum(apart, 1)))
    red = pixels[..., 0] / pixels[..., 0].sum(dtype=float)
    return Image.fromarray(pixels), ((red * x).sum(), (red * y).sum())


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("sides", [(160,), (256,), (192, 256)])
@pytest.mark.parametrize(
    "place", [(0, 0), (WIDTH - DOT, 0), (0, HEIGHT - DOT), (WIDTH - DOT, HEIGHT - DOT), (300, 201)]
)
def test_keypoints_are_exact_from_the_first_pixel_to_the_last(marker, place, sides, mirrored):
    image, center = dotted(*place)
    left, top = place
    boxes = np.array(
        [
            (left - 20.3, top - 31.9, left + 66.7, top + 75.2),
            (left - 5.5, top - 60, left + 53, top + 100),
            (left - 100, top + 1, left + 90.4, top + DOT - 1),
        ]
    )
    poses = find_poses(image, boxes, marker, sides=sides, mirrored=mirrored, together=1)
    # or a hundredth of an element, where elements are larger than pixels
    largest = 1.1 * (boxes[:, 2:] - boxes[:, :2]).max() / min(sides)
    expected = np.broadcast_to(center, (3, 17, 2))
    assert poses.points == pytest.approx(expected, abs=0.01 * max(1, largest))


def test_inputs_that_run_together_give_the_same_poses(marker):
    image, _ = dotted(300, 201)
    boxes = np.array([(280, 190, 370, 260), (290, 100, 360, 300), (200, 180, 420, 280.0)] * 3)
    alone, together = (
        find_poses(image, boxes, marker, sides=(160,), mirrored=False, together=count)
        for count in (1, 4)
    )
    assert together.points == pytest.approx(alone.points, abs=1e-4)
    assert together.values == pytest.approx(alone.values, abs=1e-6)


def test_no_boxes_give_no_poses(marker):
    image, _ = dotted(300, 201)
    poses = find_poses(image, np.empty((0, 4)), marker, sides=(192, 256), mirrored=True, together=1)
    assert poses.points.shape == (0, 17, 2)


@pytest.mark.parametrize(
    "box", [(5, 5, 5, 5), (-50, -50, -10, -10), (0, 0, 641, 0), (-1e7, 0, 1e7, 10)]
)
def test_boxes_without_extent_or_outside_the_image_are_taken(marker, box):
    image, _ = dotted(300, 201)
    poses = find_poses(
        image, np.array([box], float), marker, sides=(160,), mirrored=False, together=1
    )
    assert np.isfinite(poses.points).all()


@pytest.mark.parametrize(
    ("extent", "size"),
    [
        ((100, 100), (256, 256)),
        ((100, 300), (128, 256)),
        ((200, 300), (192, 256)),
        ((300, 10), (256, 128)),
        ((0, 0), (256, 256)),
    ],
)
def test_an_input_is_no_larger_than_the_box_needs(extent, size):
    assert input_size(np.array([3, 4, 3 + extent[0], 4 + extent[1]], float), 256) == size


def test_a_cell_in_the_box_is_certain_and_one_far_away_is_not():
    (likely,) = within(np.array([[10, 20, 30, 60.0]]), (48, 64))
    assert likely.shape == (64, 48)
    assert (likely[20:60, 10:30] == 1).all()
    assert likely[40, 35] < 0.2
    assert likely[0, 47] < 1e-6


def test_mirroring_swaps_left_and_right():
    # nose, then pairs
    assert _MIRRORED == [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
