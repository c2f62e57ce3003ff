"""What counts as a person, and as the same one: decisions as tables."""

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
    Sighting,
    distinct,
    enclosing_box,
    hip_centred,
    is_part_of,
    is_same,
    point_scores,
    same_region,
    similarity,
)

# somebody standing, arms down, 160 pixels tall, about (0, 0) between the hips
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
        # a person's left is on the right of the picture
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


def sighting(x=0.0, y=0.0, size=1.0, detection=0.9, **changes):
    return Sighting(evolve(standing(x, y, size), **changes), np.ones(33), detection)


shifts = st.tuples(st.floats(-300, 300), st.floats(-300, 300), st.floats(0.2, 5))


def test_the_coco_points_are_named_alike():
    assert tuple(BLAZEPOSE33.keypoints[place] for place in COCO_POINTS) == COCO17.keypoints


@given(shifts, shifts)
def test_similarity_is_symmetric_and_within_its_range(first, second):
    one, other = standing(*first), standing(*second)
    ones = np.ones(33)
    assert similarity(one, other, ones) == pytest.approx(similarity(other, one, ones))
    assert 0 <= similarity(one, other, ones) <= 1


@given(shifts)
def test_a_pose_is_wholly_similar_to_itself(shift):
    assert similarity(standing(*shift), standing(*shift), np.ones(33)) == pytest.approx(1)


def test_similarity_falls_with_distance():
    ones = np.ones(33)
    likeness = [similarity(standing(), standing(x), ones) for x in (0, 2, 5, 10, 20, 40)]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[-1] < 0.1


def test_points_nobody_saw_do_not_count_for_similarity():
    shifted = standing()
    points = shifted.points.copy()
    points[25:] += 100
    seen = np.ones(33)
    seen[25:] = 0
    assert similarity(standing(), evolve(shifted, points=points), seen) == pytest.approx(1)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (sighting(3, 0), True),
        (sighting(0, 5, 1.05), True),
        (sighting(0, -30, 0.6), True),  # the same head on a smaller body
        (sighting(40, 0), False),  # shoulder to shoulder
        (sighting(15, 0, 0.8), False),  # behind and further away
        (sighting(0, 90), False),
    ],
)
def test_when_two_sightings_are_of_one_person(other, same):
    assert is_same(sighting(), other) is same


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
def test_when_two_regions_surround_one_person(region, same):
    assert same_region(Region(0, 0, 225), region) is same
    assert same_region(region, Region(0, 0, 225)) is same


@pytest.mark.parametrize(
    ("small", "part"),
    [
        (sighting(12, 80, 0.2), True),  # a shoe
        (sighting(0, -25, 0.3), True),  # a print on the shirt
        (sighting(0, -25, 0.4), False),  # a baby in the arms
        (sighting(150, 80, 0.2), False),  # somebody far away, beside
        (sighting(0, 20, 0.6), False),  # somebody in front, well seen
        (sighting(12, 20, 0.6, detection=0.2), True),  # a thigh, hardly seen
    ],
)
def test_what_is_only_a_part_of_a_larger_person(small, part):
    assert is_part_of(small, sighting()) is part


def test_everybody_is_kept_once_best_first():
    crowd = [
        sighting(0, 0, detection=0.6),
        sighting(2, 1, detection=0.9),
        sighting(200, 0, detection=0.95),
        sighting(12, 80, 0.2),
    ]
    assert [person.detection for person in distinct(crowd)] == [0.95, 0.9]


# what the tiles of one scale or two make of one person: a shift of a tenth of the shoulders' width,
# a size some percent off, and a view cut off at a border that leaves the far points unseen
jitter = st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.96, 1.04))
views = st.lists(st.tuples(jitter, st.integers(0, 16), st.floats(0.5, 1)), min_size=1, max_size=5)
places = st.tuples(st.floats(0, 2000), st.floats(0, 2000), st.floats(0.5, 4))


def viewed(place, views):
    """Sightings of one person at `place`, as tiles with borders across them give them."""
    x, y, size = place
    seen = []
    for (right, down, grown), hidden, detection in views:
        scores = np.ones(33)
        scores[33 - hidden :] = 0.0
        seen.append(
            Sighting(standing(x + size * right, y + size * down, size * grown), scores, detection)
        )
    return seen


