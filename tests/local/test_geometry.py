"""Maps between inputs and the image, on made numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from posehub.local.geometry import (
    around,
    inverse,
    letterbox,
    mirrored,
    region,
    tiles,
    transform,
    transform_boxes,
)


@pytest.mark.parametrize(
    ("image", "size", "centred", "corner", "far_corner"),
    [
        ((640, 480), (320, 320), False, (0, 0), (640, 640)),
        ((640, 480), (320, 320), True, (0, -80), (640, 560)),
        ((100, 400), (200, 200), True, (-150, 0), (250, 400)),
        ((7, 5), (7, 5), False, (0, 0), (7, 5)),
    ],
)
def test_a_letterbox_shows_the_whole_image(image, size, centred, corner, far_corner):
    shown = transform(letterbox(image, size, centred=centred), [(0, 0), size])
    assert shown == pytest.approx(np.array([corner, far_corner]))


def test_a_region_is_rotated_clockwise_about_its_centre():
    matrix = region((50, 40), 20, (10, 10), angle=np.pi / 2)
    assert transform(matrix, (5, 5)) == pytest.approx([50, 40])
    # the top of the input is at the right of the image
    assert transform(matrix, (5, 0)) == pytest.approx([60, 40])


@pytest.mark.parametrize(
    ("box", "corners"),
    [
        ((10, 10, 30, 50), ((-3, 5), (43, 55))),
        ((0, 0, 0, 0), ((-0.625, -0.625), (0.625, 0.625))),
    ],
)
def test_the_region_around_a_box_has_the_inputs_shape(box, corners):
    matrix = around(box, (100, 100), 1.25)
    shown = transform(matrix, [(0, 0), (100, 100)])
    width = shown[1, 0] - shown[0, 0]
    assert width == pytest.approx(shown[1, 1] - shown[0, 1])
    assert shown.mean(axis=0) == pytest.approx([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    assert width == pytest.approx(1.25 * max(box[2] - box[0], box[3] - box[1], 1))


def test_the_inverse_maps_back():
    matrix = region((12.5, 7), 33, (64, 48), angle=0.3)
    points = np.array([(0, 0), (640.5, 3), (-7, 100)])
    assert transform(inverse(matrix), transform(matrix, points)) == pytest.approx(points)


def test_the_mirrored_map_swaps_the_columns():
    matrix = region((12.5, 7), 33, (64, 48), angle=0.3)
    points = np.array([(0.5, 3), (10, 20)])
    swapped = np.array([(63.5, 3), (54, 20)])
    assert transform(mirrored(matrix, 64), swapped) == pytest.approx(transform(matrix, points))


def test_boxes_are_mapped_by_their_corners():
    matrix = letterbox((640, 480), (320, 320))
    assert transform_boxes(matrix, [[1, 2, 3, 4]]) == pytest.approx(np.array([[2, 4, 6, 8]]))


@pytest.mark.parametrize(
    ("image", "size", "step", "count"),
    [
        ((640, 480), (640, 480), 1, 1),
        ((640, 480), (320, 480), 1, 3),
        ((1000, 500), (320, 320), 1, 8),
    ],
)
def test_tiles_cover_the_image_with_overlap(image, size, step, count):
    found = tiles(image, size, step, 0.25)
    assert len(found) == count
    shown = np.array([transform(matrix, [(0, 0), size]) for matrix in found])
    assert shown[:, 0].min(axis=0) == pytest.approx([0, 0])
    assert (shown[:, 1].max(axis=0) >= np.array(image) - 1e-9).all()
    columns = sorted({left for left, _ in shown[:, 0]})
    for left, right in itertools.pairwise(columns):
        assert right - left <= 0.75 * step * size[0] + 1e-9
