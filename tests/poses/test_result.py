"""The model: people and their keypoints as views on arrays."""

from __future__ import annotations

import copy
import math
import pickle

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


DTYPES = {
    "keypoints": np.float32,
    "scores": np.float32,
    "boxes": np.float32,
    "box_scores": np.float32,
    "keypoints_3d": np.float32,
    "ids": np.int64,
}


def _whole():
    """A result with every field given."""
    depth = np.arange(27).reshape(3, 3, 3)
    return _result(
        backend="b", request_id="42", raw={"a": 1}, keypoints_3d=depth, ids=[7, -8, 2**62]
    )


def assert_read_only(result):
    for name, dtype in DTYPES.items():
        array = getattr(result, name)
        assert array.dtype == dtype
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_arrays_are_read_only_float32_and_int64():
    assert_read_only(_whole())


def test_a_float32_array_is_not_copied_and_stays_writable_for_the_caller():
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
        ("ids", [1, 2], r"ids must have shape \(3,\), got \(2,\)"),
        ("ids", [[1], [2], [3]], r"ids must have shape \(3,\), got \(3, 1\)"),
        ("ids", [1.0, 2.0, 3.0], "ids must be integers that fit int64, got float64"),
        ("ids", [True, False, True], "ids must be integers that fit int64, got bool"),
        ("ids", ["1", "2", "3"], "ids must be integers that fit int64, got <U1"),
        ("ids", np.array([1, 2, 2**63], np.uint64), "integers that fit int64, got uint64"),
        ("ids", [1, 2, 2**63], "ids must be integers that fit int64, got float64"),
        ("ids", [1, 2, 2**64], "ids must be integers that fit int64, got object"),
    ],
)
def test_a_field_of_the_wrong_shape_or_range_is_refused_with_what_was_got(name, value, message):
    with pytest.raises(ValueError, match=message):
        _result(**{name: value})


def test_scores_slightly_outside_the_range_are_set_to_the_bound():
    result = _result(scores=[[1.02, -0.05, NAN], [1, 1, 1], [0, 0, 0]], box_scores=[1.05, -0.01, 0])
    expected = np.array([[1, 0, NAN], [1, 1, 1], [0, 0, 0]], np.float32)
    assert np.array_equal(result.scores, expected, equal_nan=True)
    assert result.box_scores.tolist() == [1, 0, 0]
    assert_read_only(attrs.evolve(_whole(), scores=result.scores, box_scores=result.box_scores))


def test_the_size_becomes_a_pair_of_python_integers():
    assert _result(image_size=np.array([3, 4])).image_size == (3, 4)
    assert _result(image_size=None).image_size is None


def test_a_result_without_people_is_empty():
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
    whole = _whole()
    selected = whole[key]
    assert isinstance(selected, PoseResult)
    assert len(selected) == len(rows)
    for name in DTYPES:
        expected = getattr(whole, name)[np.array(rows, dtype=int)]
        assert np.array_equal(getattr(selected, name), expected, equal_nan=True)
    assert (selected.image_size, selected.request_id, selected.raw) == ((640, 480), "42", {"a": 1})
    assert (selected.backend, selected.skeleton) == ("b", THREE)
    assert_read_only(selected)


@pytest.mark.parametrize(
    "key",
    [
        [3],
        np.array([0, -4]),
        [True, False],
        np.array([0.5]),
        np.array(1),
        np.array([[0, 1]]),
        np.ones((3, 3), bool),
        (slice(1), 0),
    ],
    ids=repr,
)
def test_rows_that_do_not_exist_are_an_index_error(key):
    with pytest.raises(IndexError):
        _result()[key]


def test_a_result_with_optional_fields_missing_keeps_them_missing_when_selected():
    selected = _result()[1:]
    assert (selected.keypoints_3d, selected.ids) == (None, None)


def test_people_have_their_ids():
    assert [person.id for person in _whole()] == [7, -8, 2**62]
    assert {type(person.id) for person in _whole()} == {int}
    assert _result()[0].id is None


def test_an_int64_array_of_ids_is_not_copied_and_stays_writable_for_the_caller():
    mine = np.array([1, 2, 3])
    result = _result(ids=mine)
    assert np.shares_memory(result.ids, mine)
    assert mine.flags.writeable
    assert _result(ids=np.array([1, 2, 3], np.uint8)).ids.tolist() == [1, 2, 3]
    assert _result()[:0].ids is None
    assert attrs.evolve(_result()[:0], ids=[]).ids.dtype == np.int64


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


