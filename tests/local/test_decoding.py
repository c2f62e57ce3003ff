"""Decoders on made maps."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.local.centres import CentreMaps, decode_middle
from posehub.local.heatmaps import decode_heatmaps, input_points
from posehub.local.simcc import decode_simcc

POINTS = np.array([[[10.2, 7.9], [20.3, 30.4], [37.6, 50.1]]])
COLUMNS, ROWS = 48, 64


def peaks(points, deviation):
    """Maps (N, K, ROWS, COLUMNS) of normal distributions about points in cells."""
    x, y = np.arange(COLUMNS) + 0.5, np.arange(ROWS) + 0.5
    apart = (x - points[..., 0, None, None]) ** 2 + (y[:, None] - points[..., 1, None, None]) ** 2
    return np.exp(-apart / (2 * deviation**2)).astype(np.float32)


def test_dark_finds_the_middle_of_a_peak():
    points, scores = decode_heatmaps(peaks(POINTS, 2.0), "dark")
    assert points == pytest.approx(POINTS, abs=0.01)
    assert scores.min() > 0.9


def test_no_refinement_gives_centres_of_cells():
    points, _ = decode_heatmaps(peaks(POINTS, 2.0), "none")
    assert points.tolist() == (np.floor(POINTS) + 0.5).tolist()


def test_quarter_moves_towards_the_higher_neighbour():
    points, _ = decode_heatmaps(peaks(np.array([[[10.2, 7.9]]]), 2.0), "quarter")
    assert points[0, 0] == pytest.approx([10.25, 7.75])


@pytest.mark.parametrize("refinement", ["none", "quarter", "dark"])
@pytest.mark.parametrize("corner", [(0, 0), (COLUMNS - 1, ROWS - 1)])
def test_a_peak_at_a_corner_is_its_cell(refinement, corner):
    maps = np.zeros((1, 1, ROWS, COLUMNS), np.float32)
    maps[0, 0, corner[1], corner[0]] = 1
    points, scores = decode_heatmaps(maps, refinement)
    assert points[0, 0] == pytest.approx(np.array(corner) + 0.5)
    assert scores[0, 0] == 1


def test_an_empty_map_has_score_zero():
    _, scores = decode_heatmaps(np.zeros((1, 2, ROWS, COLUMNS), np.float32))
    assert scores.tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("udp", "point", "expected"),
    [
        (False, (0.5, 0.5), (2, 2)),
        (False, (48, 64), (192, 256)),
        (True, (0.5, 0.5), (0.5, 0.5)),
        (True, (47.5, 63.5), (191.5, 255.5)),
    ],
)
def test_cells_become_elements(udp, point, expected):
    found = input_points(np.array(point), (48, 64), (192, 256), udp=udp)
    assert found == pytest.approx(expected)


def test_simcc_takes_the_highest_bins():
    columns, rows = np.zeros((1, 2, 384), np.float32), np.zeros((1, 2, 512), np.float32)
    columns[0, 0, 0], rows[0, 0, 511] = 0.8, 0.6
    columns[0, 1, 201], rows[0, 1, 100] = 0.3, 1.2
    points, scores = decode_simcc(columns, rows)
    assert points[0].tolist() == [[0.5, 256.0], [101.0, 50.5]]
    assert scores[0] == pytest.approx([0.6, 0.3])


def centre_maps(points, center):
    """Maps of one person, exact everywhere, as a CenterNet gives them at best."""
    heatmap = peaks(points, 1.5)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    cells = np.stack([y, x])
    target = points[0, :, ::-1, None, None]
    exact = (target - cells).astype(np.float32)[None]
    centre = peaks(np.array([[center]]), 2.0)[:, 0]
    return CentreMaps(centre, heatmap, exact, exact)


def test_the_person_in_the_middle_is_decoded_exactly():
    points, values, centre = decode_middle(centre_maps(POINTS, (24.4, 32.2)))
    assert points == pytest.approx(POINTS, abs=1e-4)
    assert values.min() > 0.9
    assert centre[0] > 0.9


def test_a_person_at_the_edge_does_not_hide_the_one_in_the_middle():
    middle, edge = centre_maps(POINTS, (24, 32)), centre_maps(POINTS[:, ::-1], (3, 3))
    both = CentreMaps(
        np.maximum(0.8 * middle.centre, edge.centre),
        np.maximum(0.8 * middle.heatmap, edge.heatmap),
        middle.regression,
        middle.offset,
    )
    points, _, _ = decode_middle(both, centre_reach=4.0)
    assert points == pytest.approx(POINTS, abs=1e-4)


def test_mirrored_maps_of_the_mirror_image_are_the_maps():
    order = [1, 0, 2]
    plain = centre_maps(POINTS, (24.4, 32.2))
    reverse = np.array([COLUMNS, 0]) + POINTS[:, order] * np.array([-1, 1])
    seen = centre_maps(reverse, (COLUMNS - 24.4, 32.2)).mirrored(order)
    for name in ("centre", "heatmap", "regression", "offset"):
        assert getattr(seen, name) == pytest.approx(getattr(plain, name), abs=1e-4)
    points, _, _ = decode_middle(plain.averaged(seen))
    assert points == pytest.approx(POINTS, abs=1e-4)
