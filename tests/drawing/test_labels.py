"""Where words go."""

from __future__ import annotations

import itertools

import pytest

from posehub.drawing.labels import Label, place

SIZE = (400, 300)


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("right", lambda spot: spot[0] == 205 and spot[1] < 150 < spot[3]),
        ("left", lambda spot: spot[2] == 195 and spot[1] < 150 < spot[3]),
        ("corner", lambda spot: spot[0] == 200 and spot[3] == 150),
        ("above", lambda spot: spot[0] < 200 < spot[2] and spot[3] == 150),
    ],
)
def test_a_label_stands_beside_its_anchor(kind, check):
    (label,) = place([Label("nose", (200, 150), 10, kind, 5)], SIZE)
    assert check(label.place)
    assert label.leader is None


@pytest.mark.parametrize("kind", ["right", "left", "corner", "above"])
@pytest.mark.parametrize("anchor", [(0, 0), (399, 0), (0, 299), (399, 299)])
def test_labels_stay_inside_the_picture(kind, anchor):
    (label,) = place([Label("left_wrist", anchor, 10, kind, 5)], SIZE)
    left, top, right, bottom = label.place
    assert left >= 0
    assert top >= 0
    assert right <= 400
    assert bottom <= 300


@pytest.mark.parametrize("kind", ["right", "left", "corner", "above"])
def test_no_label_lies_on_another(kind):
    labels = place([Label("nose", (200 + i, 150), 10, kind, 5) for i in range(50)], SIZE)
    assert 1 < len(labels) < 50
    assert not any(overlap(a.place, b.place) for a, b in itertools.combinations(labels, 2))


def test_a_name_that_had_to_move_is_joined_to_its_point():
    first, second = place([Label("nose", (200, 150), 10, "right", 5)] * 2, SIZE)
    assert first.leader is None
    assert second.leader is not None
    assert second.leader[0] == (200, 150)


def test_names_keep_off_what_is_taken():
    (label,) = place([Label("nose", (200, 150), 10, "right", 5)], SIZE, [(190, 140, 300, 160)])
    assert not overlap(label.place, (190, 140, 300, 160))


def test_tags_go_before_names():
    tag, _ = place(
        [Label("nose", (200, 150), 10, "right", 5), Label("#1", (205, 155), 10, "corner")], SIZE
    )
    assert tag.text == "#1"
    assert tag.place[3] == 155
