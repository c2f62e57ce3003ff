"""Malformed results: each is a ValueError that names the person and the field."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub import PoseResult

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _changed(path, value):
    """A well-formed result of two people with one entry replaced, or removed for `...`."""
    person = {
        "box": [0, 0, 1, 1],
        "score": 0.5,
        "keypoints": {"nose": {"x": 1, "y": 2, "score": 0.5}},
        "keypoints_3d": {"nose": [1, 2, 3]},
    }
    data = {
        "skeleton": "coco17",
        "dimensions": 3,
        "people": [person, json.loads(json.dumps(person))],
    }
    if not path:
        return value
    entry = data
    for key in path[:-1]:
        entry = entry[key]
    if value is ...:
        del entry[path[-1]]
    else:
        entry[path[-1]] = value
    return data


SECOND = ("people", 1)
NOSE = (*SECOND, "keypoints", "nose")
NOSE_3D = (*SECOND, "keypoints_3d", "nose")

MALFORMED = [
    ((), [], "a result must be a JSON object, got list"),
    ((), None, "a result must be a JSON object, got NoneType"),
    (("skeleton",), ..., "result has no 'skeleton'"),
    (("skeleton",), "coco71", "skeleton 'coco71' is unknown. Did you mean 'coco17'"),
    (("skeleton",), None, "skeleton None is unknown"),
    (("skeleton",), ["coco17"], r"skeleton \['coco17'\] is unknown"),
    (("skeleton",), {"name": "s"}, "skeleton is malformed"),
    (("skeleton",), {"name": "s", "keypoints": 5}, "skeleton is malformed"),
    (("skeleton",), {"name": "s", "keypoints": ["a"], "links": [5]}, "skeleton is malformed"),
    (("skeleton",), {"name": "s", "keypoints": ["a", "a"]}, "has duplicate keypoints: a"),
    (("skeleton",), {"name": "s", "keypoints": ["a"], "spots": [5]}, "skeleton is malformed"),
    (("people",), ..., "result has no 'people'"),
    (("people",), {}, "people must be a list, got dict"),
    (("people",), "two", "people must be a list, got str"),
    (("image_size",), 5, "image_size must be a list of 2 integers or null, got 5"),
    (("image_size",), [], r"image_size must be a list of 2 integers or null, got \[\]"),
    (("image_size",), ["a", 1], "image_size must be a list of 2 integers"),
    (("request_id",), 5, "request_id must be a string, got 5"),
    (("backend",), None, "backend must be a string, got None"),
    (("ids",), 5, "ids must be a list of integers or null, got 5"),
    (("ids",), [1, 2.5], r"ids must be a list of integers or null, got \[1, 2.5\]"),
    (("ids",), [1, True], r"ids must be a list of integers or null, got \[1, True\]"),
    (("ids",), [1], r"ids must have shape \(2,\), got \(1,\)"),
    (("ids",), [1, 2**63], "ids must be integers that fit int64"),
    (("ids",), [1, 2**70], "ids must be integers that fit int64"),
    (SECOND, None, r"people\[1\] must be an object, got NoneType"),
    (SECOND, [], r"people\[1\] must be an object, got list"),
    (SECOND, "person", r"people\[1\] must be an object, got str"),
    ((*SECOND, "box"), ..., r"people\[1\] has no 'box'"),
    ((*SECOND, "box"), None, r"people\[1\].box must be a list of 4 numbers, got None"),
    ((*SECOND, "box"), "1234", r"people\[1\].box must be a list of 4 numbers, got '1234'"),
    ((*SECOND, "box"), [1, 2, 3], r"people\[1\].box must be a list of 4 numbers, got \[1, 2, 3\]"),
    ((*SECOND, "box"), [1, 2, 3, "4"], r"people\[1\].box must be a number or null, got '4'"),
    ((*SECOND, "box"), [1, 2, 3, True], r"people\[1\].box must be a number or null, got True"),
    ((*SECOND, "box"), [1, 2, 3, [4]], r"people\[1\].box must be a number or null, got \[4\]"),
    ((*SECOND, "box"), [1, 2, 3, 10**400], "a number that float32 can hold"),
    ((*SECOND, "box"), [1, 2, 3, 1e300], r"people\[1\].box must be a number that float32 can hold"),
    ((*SECOND, "score"), "high", r"people\[1\].score must be a number or null, got 'high'"),
    ((*SECOND, "keypoints"), ..., r"people\[1\] has no 'keypoints'"),
    ((*SECOND, "keypoints"), [], r"people\[1\].keypoints must be an object, got list"),
    (NOSE, [1, 2], r"people\[1\].keypoints\['nose'\] must be an object, got list"),
    (NOSE, "xy", r"people\[1\].keypoints\['nose'\] must be an object, got str"),
    ((*NOSE, "y"), ..., r"people\[1\].keypoints\['nose'\] has no 'y'"),
    ((*NOSE, "x"), "1", r"people\[1\].keypoints\['nose'\] must be a number or null, got '1'"),
    ((*NOSE, "x"), False, r"people\[1\].keypoints\['nose'\] must be a number or null, got False"),
    ((*NOSE, "score"), [], r"people\[1\].keypoints\['nose'\] must be a number or null, got \[\]"),
    ((*NOSE, "score"), 1.5, r"scores must be in \[0, 1\], got 1.5"),
    ((*NOSE, "x"), None, "a keypoint needs both x and y"),
    (NOSE, {"x": None, "y": None, "score": 0.5}, "scores must be 0 where the keypoint is NaN"),
    (
        (*SECOND, "keypoints", "nsoe"),
        {"x": 1, "y": 2},
        r"people\[1\].keypoints\['nsoe'\]: coco17 has no keypoint 'nsoe'. Did you mean 'nose'",
    ),
    ((*SECOND, "keypoints_3d"), ..., r"people\[1\] has no 'keypoints_3d'"),
    ((*SECOND, "keypoints_3d"), [], r"people\[1\].keypoints_3d must be an object, got list"),
    (NOSE_3D, [1, 2], r"people\[1\].keypoints_3d\['nose'\] must be a list of 3 numbers, got \[1"),
    (NOSE_3D, {}, r"people\[1\].keypoints_3d\['nose'\] must be a list of 3 numbers, got {}"),
    (NOSE_3D, [1, 2, "3"], r"people\[1\].keypoints_3d\['nose'\] must be a number or null, got '3'"),
]


@pytest.mark.parametrize(("path", "value", "message"), MALFORMED)
def test_malformed_input_is_a_value_error_that_names_person_and_field(path, value, message):
    with pytest.raises(ValueError, match=message):
        PoseResult.from_dict(_changed(path, value))


def test_optional_fields_may_be_missing():
    data = {"skeleton": "coco17", "people": [{"box": [None] * 4, "keypoints": {}}]}
    result = PoseResult.from_dict(data)
    assert len(result) == 1
    assert np.isnan(result.box_scores).all()
    assert (result.image_size, result.backend, result.request_id) == (None, "", None)
    assert (result.raw, result.keypoints_3d, result.ids) == (None, None, None)


def test_a_keypoint_without_a_score_has_none():
    person = {"box": [None] * 4, "keypoints": {"nose": {"x": 1, "y": 2}}}
    result = PoseResult.from_dict({"skeleton": "coco17", "people": [person]})
    assert np.isnan(result[0]["nose"].score)


def test_keypoints_may_come_in_any_order():
    points = {"left_eye": {"x": 3, "y": 4, "score": 1}, "nose": {"x": 1, "y": 2, "score": 1}}
    person = {"box": [None] * 4, "keypoints": points}
    result = PoseResult.from_dict({"skeleton": "coco17", "people": [person]})
    assert (result[0]["nose"].x, result[0]["left_eye"].x) == (1, 3)


def test_numbers_of_numpy_are_read_if_they_are_floats():
    person = {"box": [np.float64(1), 2, 3, 4], "score": np.float64(0.5), "keypoints": {}}
    result = PoseResult.from_dict({"skeleton": "coco17", "people": [person]})
    assert result[0].box.left == 1


@given(st.sampled_from([path for path, *_ in MALFORMED]), json_values)
def test_any_value_anywhere_gives_a_result_or_a_value_error(path, value):
    try:
        result = PoseResult.from_dict(_changed(path, value))
    except ValueError:
        return
    assert PoseResult.from_dict(result.to_dict()) == result
