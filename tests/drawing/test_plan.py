"""The shapes and labels of a drawing."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from posehub.drawing.captions import Show
from posehub.drawing.plan import COLOURS, LIGHT, Dots, Lines, Outline, plan, side_of
from posehub.poses.skeletons import COCO17
from posehub.testing import random_people

SIZE = (640, 480)


def shapes_of(people, kind, show=None):
    (figure,) = plan(people, SIZE, show or Show()).figures
    return [shape for shape in figure.shapes if isinstance(shape, kind)]


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


def test_every_link_and_keypoint_is_drawn_light_and_in_the_colour_of_its_side():
    people = random_people(1, seed=0)
    lines, dots = shapes_of(people, Lines), shapes_of(people, Dots)
    assert len(lines[0].ends) == len(COCO17.links)
    assert sum(len(shape.ends) for shape in lines[1:]) == len(COCO17.links)
    assert [shape.colour for shape in lines] == [LIGHT, *COLOURS.values()]
    assert len(dots[0].centres) == len(COCO17)
    assert sum(len(shape.centres) for shape in dots[1:-1]) == len(COCO17)
    assert [shape.colour for shape in dots] == [LIGHT, *COLOURS.values(), LIGHT]


def test_only_the_right_side_is_dashed_and_hollow():
    people = random_people(1, seed=0)
    (dashed,) = [shape for shape in shapes_of(people, Lines) if shape.dashes is not None]
    assert dashed.colour == COLOURS["right"]
    *_, right, holes = shapes_of(people, Dots)
    assert np.array_equal(right.centres, holes.centres)
    assert holes.radius < right.radius


def test_the_light_border_is_around_lines_and_keypoints():
    people = random_people(1, seed=0)
    light, *coloured = shapes_of(people, Lines)
    assert all(light.width > shape.width for shape in coloured)
    light, *coloured = shapes_of(people, Dots)
    assert all(light.radius > shape.radius for shape in coloured)


def test_large_people_are_behind_small_ones():
    people = random_people(3, seed=0)
    scaled = people.keypoints * np.array([0.5, 1.0, 0.25], np.float32)[:, None, None]
    figures = plan(attrs.evolve(people, keypoints=scaled), SIZE, Show()).figures
    assert [figure.index for figure in figures] == [1, 0, 2]


def test_a_person_far_outside_the_image_has_no_shapes_and_no_names():
    people = random_people(1, seed=0)
    away = attrs.evolve(people, keypoints=people.keypoints + np.float32(1e9))
    drawn = plan(away, SIZE, Show(names=True))
    assert [figure.shapes for figure in drawn.figures] == [()]
    assert drawn.labels == ()


def test_a_skeleton_without_links_has_keypoints_only():
    bare = attrs.evolve(COCO17, name="bare", links=())
    people = random_people(1, seed=0, skeleton=bare)
    assert shapes_of(people, Lines) == []
    assert len(shapes_of(people, Dots)) == 5


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


def test_a_result_with_ids_shows_them_instead_of_the_indices():
    people = attrs.evolve(random_people(2, seed=0), ids=[70, 3])
    labels = plan(people, SIZE, Show(ids=True)).labels
    assert {label.text for label in labels} == {"#70", "#3"}
    (label,) = plan(people[:1], SIZE, Show(ids=True)).labels
    assert label.text == "#70"


def test_a_person_without_a_score_has_no_score_written():
    people = attrs.evolve(random_people(1, seed=0), box_scores=[np.nan])
    assert plan(people, SIZE, Show(scores=True)).labels == ()


def test_names_have_scores_on_request():
    people = random_people(1, seed=0, image_size=(2000, 1500))
    labels = plan(people, (2000, 1500), Show(names=True, scores=True)).labels
    assert f"nose {people[0]['nose'].score:.2f}" in [label.text for label in labels]


def test_the_corners_of_a_box_may_come_in_any_order():
    people = attrs.evolve(random_people(1, seed=0), boxes=[[300, 200, 100, 50]])
    outlines = shapes_of(people, Outline, Show(boxes=True))
    assert [outline.box for outline in outlines] == [(100, 50, 300, 200)] * 2


def test_a_person_without_a_box_has_no_outline():
    people = attrs.evolve(random_people(1, seed=0), boxes=np.full((1, 4), np.nan))
    assert shapes_of(people, Outline, Show(boxes=True)) == []