def test_values_of_people_are_python_floats():
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
def test_filter_keeps_the_people_who_pass_every_bound(bounds, rows):
    assert _whole().filter(**bounds) == _whole()[rows]


def test_mask_makes_keypoints_below_the_score_unreported():
    masked = _whole().mask(min_score=0.75)
    assert [list(person.keypoints) for person in masked] == [
        ["right_hand"],  # it has no score
        ["nose", "left_hand"],
        [],
    ]
    low = [[True, True, False], [False, False, True], [True, True, True]]
    assert np.isnan(masked.keypoints).tolist() == np.repeat(low, 2).reshape(3, 3, 2).tolist()
    assert np.isnan(masked.keypoints_3d).all(axis=2).tolist() == low
    assert (masked.scores == 0).tolist() == low
    kept = {name: getattr(masked, name) for name in ("keypoints", "scores", "keypoints_3d")}
    assert attrs.evolve(_whole(), **kept) == masked


def test_mask_keeps_keypoints_of_exactly_the_score_and_has_a_default():
    scores = [[0.3, 0, 0.25], [0.9, 0.8, 0.7], [0.1, 0, 0]]
    assert [list(p.keypoints) for p in _result(scores=scores).mask()] == [
        ["nose"],
        ["nose", "left_hand", "right_hand"],
        [],
    ]
    assert [list(p.keypoints) for p in _result(scores=scores).mask(min_score=0.25)] == [
        ["nose", "right_hand"],
        ["nose", "left_hand", "right_hand"],
        [],
    ]


def test_mask_returns_the_result_itself_if_nothing_is_below_the_score():
    result = _result()
    assert result.mask(min_score=0) is result


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
    "ids": [1, 2, 3],
}


@pytest.mark.parametrize("name", OTHER)
def test_results_that_differ_in_any_field_are_not_equal(name):
    assert {name: OTHER[name]}.keys() <= {field.name for field in attrs.fields(PoseResult)}
    assert _result(**{name: OTHER[name]}) != _result()


def test_every_field_is_compared():
    assert set(OTHER) == {field.name for field in attrs.fields(PoseResult)}


def test_results_with_different_ids_are_not_equal():
    assert _result(ids=[1, 2, 3]) == _result(ids=[1, 2, 3])
    assert _result(ids=[1, 2, 3]) != _result(ids=[1, 3, 2])


def test_results_of_other_people_or_types_are_not_equal():
    assert _result() != _result()[:2]
    assert _result() != [*_result()]


@pytest.mark.parametrize("duplicate", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy])
def test_a_pickled_or_copied_result_is_equal_and_read_only(duplicate):
    assert duplicate(_whole()) == _whole()
    assert_read_only(duplicate(_whole()))
    assert duplicate(_result()) == _result()


def test_a_pickled_selection_does_not_hold_the_other_people():
    people = random_people(1000, seed=0)
    assert len(pickle.dumps(people[:1])) < len(pickle.dumps(people)) / 100


def test_a_result_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(_result())


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (_result(backend="fake"), "PoseResult(3 people, three, 640x480, backend='fake')"),
        (_result()[:1], "PoseResult(1 person, three, 640x480, backend='')"),
        (_result(ids=[1, 2, 3]), "PoseResult(3 people with ids, three, 640x480, backend='')"),
        (PoseResult.empty(BAIDU21), "PoseResult(0 people, baidu21, backend='')"),
    ],
)
def test_the_repr_of_a_result_is_one_line(result, text):
    assert repr(result) == text


def test_the_repr_of_a_person_counts_the_reported_keypoints():
    assert repr(_result()[0]) == "Person(2 of 3 keypoints, box=(0, 5, 50, 65), score=0.75)"
    assert repr(_result()[2]) == "Person(1 of 3 keypoints, box=(nan, nan, nan, nan), score=nan)"


def test_the_repr_of_a_person_has_its_id():
    expected = "Person(id=7, 2 of 3 keypoints, box=(0, 5, 50, 65), score=0.75)"
    assert repr(_whole()[0]) == expected


def test_a_person_is_found_in_its_result():
    result = random_people(3, seed=1)
    assert result[1] in result
    assert result.index(result[2]) == 2
    assert len({result[0], result[0], result[1]}) == 2
    assert random_people(3, seed=1)[1] not in result
