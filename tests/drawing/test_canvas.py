"""Colours blended into the pixels of an image."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from posehub.drawing import draw_frame
from posehub.drawing.canvas import Canvas
from posehub.drawing.coverage import FULL, Coverage
from posehub.testing import random_people

RED = (200, 0, 0)


def black():
    return np.zeros((4, 5, 3), np.uint8)


def coverage(solid=(), edge=(), alpha=()):
    return Coverage(
        np.array(solid, np.intp), np.array(edge, np.intp), np.array(alpha, np.float64).astype("u2")
    )


def test_solid_pixels_get_the_colour_and_edges_a_part_of_it():
    pixels = black()
    with Canvas(pixels) as canvas:
        canvas.fill(coverage([6], [7, 8], [FULL / 2, FULL / 4]), RED)
    assert pixels[1].tolist() == [[0] * 3, [200, 0, 0], [100, 0, 0], [50, 0, 0], [0] * 3]
    assert not pixels[[0, 2, 3]].any()


def test_the_parts_of_a_pixel_add_up_to_the_whole_pixel_at_most():
    pixels = black()
    with Canvas(pixels) as canvas:
        canvas.fill(coverage([], [0, 0], [FULL / 2, FULL / 4]), RED)
        canvas.fill(coverage([], [9] * 500, [FULL - 1] * 500), RED)
    assert pixels[0, 0].tolist() == [150, 0, 0]
    assert pixels[1, 4].tolist() == [200, 0, 0]


def test_a_second_colour_covers_the_first():
    pixels = black()
    with Canvas(pixels) as canvas:
        canvas.fill(coverage([3]), RED)
        canvas.fill(coverage([], [3], [FULL / 2]), (0, 100, 255))
    assert pixels[0, 3].tolist() == [100, 50, 128]


@pytest.mark.parametrize(
    ("left", "top", "covered"), [(1, 1, 4), (-1, 0, 2), (4, 3, 1), (0, -2, 0), (9, 9, 0)]
)
def test_the_part_of_a_stamp_inside_the_image_is_blended(left, top, covered):
    pixels = black()
    with Canvas(pixels) as canvas:
        canvas.stamp(np.full((2, 2), FULL, np.uint16), left, top, RED)
    assert (pixels[..., 0] == 200).sum() == covered


def test_an_error_leaves_nothing_behind_for_the_next_image():
    with pytest.raises(IndexError), Canvas(black()) as canvas:
        canvas.fill(coverage([], [3, 99], [1, 1]), RED)
    pixels = black()
    with Canvas(pixels) as canvas:
        canvas.fill(coverage([], [3], [FULL / 2]), RED)
    assert pixels[0, 3].tolist() == [100, 0, 0]


def test_threads_and_sizes_do_not_disturb_each_other():
    people = [random_people(2, seed=seed) for seed in range(8)]
    frames = [np.zeros((480 - seed % 3, 640, 3), np.uint8) for seed in range(8)]
    alone = list(map(draw_frame, people, frames))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw_frame, people * 5, frames * 5))
    for one, other in zip(alone * 5, together, strict=True):
        assert np.array_equal(one, other)
