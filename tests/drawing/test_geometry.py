"""Widths of lines, lengths of dashes, and lines cut at the edge of an image."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from posehub.drawing.geometry import clipped, dashed, dashes, extents, line_widths
from posehub.testing import random_people


@pytest.mark.parametrize(
    ("extent", "size", "width"),
    [
        (400, (640, 480), 640 / 220),
        (4000, (480, 6400), 6400 / 220),
        (50, (640, 480), 1.0),
        (100, (6400, 480), 2.0),
        (0, (640, 480), 640 / 220),
    ],
)
def test_the_line_width_depends_on_image_and_person(extent, size, width):
    assert line_widths(np.array([float(extent)]), size) == pytest.approx([width])


def test_the_extent_is_the_diagonal_of_the_keypoints():
    people = random_people(4, seed=0)
    spans = people.keypoints.max(axis=1) - people.keypoints.min(axis=1)
    assert extents(people) == pytest.approx(np.hypot(*spans.T), rel=1e-6)


@pytest.mark.parametrize(
    ("points", "box", "extent"),
    [
        (2, (0, 0, 300, 400), 5),
        (1, (0, 0, 300, 400), 500),
        (0, (300, 400, 0, 0), 500),
        (0, (np.nan,) * 4, 0),
        (1, (np.nan,) * 4, 0),
    ],
)
def test_with_fewer_than_two_keypoints_the_extent_is_that_of_the_box(points, box, extent):
    person = random_people(1, seed=0)
    keypoints = np.full_like(person.keypoints, np.nan)
    keypoints[0, :points] = np.array([(10, 10), (13, 14)])[:points]
    scores = np.where(np.isnan(keypoints[..., 0]), 0, 1)
    given = attrs.evolve(person, keypoints=keypoints, scores=scores, boxes=[box])
    assert extents(given) == pytest.approx([extent])


@pytest.mark.parametrize("length", [20, 33.3, 100, 1000])
def test_dashes_fill_a_line_from_end_to_end(length):
    dash, gap = dashes(np.array(float(length)), np.array(2.0))
    count = (length + gap) / (dash + gap)
    assert count == pytest.approx(round(count))
    assert dash == pytest.approx(2 * gap)


def test_a_short_line_is_one_dash():
    assert dashes(np.array(8.0), np.array(2.0)).tolist() == [8, 0]


def test_dashes_become_lines_of_their_own():
    lines = np.array([[[10, 0], [110, 0]], [[5, 5], [5, 10]], [[7, 7], [7, 7]]], float)
    parts = dashed(lines, np.array([[40.0, 20], [5, 0], [0, 0]]))
    assert parts.tolist() == [
        [[10, 0], [50, 0]],
        [[70, 0], [110, 0]],
        [[5, 5], [5, 10]],
    ]


@pytest.mark.parametrize(
    ("start", "end", "part"),
    [
        ((1, 1), (9, 9), ((1, 1), (9, 9))),
        ((-5, 5), (15, 5), ((0, 5), (10, 5))),
        ((5, -10), (5, 5), ((5, 0), (5, 5))),
        ((-5, 0), (5, 10), ((0, 5), (5, 10))),
        ((-5, 5), (-1, 5), None),
        ((-5, 5), (5, 15.1), None),
        ((3, 3), (3, 3), ((3, 3), (3, 3))),
        ((11, 3), (11, 3), None),
        ((np.nan, np.nan), (3, 3), None),
        ((3, 3), (np.nan, np.nan), None),
    ],
)
def test_lines_are_clipped_to_the_frame(start, end, part):
    lines, visible = clipped(np.array([[start, end]], float), np.array([[0, 0, 10, 10.0]]))
    assert visible.tolist() == [part is not None]
    if part is not None:
        assert lines.tolist() == [[list(point) for point in part]]
