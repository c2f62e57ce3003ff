"""What is drawn where, before anything has pixels."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from posehub.drawing.plan import Show, clipped, dashes, line_width, plan, side_of
from posehub.testing import random_people

SIZE = (640, 480)


@pytest.mark.parametrize(
    ("names", "side"),
    [
        (("left_wrist",), "left"),
        (("right_knee", "right_hip"), "right"),
        (("left_hip", "right_hip"), "middle"),
        (("nose",), "middle"),
        (("nose", "left_eye"), "middle"),
    ],
)
def test_the_side_of_a_link_is_that_of_both_its_ends(names, side):
    assert side_of(*names) == side


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
def test_a_line_is_as_wide_as_picture_and_person_allow(extent, size, width):
    assert line_width(extent, size) == pytest.approx(width)


@pytest.mark.parametrize("length", [20, 33.3, 100, 1000])
def test_dashes_fill_a_line_from_end_to_end(length):
    on, off = dashes(length, 2.0)
    count = (length + off) / (on + off)
    assert count == pytest.approx(round(count))
    assert on == pytest.approx(2 * off)


def test_a_short_line_has_no_dashes():
    assert dashes(8, 2.0) is None


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
    ],
)
def test_lines_are_clipped_to_the_frame(start, end, part):
    got = clipped(start, end, (0, 0, 10, 10))
    assert got == part


def test_large_people_are_behind_small_ones():
    people = random_people(3, seed=0)
    scaled = people.keypoints * np.array([0.5, 1.0, 0.25], np.float32)[:, None, None]
    figures = plan(attrs.evolve(people, keypoints=scaled), SIZE, Show()).figures
    assert [figure.index for figure in figures] == [1, 0, 2]


def test_a_person_far_outside_leaves_no_mark():
    people = random_people(1, seed=0)
    away = attrs.evolve(people, keypoints=people.keypoints + np.float32(1e9))
    (figure,) = plan(away, SIZE, Show(names=True)).figures
    assert figure.dots == figure.lines == ()


@pytest.mark.parametrize(
    ("show", "text"),
    [
        (Show(ids=True), "#0"),
        (Show(scores=True), "0.50"),
        (Show(ids=True, scores=True), "#0: 0.50"),
        (Show(ids=True, boxes=True), "#0"),
    ],
)
def test_the_tag_has_id_and_score(show, text):
    people = attrs.evolve(random_people(1, seed=0), box_scores=[0.5])
    assert [label.text for label in plan(people, SIZE, show).labels] == [text]


def test_a_person_without_a_score_has_none_written():
    people = attrs.evolve(random_people(1, seed=0), box_scores=[np.nan])
    assert plan(people, SIZE, Show(scores=True)).labels == ()


def test_names_have_scores_on_request():
    people = random_people(1, seed=0, image_size=(2000, 1500))
    texts = [
        label.text for label in plan(people, (2000, 1500), Show(names=True, scores=True)).labels
    ]
    assert f"nose {people[0]['nose'].score:.2f}" in texts


def test_a_box_turned_inside_out_is_drawn_the_right_way_round():
    people = attrs.evolve(random_people(1, seed=0), boxes=[[300, 200, 100, 50]])
    (figure,) = plan(people, SIZE, Show(boxes=True)).figures
    assert figure.box == (100, 50, 300, 200)


def test_people_may_be_called_by_other_ids():
    people = random_people(2, seed=0)
    labels = plan(people, SIZE, Show(ids=True), ids=[7, 3]).labels
    assert {label.text for label in labels} == {"#7", "#3"}