@given(places, views)
def test_one_person_at_tile_borders_stays_one(place, views):
    assert len(distinct(viewed(place, views))) == 1


@given(places, views, views, st.floats(0.6, 3), st.floats(-1, 1))
def test_two_who_overlap_stay_two(place, first, second, apart, down):
    x, y, size = place
    # from arms that cross on: the shoulders are 36 pixels wide, the arms 52
    beside = (x + 60 * size * apart, y + 20 * size * down, size)
    assert len(distinct(viewed(place, first) + viewed(beside, second))) == 2


@given(places, views, st.randoms())
def test_who_is_kept_does_not_depend_on_the_order_of_looks(place, views, random):
    x, y, size = place
    crowd = viewed(place, views) + viewed((x + 80 * size, y, size), views)
    shuffled = random.sample(crowd, len(crowd))
    assert [each.score for each in distinct(shuffled)] == [each.score for each in distinct(crowd)]


@given(places, views)
def test_keeping_each_person_once_twice_over_changes_nothing(place, views):
    once = distinct(viewed(place, views))
    assert distinct(once) == once


def test_the_evidence_needs_detector_network_and_mirror():
    sure = sighting(detection=1.0)
    assert sure.evidence == sure.score == 1
    for doubt in (
        evolve(sure, detection=0.25),
        evolve(sure, agreement=0.5),
        evolve(sure, landmarks=evolve(sure.landmarks, person=0.5)),
    ):
        assert doubt.evidence == pytest.approx(0.5)


def test_who_is_half_hidden_scores_less():
    hidden = np.ones(33)
    hidden[20:] = 0.1
    assert evolve(sighting(), scores=hidden).score < sighting().score


def test_a_point_is_scored_by_visibility_presence_and_place():
    seen = evolve(standing(100, 100), visibility=np.full(33, 0.8), presence=np.full(33, 0.5))
    assert point_scores(seen, 400, 400) == pytest.approx(0.4)
    # the feet, up to 84 pixels below the hips, leave a picture of 150 rows
    scores = point_scores(seen, 400, 150)
    ankle, knee = BLAZEPOSE33.index("left_ankle"), BLAZEPOSE33.index("left_knee")
    assert scores[ankle] == 0
    assert scores[knee] == pytest.approx(0.4)


def test_a_score_fades_with_the_distance_from_the_picture():
    left = [point_scores(standing(-x, 100), 400, 400)[0] for x in (0, 5, 10, 15, 20, 30)]
    assert left == sorted(left, reverse=True)
    assert left[0] == 1
    assert left[-1] == 0


@given(shifts)
def test_a_box_encloses_every_point_in_the_picture_and_stays_inside_it(shift):
    person = standing(*shift)
    scores = point_scores(person, 640, 480)
    x1, y1, x2, y2 = enclosing_box(person, scores, 640, 480)
    assert 0 <= x1 <= x2 <= 640
    assert 0 <= y1 <= y2 <= 480
    inside = (person.points >= 0).all(axis=1) & (person.points <= (640, 480)).all(axis=1)
    for x, y in person.points[inside & (scores >= 0.5 * scores.max()) & (scores > 0)]:
        assert x1 <= x <= x2
        assert y1 <= y <= y2


def test_a_box_has_room_for_the_top_of_the_head():
    person = standing(200, 200)
    top = enclosing_box(person, np.ones(33), 640, 480)[1]
    assert top < person.points[:, 1].min() - 10


def test_points_nobody_saw_do_not_widen_the_box():
    person, scores = standing(200, 200), np.ones(33)
    scores[25:] = 0.05
    assert enclosing_box(person, scores, 640, 480)[3] < 230


def test_world_points_are_centred_between_the_hips():
    world = np.random.default_rng(0).normal(size=(33, 3))
    centred = hip_centred(world)
    assert centred[[23, 24]].mean(axis=0) == pytest.approx([0, 0, 0])
    assert np.diff(centred, axis=0) == pytest.approx(np.diff(world, axis=0))
