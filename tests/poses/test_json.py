"""A result as plain JSON values and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posehub import PoseResult, Skeleton
from posehub.poses.skeletons import BAIDU21, BUILTIN, COCO17

NAN = float("nan")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def skeletons(draw):
    names = draw(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5, unique=True))
    pairs = st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=3)
    sigmas = st.none() | st.lists(st.floats(0, 1), min_size=len(names), max_size=len(names))
    spots = st.lists(st.text(), min_size=len(names), max_size=len(names), unique=True)
    spots = st.none() | spots.map(lambda drawn: dict(zip(names, drawn, strict=True)))
    return Skeleton(
        draw(st.text()), names, draw(pairs), draw(pairs), draw(sigmas), draw(spots) or ()
    )


@st.composite
def results(draw):
    skeleton = draw(st.sampled_from(list(BUILTIN.values())) | skeletons())
    persons, points = draw(st.integers(0, 3)), len(skeleton)
    numbers = st.floats(-1e6, 1e6, width=32)
    units = st.floats(0, 1, width=32) | st.just(NAN)

    def array(elements, *shape, dtype=np.float32):
        return draw(arrays.arrays(dtype, shape, elements=elements))

    keypoints = array(numbers, persons, points, 2)
    scores = array(units, persons, points)
    missing = array(st.booleans(), persons, points, dtype=bool)
    keypoints[missing], scores[missing] = NAN, 0
    size = st.none() | st.tuples(st.integers(1, 10**5), st.integers(1, 10**5))
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=array(numbers | st.just(NAN), persons, 4),
        box_scores=array(units, persons),
        skeleton=skeleton,
        image_size=draw(size),
        backend=draw(st.text()),
        request_id=draw(st.none() | st.text()),
        raw=draw(json_values),
        keypoints_3d=draw(
            st.none()
            | arrays.arrays(np.float32, (persons, points, 3), elements=numbers | st.just(NAN))
        ),
    )


@given(results())
def test_a_result_comes_back_whole_from_its_dict(result):
    assert PoseResult.from_dict(result.to_dict()) == result


@given(results())
def test_a_result_comes_back_whole_from_strict_json_on_one_line(result):
    def refuse(constant):
        raise AssertionError(f"{constant} is not strict JSON")

    text = result.to_json()
    json.loads(text, parse_constant=refuse)
    assert "\n" not in text
    assert PoseResult.from_json(text) == result
    assert PoseResult.from_json(text.encode()) == result


def _result(**fields):
    return PoseResult(
        **{
            "keypoints": [[[1.5, 2], [NAN, NAN]]],
            "scores": [[0.5, 0]],
            "boxes": [[0, 1, 2, NAN]],
            "box_scores": [NAN],
            "skeleton": Skeleton("two", ["nose", "鼻子"]),
            "backend": "fake",
            **fields,
        }
    )


def test_the_layout_of_a_person_is_the_documented_one():
    assert _result().to_dict()["people"] == [
        {
            "box": [0.0, 1.0, 2.0, None],
            "score": None,
            "keypoints": {"nose": {"x": 1.5, "y": 2.0, "score": 0.5}},
        }
    ]


def test_a_built_in_skeleton_is_its_name_and_another_is_written_out():
    assert PoseResult.empty(COCO17).to_dict()["skeleton"] == "coco17"
    assert _result().to_dict()["skeleton"]["keypoints"] == ("nose", "鼻子")


def test_a_skeleton_that_only_has_a_built_in_name_is_written_out():
    impostor = Skeleton("coco17", ["a", "b"])
    assert PoseResult.from_json(_result(skeleton=impostor).to_json()).skeleton == impostor


def test_three_dimensions_are_announced_and_written_by_name():
    data = _result(keypoints_3d=[[[1, 2, 3], [NAN, NAN, NAN]]]).to_dict()
    assert data["dimensions"] == 3
    assert data["people"][0]["keypoints_3d"] == {
        "nose": [1.0, 2.0, 3.0],
        "鼻子": [None, None, None],
    }


def test_nobody_in_three_dimensions_comes_back_in_three_dimensions():
    nobody = PoseResult.empty(BAIDU21)
    flat = PoseResult.from_json(nobody.to_json())
    deep = PoseResult.from_json(_result(keypoints_3d=np.zeros((1, 2, 3)))[:0].to_json())
    assert flat.keypoints_3d is None
    assert deep.keypoints_3d.shape == (0, 2, 3)


def test_text_is_written_as_it_is_not_escaped():
    assert "鼻子" in _result().to_json()


def _changed(path, value):
    """A well-formed two-person result with the entry at `path` replaced, or removed for `...`."""
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
    spot = data
    for key in path[:-1]:
        spot = spot[key]
    if value is ...:
        del spot[path[-1]]
    else:
        spot[path[-1]] = value
    return data


SECOND = ("people", 1)
NOSE = (*SECOND, "keypoints", "nose")

MALFORMED = [
    ((), [], "a result must be a JSON object, got list"),
    ((), None, "a result must be a JSON object, got NoneType"),
    (("skeleton",), ..., "result has no 'skeleton'"),
    (("skeleton",), "coco71", "skeleton 'coco71' is unknown. Did you mean 'coco17'"),
    (("skeleton",), None, "skeleton None is unknown"),
    (("skeleton",), ["coco17"], r"skeleton \['coco17'\] is unknown"),
    (("skeleton",), {"name": "s"}, "skeleton is not one"),
    (("skeleton",), {"name": "s", "keypoints": 5}, "skeleton is not one"),
    (("skeleton",), {"name": "s", "keypoints": ["a"], "links": [5]}, "skeleton is not one"),
    (("skeleton",), {"name": "s", "keypoints": ["a", "a"]}, "names these keypoints twice"),
    (("skeleton",), {"name": "s", "keypoints": ["a"], "spots": [5]}, "skeleton is not one"),
    (("people",), ..., "result has no 'people'"),
    (("people",), {}, "people must be a list, got dict"),
    (("people",), "nobody", "people must be a list, got str"),
    (("image_size",), 5, "image_size must be a list of 2 whole numbers or null, got 5"),
    (("image_size",), [], r"image_size must be a list of 2 whole numbers or null, got \[\]"),
    (("image_size",), ["a", 1], "image_size must be a list of 2 whole numbers"),
    (("request_id",), 5, "request_id must be a text, got 5"),
    (("backend",), None, "backend must be a text, got None"),
    (SECOND, None, r"people\[1\] must be an object, got NoneType"),
    ((*SECOND, "box"), ..., r"people\[1\] has no 'box'"),
    ((*SECOND, "box"), [1, 2, 3], r"people\[1\].box must be a list of 4 numbers, got \[1, 2, 3\]"),
    ((*SECOND, "box"), [1, 2, 3, "4"], r"people\[1\].box must be a number or null, got '4'"),
    ((*SECOND, "box"), [1, 2, 3, True], r"people\[1\].box must be a number or null, got True"),
    ((*SECOND, "box"), [1, 2, 3, 10**400], "a number that float32 holds"),
    ((*SECOND, "box"), [1, 2, 3, 1e300], r"people\[1\].box must be a number that float32 holds"),
    ((*SECOND, "score"), "high", r"people\[1\].score must be a number or null, got 'high'"),
    ((*SECOND, "keypoints"), ..., r"people\[1\] has no 'keypoints'"),
    ((*SECOND, "keypoints"), [], r"people\[1\].keypoints must be an object, got list"),
    (NOSE, [1, 2], r"people\[1\].keypoints\['nose'\] must be an object, got list"),
    ((*NOSE, "y"), ..., r"people\[1\].keypoints\['nose'\] has no 'y'"),
    ((*NOSE, "x"), "1", r"people\[1\].keypoints\['nose'\] must be a number or null, got '1'"),
    ((*NOSE, "score"), [], r"people\[1\].keypoints\['nose'\] must be a number or null, got \[\]"),
    ((*NOSE, "score"), 1.5, r"scores must be in \[0, 1\], got 1.5"),
    ((*NOSE, "x"), None, "a keypoint needs both x and y"),
    (
        (*SECOND, "keypoints", "nsoe"),
        {"x": 1, "y": 2},
        r"people\[1\].keypoints\['nsoe'\]: coco17 has no keypoint 'nsoe'. Did you mean 'nose'",
    ),
    ((*SECOND, "keypoints_3d"), ..., r"people\[1\] has no 'keypoints_3d'"),
    (
        (*SECOND, "keypoints_3d", "nose"),
        [1, 2],
        r"people\[1\].keypoints_3d\['nose'\] must be a list of 3 numbers, got \[1, 2\]",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), MALFORMED)
def test_malformed_input_is_a_value_error_that_names_person_and_field(path, value, message):
    with pytest.raises(ValueError, match=message):
        PoseResult.from_dict(_changed(path, value))


def test_what_may_be_left_out_may_be_left_out():
    data = {"skeleton": "coco17", "people": [{"box": [None] * 4, "keypoints": {}}]}
    result = PoseResult.from_dict(data)
    assert len(result) == 1
    assert np.isnan(result.box_scores).all()
    assert (result.image_size, result.backend, result.request_id) == (None, "", None)


@given(st.sampled_from([path for path, *_ in MALFORMED]), json_values)
def test_any_value_anywhere_gives_a_result_or_a_value_error(path, value):
    try:
        result = PoseResult.from_dict(_changed(path, value))
    except ValueError:
        return
    assert PoseResult.from_dict(result.to_dict()) == result


@pytest.mark.parametrize("text", ["", "{", "nothing", b"\xff\xfe", "[]"])
def test_text_that_is_no_json_object_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        PoseResult.from_json(text)


def test_a_raw_reply_that_is_no_json_is_refused_when_writing():
    with pytest.raises(ValueError, match="not JSON compliant"):
        _result(raw={"x": NAN}).to_json()
