"""A result as plain JSON values, as JSON text, and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posehub import PoseResult, Skeleton
from posehub.poses.json import dumps, loads
from posehub.poses.skeletons import BAIDU21, BUILTIN, COCO17
from posehub.testing import random_people

NAN = float("nan")
INFINITY = float("inf")

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
    people, points = draw(st.integers(0, 3)), len(skeleton)
    numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
    units = st.floats(0, 1, width=32) | st.just(NAN)

    def array(elements, *shape, dtype=np.float32):
        return draw(arrays.arrays(dtype, shape, elements=elements))

    keypoints = array(numbers, people, points, 2)
    scores = array(units, people, points)
    missing = array(st.booleans(), people, points, dtype=bool)
    keypoints[missing], scores[missing] = NAN, 0
    size = st.none() | st.tuples(st.integers(1, 10**5), st.integers(1, 10**5))
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=array(numbers | st.just(NAN), people, 4),
        box_scores=array(units, people),
        skeleton=skeleton,
        image_size=draw(size),
        backend=draw(st.text()),
        request_id=draw(st.none() | st.text()),
        raw=draw(json_values),
        keypoints_3d=draw(
            st.none()
            | arrays.arrays(np.float32, (people, points, 3), elements=numbers | st.just(NAN))
        ),
        ids=draw(st.none() | arrays.arrays(np.int64, people)),
    )


@given(results())
def test_a_result_comes_back_equal_from_its_dict(result):
    assert PoseResult.from_dict(result.to_dict()) == result


@given(results())
def test_a_result_comes_back_equal_from_strict_json_on_one_line(result):
    def refuse(constant):
        raise AssertionError(f"{constant} is not strict JSON")

    text = result.to_json()
    json.loads(text, parse_constant=refuse)
    assert "\n" not in text
    assert PoseResult.from_json(text) == result
    assert PoseResult.from_json(text.encode()) == result


@given(results())
def test_the_values_of_a_dict_are_those_of_the_text(result):
    assert json.loads(result.to_json()) == json.loads(json.dumps(result.to_dict()))


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


def test_a_built_in_skeleton_is_its_name_and_another_is_written_in_full():
    assert PoseResult.empty(COCO17).to_dict()["skeleton"] == "coco17"
    assert _result().to_dict()["skeleton"]["keypoints"] == ("nose", "鼻子")


def test_a_different_skeleton_with_a_built_in_name_is_written_in_full():
    other = Skeleton("coco17", ["a", "b"])
    assert PoseResult.from_json(_result(skeleton=other).to_json()).skeleton == other


def test_three_dimensions_are_declared_and_written_by_name():
    data = _result(keypoints_3d=[[[1, 2, 3], [NAN, NAN, NAN]]]).to_dict()
    assert data["dimensions"] == 3
    assert data["people"][0]["keypoints_3d"] == {
        "nose": [1.0, 2.0, 3.0],
        "鼻子": [None, None, None],
    }


def test_a_result_without_people_keeps_its_number_of_dimensions():
    flat = PoseResult.from_json(PoseResult.empty(BAIDU21).to_json())
    deep = PoseResult.from_json(_result(keypoints_3d=np.zeros((1, 2, 3)))[:0].to_json())
    assert flat.keypoints_3d is None
    assert deep.keypoints_3d.shape == (0, 2, 3)


def test_ids_are_written_only_if_there_are_ids():
    assert "ids" not in _result().to_dict()
    assert _result(ids=[2**63 - 1]).to_dict()["ids"] == [2**63 - 1]
    assert _result(ids=[7])[:0].to_dict()["ids"] == []


def test_non_ascii_text_is_not_escaped():
    assert "鼻子" in _result().to_json()


def test_rows_that_are_not_contiguous_are_written_like_others():
    people = random_people(4, seed=0)
    assert people[::-2].to_json() == people[[3, 1]].to_json()


def test_a_number_is_the_shortest_that_reads_back_as_the_same_float32():
    nose = np.float32(175.69606), np.float32(0.1)
    text = _result(keypoints=[[nose, (NAN, NAN)]]).to_json()
    assert '"x":175.69606,"y":0.1,' in text
    assert _result(keypoints=[[nose, (NAN, NAN)]]).to_dict()["people"][0]["keypoints"] == {
        "nose": {"x": 175.69606, "y": 0.1, "score": 0.5}
    }


# The only positive float32 whose shortest decimal, 7.038531e-26, becomes another float32 if it is
# rounded to a double first.
AWKWARD = float(np.uint32(0x15AE43FD).view(np.float32))


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@example(AWKWARD)
@example(float(np.finfo(np.float32).max))
@example(float(np.finfo(np.float32).smallest_subnormal))
def test_every_float32_comes_back_exactly(number):
    result = _result(boxes=[[number, -number, 0, 0]])
    assert PoseResult.from_json(result.to_json()) == result
    if abs(number) != AWKWARD:
        shortest = float(str(np.float32(number)))
        assert result.to_dict()["people"][0]["box"][:2] == [shortest, -shortest]


RAW = [
    (np.float64(0.1), 0.1),
    (np.float32(0.1), 0.1),
    (np.float16(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.int64(-(2**63)), -(2**63)),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.bool_(True), True),
    (np.arange(6).reshape(2, 3), [[0, 1, 2], [3, 4, 5]]),
    (np.arange(6, dtype=np.float32)[::2], [0.0, 2.0, 4.0]),
    (np.arange(2, dtype=">f4"), [0.0, 1.0]),
    (np.array(5), 5),
    (np.array([0.5], np.longdouble), [0.5]),
    (np.array([1, "a"], object), [1, "a"]),
    (np.array([NAN, INFINITY], np.float32), [None, None]),
    ([np.int64(1), 2**70, np.float32(0.5), np.arange(2)], [1, 2**70, 0.5, [0, 1]]),
    (NAN, None),
    ({"a": [NAN, -INFINITY, 2**70, "NaN"]}, {"a": [None, None, 2**70, "NaN"]}),
    (2**64, 2**64),
    (-(2**63) - 1, -(2**63) - 1),
    ([10**400, 0.1], [10**400, 0.1]),
    ("\ud800", "\ud800"),
    ({"\udfff": "鼻子"}, {"\udfff": "鼻子"}),
    ({1: 2}, {"1": 2}),
    ((1, 2), [1, 2]),
]


@pytest.mark.parametrize(("raw", "expected"), RAW, ids=map(repr, (raw for raw, _ in RAW)))
def test_a_raw_response_is_written_and_read_back(raw, expected):
    result = _result(raw={"raw": raw})
    again = PoseResult.from_json(result.to_json())
    assert again.raw == {"raw": expected}
    assert PoseResult.from_json(result.to_json().encode()) == again


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (object(), "object is not a JSON type"),
        ({1, 2}, "set is not a JSON type"),
        (np.complex64(1), "complex64 is not a JSON type"),
        (np.array([b"a"]), "bytes is not a JSON type"),
        ({(1, 2): 3}, "keys must be str"),
    ],
)
def test_a_raw_response_that_json_cannot_express_is_a_value_error(raw, message):
    with pytest.raises(ValueError, match=f"cannot be written as JSON: .*{message}"):
        _result(raw=raw).to_json()


def _nested(levels):
    value = None
    for _ in range(levels):
        value = [value]
    return value


def test_values_nested_deeper_than_orjson_writes_come_back():
    result = _result(raw=_nested(300))
    assert PoseResult.from_json(result.to_json()) == result


def test_values_nested_too_deeply_are_a_value_error():
    with pytest.raises(ValueError, match="cannot be written as JSON: nested too deeply"):
        _result(raw=_nested(100_000)).to_json()
    with pytest.raises(ValueError, match="invalid JSON: nested too deeply"):
        PoseResult.from_json("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize(
    "text", ["", "{", "nothing", b"\xff\xfe", "NaN", '[Infinity, "\\ud800"]', "[1] [2]", "\ud800"]
)
def test_invalid_json_is_a_value_error(text):
    with pytest.raises(ValueError, match="invalid JSON: "):
        loads(text)


@pytest.mark.parametrize("text", ["[]", "5", "null"])
def test_json_that_is_not_an_object_is_a_value_error(text):
    with pytest.raises(ValueError, match="a result must be a JSON object"):
        PoseResult.from_json(text)


@pytest.mark.parametrize("text", [None, 5])
def test_a_value_that_is_not_text_is_a_type_error(text):
    with pytest.raises(TypeError):
        loads(text)


@given(json_values)
def test_json_values_come_back_equal(value):
    text = dumps(value)
    assert b"\n" not in text
    assert loads(text) == loads(text.decode()) == value


def test_text_written_by_the_standard_library_is_read():
    result = _result(raw={"small": 0.00012345678901234567, "large": 12345678901234567890123})
    assert PoseResult.from_json(json.dumps(result.to_dict())) == result
    assert PoseResult.from_json(json.dumps(result.to_dict(), indent=2)) == result
