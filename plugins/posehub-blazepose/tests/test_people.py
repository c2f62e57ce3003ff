"""Which detections are people, and which of them are the same person."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from posehub.poses.skeletons import BLAZEPOSE33, COCO17
from posehub_blazepose.geometry import Region
from posehub_blazepose.landmarks import Landmarks
from posehub_blazepose.people import (
    COCO_POINTS,
    Detection,
    distinct,
    enclosing_box,
    hip_centred,
    is_part_of,
    is_same,
    point_scores,
    same_region,
    similarity,
)

# a standing person with arms down, 160 pixels tall, with the hips' centre at (0, 0)
STANDING = {
    "nose": (0, -72),
    "shoulder": (18, -52),
    "elbow": (24, -25),
    "wrist": (26, -2),
    "pinky": (27, 5),
    "index": (26, 7),
    "thumb": (23, 5),
    "hip": (10, 0),
    "knee": (11, 38),
    "ankle": (12, 76),
    "heel": (11, 80),
    "foot_index": (18, 84),
    "eye_inner": (2, -75),
    "eye": (4, -75),
    "eye_outer": (6, -75),
    "ear": (8, -73),
}


def standing(x=0.0, y=0.0, size=1.0):
    points = []
    for name in BLAZEPOSE33.keypoints:
        left = "left" in name
        part = name.replace("left_", "").replace("right_", "")
        part = "mouth" if part.startswith("mouth") else part
        column, row = {**STANDING, "mouth": (3, -67)}[part]
        # a person's left is on the right of the image
        points.append((x + size * (column if left else -column), y + size * row))
    return Landmarks(
        points=np.array(points, float),
        visibility=np.ones(33),
        presence=np.ones(33),
        alignment=np.array([(x, y), (x, y - 90 * size)]),
        world=np.zeros((33, 3)),
        person=1.0,
        region=Region(x, y, 225 * size),
    )


def person(x=0.0, y=0.0, size=1.0, score=0.9):
    """A standing person with a detector's score."""
    return Detection(standing(x, y, size), np.ones(33), detector_score=score)


shifts = st.tuples(st.floats(-300, 300), st.floats(-300, 300), st.floats(0.2, 5))


def test_the_coco_points_have_cocos_names():
    assert tuple(BLAZEPOSE33.keypoints[place] for place in COCO_POINTS) == COCO17.keypoints


@given(shifts, shifts)
def test_similarity_is_symmetric_and_within_its_range(first, second):
    one, other = standing(*first), standing(*second)
    ones = np.ones(33)
    assert similarity(one, other, ones) == pytest.approx(similarity(other, one, ones))
    assert 0 <= similarity(one, other, ones) <= 1


@given(shifts)
def test_the_similarity_of_a_pose_to_itself_is_one(shift):
    assert similarity(standing(*shift), standing(*shift), np.ones(33)) == pytest.approx(1)


def test_similarity_falls_with_distance():
    ones = np.ones(33)
    likeness = [similarity(standing(), standing(x), ones) for x in (0, 2, 5, 10, 20, 40)]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[-1] < 0.1


def test_points_without_weight_do_not_count_for_similarity():
    shifted = standing()
    points = shifted.points.copy()
    points[25:] += 100
    weights = np.ones(33)
    weights[25:] = 0
    assert similarity(standing(), evolve(shifted, points=points), weights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (person(3, 0), True),
        (person(0, 5, 1.05), True),
        (person(0, -30, 0.6), True),  # the same head on a smaller body
        (person(40, 0), False),  # shoulder to shoulder
        (person(15, 0, 0.8), False),  # behind and further away
        (person(0, 90), False),
    ],
)
def test_when_two_detections_are_one_person(other, same):
    assert is_same(person(), other) is same


@pytest.mark.parametrize(
    ("region", "same"),
    [
        (Region(10, 0, 225), True),
        (Region(0, 20, 290), True),
        (Region(0, 0, 330), False),
        (Region(40, 0, 225), False),
        (Region(0, 0, 100), False),
    ],
)
def test_when_two_regions_belong_to_one_person(region, same):
    assert same_region(Region(0, 0, 225), region) is same
    assert same_region(region, Region(0, 0, 225)) is same


@pytest.mark.parametrize(
    ("small", "part"),
    [
        (person(12, 80, 0.2), True),  # a shoe
        (person(0, -25, 0.3), True),  # a print on the shirt
        (person(0, -25, 0.4), False),  # a baby in the arms
        (person(150, 80, 0.2), False),  # a person far away, beside
        (person(0, 20, 0.6), False),  # a person in front, with good evidence
        (person(12, 20, 0.6, score=0.2), True),  # a thigh, with little evidence
    ],
)
def test_when_a_detection_is_only_a_part_of_a_larger_person(small, part):
    assert is_part_of(small, person()) is part


def test_each_person_is_kept_once_best_first():
    detections = [
        person(0, 0, score=0.6),
        person(2, 1, score=0.9),
        person(200, 0, score=0.95),
        person(12, 80, 0.2),
    ]
    assert [each.detector_score for each in distinct(detections)] == [0.95, 0.9]


