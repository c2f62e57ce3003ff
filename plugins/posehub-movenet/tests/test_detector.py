"""The detector's decoding, scans and tiles, on made maps."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.local.geometry import transform
from posehub_movenet.detector import Detections, agreed, decode, inputs_of, scans_of, uncut
from posehub_movenet.modes import MODES, Scan

SIZE = (416, 320)


def maps_of(boxes, stride, scores):
    """Maps as the network gives them for some boxes, which the scale of `stride` finds."""
    maps = {}
    for each in (8, 16, 32):
        columns, rows = SIZE[0] // each, SIZE[1] // each
        maps[f"classes_{each}"] = np.zeros((80, rows, columns), np.float32)
        maps[f"sides_{each}"] = np.zeros((44, rows, columns), np.float32)
    for (left, top, right, bottom), score in zip(boxes, scores, strict=True):
        column = int((left + right) / 2 / stride)
        row = int((top + bottom) / 2 / stride)
        x, y = (column + 0.5) * stride, (row + 0.5) * stride
        sides = np.array([x - left, y - top, right - x, bottom - y]) / stride
        # all likelihood on the two bins next to a distance
        logits = np.full((4, 11), -60.0)
        for side, distance in enumerate(sides):
            low = int(distance)
            logits[side, low] = np.log(max(low + 1 - distance, 1e-12))
            logits[side, low + 1] = np.log(max(distance - low, 1e-12))
        maps[f"classes_{stride}"][0, row, column] = score
        maps[f"sides_{stride}"][:, row, column] = logits.ravel()
    return maps


@pytest.mark.parametrize(
    ("stride", "box"),
    [(8, (0, 0, 25.3, 60)), (16, (100.2, 50.4, 180, 199.9)), (32, (0, 0, 416, 320))],
)
def test_boxes_are_decoded_exactly(stride, box):
    found = decode(maps_of([box], stride, [0.7]), 0.2)
    assert found.boxes == pytest.approx(np.array([box]), abs=0.01)
    assert found.scores == pytest.approx([0.7])


def test_only_people_of_the_least_score_are_decoded():
    maps = maps_of([(0, 0, 40, 60), (200, 100, 240, 160)], 8, [0.7, 0.1])
    maps["classes_16"][5, 3, 3] = 0.9
    assert len(decode(maps, 0.2)) == 1


@pytest.mark.parametrize(
    ("image", "side", "size", "count"),
    [
        ((640, 480), 416, (416, 320), 1),
        ((480, 640), 416, (320, 416), 1),
        ((100, 100), 320, (320, 320), 1),
        ((1, 1), 416, (416, 416), 1),
        ((6000, 200), 416, (416, 128), 10),
    ],
)
def test_a_scan_shows_an_image_in_as_few_inputs_as_it_needs(image, side, size, count):
    found, matrices = inputs_of(image, Scan(side, side))
    assert (found, len(matrices)) == (size, count)
    shown = np.array([transform(matrix, [(0, 0), size]) for matrix in matrices])
    assert shown[:, 0].min(axis=0) == pytest.approx([0, 0])
    assert (shown[:, 1].max(axis=0) >= np.array(image) - 1e-6).all()


@pytest.mark.parametrize(
    ("image", "sides"),
    [((300, 200), [416]), ((640, 480), [416, 640]), ((4000, 3000), [416, 640, 1280])],
)
def test_a_scan_that_only_enlarges_the_image_is_left_out(image, sides):
    assert [scan.side for scan in scans_of(image, MODES["thorough"].scans)] == sides


def test_a_box_at_an_inner_edge_of_a_tile_is_cut_off():
    # the right half of an image of 200 x 100
    matrix = np.array([[1, 0, 100.0], [0, 1, 0]])
    boxes = np.array([[0, 10, 30, 50], [50, 0, 80, 100], [70, 10, 100, 50.0]])
    assert uncut(boxes, matrix, (100, 100), (200, 100)).tolist() == [False, True, True]


def test_scans_that_agree_make_a_person_more_certain():
    box, other = [10, 10, 50, 90], [200, 20, 240, 99]
    first = Detections(np.array([box], float), np.array([0.8]))
    second = Detections(np.array([box, other], float), np.array([0.5, 0.6]))
    people = agreed([first, second])
    assert people.boxes == pytest.approx(np.array([box, other]))
    assert people.scores == pytest.approx([np.sqrt(0.8 * 0.5), np.sqrt(0.6 * 0.1)])


def test_scans_without_people_agree_on_none():
    empty = Detections(np.empty((0, 4)), np.empty(0))
    assert len(agreed([empty, empty])) == 0
