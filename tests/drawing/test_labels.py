"""The places of labels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from posehub.drawing.labels import Label, place

SIZE = (400, 300)


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("right", lambda place: place[0] == 205 and place[1] < 150 < place[3]),
        ("left", lambda place: place[2] == 195 and place[1] < 150 < place[3]),
        ("corner", lambda place: place[0] == 200 and place[3] == 150),
        ("above", lambda place: place[0] < 200 < place[2] and place[3] == 150),
    ],
)
def test_a_label_stands_beside_its_anchor(kind, check):
    (label,) = place([Label("nose", (200, 150), 10, kind, 5)], SIZE)
    assert check(label.place)
    assert label.leader is None


@pytest.mark.parametrize("kind", ["right", "left", "corner", "above"])
@pytest.mark.parametrize("anchor", [(0, 0), (399, 0), (0, 299), (399, 299)])
def test_labels_stay_inside_the_image(kind, anchor):
    (label,) = place([Label("left_wrist", anchor, 10, kind, 5)], SIZE)
    left, top, right, bottom = label.place
    assert left >= 0
    assert top >= 0
    assert right <= 400
    assert bottom <= 300


@pytest.mark.parametrize("kind", ["right", "left", "corner", "above"])
def test_no_label_covers_another(kind):
    labels = place([Label("nose", (200 + i, 150), 10, kind, 5) for i in range(50)], SIZE)
    assert 1 < len(labels) < 50
    assert not any(overlap(a.place, b.place) for a, b in itertools.combinations(labels, 2))


def test_a_name_that_had_to_move_has_a_leader_to_its_keypoint():
    first, second = place([Label("nose", (200, 150), 10, "right", 5)] * 2, SIZE)
    assert first.leader is None
    assert second.leader is not None
    assert second.leader[0] == (200, 150)


def test_names_do_not_cover_the_taken_rectangles():
    taken = np.array([[190.0, 140, 300, 160]])
    (label,) = place([Label("nose", (200, 150), 10, "right", 5)], SIZE, taken)
    assert not overlap(label.place, taken[0])


def test_tags_are_placed_before_names():
    tag, _ = place(
        [Label("nose", (200, 150), 10, "right", 5), Label("#1", (205, 155), 10, "corner")], SIZE
    )
    assert tag.text == "#1"
    assert tag.place[3] == 155


def test_a_label_larger_than_the_image_starts_at_the_edge():
    (label,) = place([Label("left_foot_index", (5, 20), 10, "right", 5)], (30, 40))
    assert label.place[0] <= 0
    assert label.place[2] >= 30