# the detections of one person in the tiles of one or two scales: shifted by up to a tenth of the
# shoulders' width, of a slightly different size, and some cut off at a border, beyond which points
# have no score
jitter = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.96, 1.04))
views = st.lists(st.tuples(jitter, st.integers(0, 16), st.floats(0.5, 1)), min_size=1, max_size=5)
places = st.tuples(st.floats(0, 2000), st.floats(0, 2000), st.floats(0.5, 4))


def viewed(place, views):
    """The detections of one person at `place`, in tiles whose borders cross the person."""
    x, y, size = place
    found = []
    for (right, down, growth), hidden, score in views:
        scores = np.ones(33)
        scores[33 - hidden :] = 0.0
        pose = standing(x + size * right, y + size * down, size * growth)
        found.append(Detection(pose, scores, score))
    return found


@given(places, views)
def test_one_person_at_tile_borders_stays_one(place, views):
    assert len(distinct(viewed(place, views))) == 1


@given(places, views, views, st.floats(0.6, 3), st.floats(-1, 1))
def test_two_people_who_overlap_stay_two(place, first, second, apart, down):
    x, y, size = place
    # the arms overlap at most: the shoulders are 36 pixels wide, the arms 52
    beside = (x + 60 * size * apart, y + 20 * size * down, size)
    assert len(distinct(viewed(place, first) + viewed(beside, second))) == 2


@given(places, views, st.randoms())
def test_the_people_kept_do_not_depend_on_the_order_of_the_detections(place, views, random):
    x, y, size = place
    found = viewed(place, views) + viewed((x + 80 * size, y, size), views)
    shuffled = random.sample(found, len(found))
    assert [each.score for each in distinct(shuffled)] == [each.score for each in distinct(found)]


@given(places, views)
def test_distinct_people_stay_the_same(place, views):
    once = distinct(viewed(place, views))
    assert distinct(once) == once


def test_the_evidence_depends_on_detector_landmark_network_and_agreement():
    certain = person(score=1.0)
    assert certain.evidence == certain.score == 1
    for uncertain in (
        evolve(certain, detector_score=0.25),
        evolve(certain, agreement=0.5),
        evolve(certain, landmarks=evolve(certain.landmarks, person=0.5)),
    ):
        assert uncertain.evidence == pytest.approx(0.5)


def test_a_half_hidden_person_has_a_lower_score():
    hidden = np.ones(33)
    hidden[20:] = 0.1
    assert evolve(person(), scores=hidden).score < person().score


def test_the_score_of_a_point_depends_on_visibility_presence_and_position():
    pose = evolve(standing(100, 100), visibility=np.full(33, 0.8), presence=np.full(33, 0.5))
    assert point_scores(pose, 400, 400) == pytest.approx(0.4)
    # the feet, up to 84 pixels below the hips, are outside an image of 150 rows
    scores = point_scores(pose, 400, 150)
    ankle, knee = BLAZEPOSE33.index("left_ankle"), BLAZEPOSE33.index("left_knee")
    assert scores[ankle] == 0
    assert scores[knee] == pytest.approx(0.4)


def test_points_at_the_edges_of_the_image_are_inside_it():
    corners = np.tile([[0.0, 0.0], [640.0, 480.0], [640.0, 0.0]], (11, 1))
    pose = evolve(standing(), points=corners)
    assert point_scores(pose, 640, 480).tolist() == [1.0] * 33


def test_a_score_falls_with_the_distance_from_the_image():
    left = [point_scores(standing(-x, 100), 400, 400)[0] for x in (0, 5, 10, 15, 20, 30)]
    assert left == sorted(left, reverse=True)
    assert left[0] == 1
    assert left[-1] == 0


@given(shifts)
def test_a_box_encloses_every_visible_point_and_stays_inside_the_image(shift):
    pose = standing(*shift)
    scores = point_scores(pose, 640, 480)
    x1, y1, x2, y2 = enclosing_box(pose, scores, 640, 480)
    assert 0 <= x1 <= x2 <= 640
    assert 0 <= y1 <= y2 <= 480
    inside = (pose.points >= 0).all(axis=1) & (pose.points <= (640, 480)).all(axis=1)
    for x, y in pose.points[inside & (scores >= 0.5 * scores.max()) & (scores > 0)]:
        assert x1 <= x <= x2
        assert y1 <= y <= y2


def test_a_box_has_room_for_the_top_of_the_head():
    pose = standing(200, 200)
    top = enclosing_box(pose, np.ones(33), 640, 480)[1]
    assert top < pose.points[:, 1].min() - 10


def test_points_of_low_score_do_not_enlarge_the_box():
    pose, scores = standing(200, 200), np.ones(33)
    scores[25:] = 0.05
    assert enclosing_box(pose, scores, 640, 480)[3] < 230


def test_world_points_are_centred_on_the_midpoint_of_the_hips():
    world = np.random.default_rng(0).normal(size=(33, 3))
    centred = hip_centred(world)
    assert centred[[23, 24]].mean(axis=0) == pytest.approx([0, 0, 0])
    assert np.diff(centred, axis=0) == pytest.approx(np.diff(world, axis=0))
