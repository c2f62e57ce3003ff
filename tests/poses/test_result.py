"""The model: people and their keypoints as views on arrays."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from posehub import Box, Keypoint, Person, PoseResult, Skeleton
from posehub.poses.skeletons import BAIDU21, COCO17
from posehub.testing import random_people

THREE = Skeleton("three", ["nose", "left_hand", "right_hand"])
NAN = math.nan

FIELDS = {
    "keypoints": [
        [[10, 20], [NAN, NAN], [30, 40]],
        [[1, 2], [3, 4], [5, 6]],
        [[7, 8], [NAN, NAN], [NAN, NAN]],
    ],
    "scores": [[0.5, 0, NAN], [0.9, 0.8, 0.7], [0.1, 0, 0]],
    "boxes": [[0, 5, 50, 65], [1, 2, 3, 4], [NAN, NAN, NAN, NAN]],
    "box_scores": [0.75, 0.9, NAN],
}


def _result(**fields):
    return PoseResult(**{**FIELDS, "skeleton": THREE, "image_size": (640, 480), **fields})


ARRAYS = ["keypoints", "scores", "boxes", "box_scores", "keypoints_3d"]


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only_float32(name):
    array = getattr(_result(keypoints_3d=np.zeros((3, 3, 3))), name)
    assert array.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        array[...] = 0


def test_a_float32_array_is_not_copied_and_stays_the_callers_to_write():
    mine = np.zeros((1, 3, 2), np.float32)
    result = PoseResult(mine, np.ones((1, 3)), np.zeros((1, 4)), [1], THREE)
    assert np.shares_memory(result.keypoints, mine)
    assert mine.flags.writeable


def test_fields_cannot_be_replaced():
    with pytest.raises(AttributeError):
        _result().backend = "other"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("keypoints", np.zeros((3, 3)), r"keypoints must have shape \(3, 3, 2\), got \(3, 3\)"),
        ("keypoints", np.zeros((3, 4, 2)), r"must have shape \(3, 3, 2\), got \(3, 4, 2\)"),
        ("keypoints", 5.0, r"keypoints must have shape \(0, 3, 2\), got \(\)"),
        ("scores", np.zeros((3, 2)), r"scores must have shape \(3, 3\), got \(3, 2\)"),
        ("boxes", np.zeros((3, 5)), r"boxes must have shape \(3, 4\), got \(3, 5\)"),
        ("box_scores", np.zeros((2,)), r"box_scores must have shape \(3,\), got \(2,\)"),
        ("keypoints_3d", np.zeros((3, 3, 2)), r"keypoints_3d must have shape \(3, 3, 3\)"),
        ("keypoints", np.full((3, 3, 2), np.inf), "must be finite or NaN, got an infinity"),
        ("boxes", np.full((3, 4), -np.inf), "must be finite or NaN, got an infinity"),
        ("keypoints_3d", np.full((3, 3, 3), np.inf), "must be finite or NaN, got an infinity"),
        ("keypoints", [[[1, NAN]] * 3] * 3, "needs both x and y, or NaN for both"),
        ("keypoints", np.full((3, 3, 2), NAN), "scores must be 0 where the keypoint is NaN"),
        ("scores", np.full((3, 3), NAN), "scores must be 0 where the keypoint is NaN"),
        ("scores", [[0.5, 0, 1.5], [0, 0, 0], [0, 0, 0]], r"scores must be in \[0, 1\], got 1.5"),
        ("scores", [[-0.5, 0, 0], [0, 0, 0], [0, 0, 0]], r"scores must be in \[0, 1\], got -0.5"),
        ("box_scores", [0, 0, 7], r"box_scores must be in \[0, 1\], got 7"),
        ("box_scores", [0, 0, np.inf], r"box_scores must be in \[0, 1\], got inf"),
    ],
)
def test_a_field_of_the_wrong_shape_or_range_is_refused_with_what_was_got(name, value, message):
    with pytest.raises(ValueError, match=message):
        _result(**{name: value})


def test_the_size_becomes_a_pair_of_plain_ints():
    assert _result(image_size=np.array([3, 4])).image_size == (3, 4)
    assert _result(image_size=None).image_size is None


def test_nobody_is_an_empty_result():
    result = PoseResult.empty(COCO17, image_size=(4, 3), backend="b", request_id="7", raw=[])
    assert len(result) == 0
    assert list(result) == []
    assert not result
    assert result.keypoints.shape == (0, 17, 2)
    assert (result.image_size, result.backend, result.request_id, result.raw) == (
        (4, 3),
        "b",
        "7",
        [],
    )


def test_a_result_is_a_sequence_of_people():
    result = _result()
    people = list(result)
    assert len(result) == len(people) == 3
    assert all(isinstance(person, Person) for person in people)
    assert [person.index for person in people] == [0, 1, 2]
    assert [person.index for person in reversed(result)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("key", "index"), [(0, 0), (2, 2), (-1, 2), (-3, 0), (np.int64(1), 1), (np.uint8(2), 2)]
)
def test_an_integer_gives_one_person(key, index):
    assert _result()[key].index == index


@pytest.mark.parametrize("key", [3, -4, np.int64(3)])
def test_an_integer_outside_is_an_index_error(key):
    with pytest.raises(IndexError):
        _result()[key]


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        (slice(None), [0, 1, 2]),
        (slice(1, None), [1, 2]),
        (slice(None, None, -1), [2, 1, 0]),
        (slice(5, 9), []),
        ([2, 0], [2, 0]),
        ([-1], [2]),
        ((1,), [1]),
        ([], []),
        ([1, 1], [1, 1]),
        (np.array([2, 1]), [2, 1]),
        (np.array([], dtype=int), []),
        ([True, False, True], [0, 2]),
        (np.array([False, True, False]), [1]),
        (np.zeros(3, bool), []),
    ],
)
def test_slices_integer_arrays_and_masks_give_a_result_of_those_people(key, rows):
    whole = _result(keypoints_3d=np.arange(27).reshape(3, 3, 3), request_id="42", raw={"a": 1})
    chosen = whole[key]
    assert isinstance(chosen, PoseResult)
    assert len(chosen) == len(rows)
    for name in ARRAYS:
        expected = getattr(whole, name)[np.array(rows, dtype=int)]
        assert np.array_equal(getattr(chosen, name), expected, equal_nan=True)
    assert (chosen.image_size, chosen.request_id, chosen.raw) == ((640, 480), "42", {"a": 1})


@pytest.mark.parametrize("key", [[3], np.array([0, -4]), [True, False], np.array([0.5])])
def test_people_who_are_not_there_cannot_be_chosen(key):
    with pytest.raises(IndexError):
        _result()[key]


def test_a_person_gives_keypoints_by_name():
    person = _result()[0]
    assert person["nose"] == Keypoint("nose", 10.0, 20.0, 0.5)


def test_a_keypoint_without_a_score_has_nan():
    point = _result()[0]["right_hand"]
    assert (point.x, point.y) == (30.0, 40.0)
    assert math.isnan(point.score)


def test_a_keypoint_that_was_not_reported_is_nan_with_score_zero():
    point = _result()[0]["left_hand"]
    assert math.isnan(point.x)
    assert math.isnan(point.y)
    assert point.score == 0.0


def test_a_persons_keypoints_are_the_reported_ones_in_the_skeletons_order():
    assert [list(person.keypoints) for person in _result()] == [
        ["nose", "right_hand"],
        ["nose", "left_hand", "right_hand"],
        ["nose"],
    ]


def test_an_unknown_keypoint_is_a_key_error_with_the_nearest_name():
    with pytest.raises(KeyError, match=r"three has no keypoint 'left_hnad'.*'left_hand'"):
        _result()[0]["left_hnad"]


def test_a_persons_box_has_edges_and_a_size():
    person = _result()[0]
    assert person.box == Box(left=0, top=5, right=50, bottom=65, score=0.75)
    assert (person.box.width, person.box.height) == (50, 60)
    assert person.score == 0.75


def test_a_person_without_a_box_has_nan():
    person = _result()[2]
    assert math.isnan(person.score)
    assert math.isnan(person.box.left)
    assert math.isnan(person.box.width)


def test_values_of_people_are_plain_floats():
    person = _result()[0]
    point = person["nose"]
    values = [point.x, point.y, point.score, person.score, *attrs.astuple(person.box)]
    assert {type(value) for value in values} == {float}


@pytest.mark.parametrize(
    ("bounds", "rows"),
    [
        ({}, [0, 1, 2]),
        ({"min_box_score": 0.75}, [0, 1]),
        ({"min_box_score": 0.9}, [1]),
        ({"min_box_score": 0.0}, [0, 1]),
        ({"min_keypoints": 2}, [0, 1]),
        ({"min_keypoints": 3}, [1]),
        ({"min_keypoints": 4}, []),
        ({"min_keypoints": 1, "min_keypoint_score": 0.5}, [0, 1]),
        ({"min_keypoints": 2, "min_keypoint_score": 0.5}, [1]),
        ({"min_keypoints": 3, "min_keypoint_score": 0.7}, [1]),
        ({"min_keypoints": 1, "min_keypoint_score": 0.95}, []),
        ({"min_box_score": 0.8, "min_keypoints": 1}, [1]),
    ],
)
def test_filter_keeps_who_passes_every_bound(bounds, rows):
    assert _result().filter(**bounds) == _result()[rows]


def test_results_with_nan_in_the_same_places_are_equal():
    assert _result() == _result()
    assert _result(keypoints_3d=np.full((3, 3, 3), NAN)) == _result(
        keypoints_3d=np.full((3, 3, 3), NAN)
    )


OTHER = {
    "keypoints": [[[10, 21], [NAN, NAN], [30, 40]], *FIELDS["keypoints"][1:]],
    "scores": [[0.5, 0, 0.5], *FIELDS["scores"][1:]],
    "boxes": np.zeros((3, 4)),
    "box_scores": [0.75, 0.9, 0.0],
    "skeleton": Skeleton("three", ["nose", "left_foot", "right_foot"]),
    "image_size": None,
    "backend": "other",
    "request_id": "7",
    "raw": {},
    "keypoints_3d": np.zeros((3, 3, 3)),
}


@pytest.mark.parametrize("name", OTHER)
def test_results_that_differ_in_any_field_are_not_equal(name):
    assert {name: OTHER[name]}.keys() <= {field.name for field in attrs.fields(PoseResult)}
    assert _result(**{name: OTHER[name]}) != _result()


def test_every_field_takes_part_in_equality():
    assert set(OTHER) == {field.name for field in attrs.fields(PoseResult)}


def test_results_of_other_people_or_types_are_not_equal():
    assert _result() != _result()[:2]
    assert _result() != [*_result()]


def test_a_result_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(_result())


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (_result(backend="fake"), "PoseResult(3 people, three, 640x480, backend='fake')"),
        (_result()[:1], "PoseResult(1 person, three, 640x480, backend='')"),
        (PoseResult.empty(BAIDU21), "PoseResult(0 people, baidu21, backend='')"),
    ],
)
def test_the_repr_of_a_result_is_one_line(result, text):
    assert repr(result) == text


def test_the_repr_of_a_person_counts_the_reported_keypoints():
    assert repr(_result()[0]) == "Person(2 of 3 keypoints, box=(0, 5, 50, 65), score=0.75)"
    assert repr(_result()[2]) == "Person(1 of 3 keypoints, box=(nan, nan, nan, nan), score=nan)"


def test_a_person_is_found_in_its_result():
    result = random_people(3, seed=1)
    assert result[1] in result
    assert result.index(result[2]) == 2
    assert len({result[0], result[0], result[1]}) == 2
    assert random_people(3, seed=1)[1] not in result
