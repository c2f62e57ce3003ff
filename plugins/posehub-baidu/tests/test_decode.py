from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posehub import PoseResult
from posehub.backends.transport import HttpResponse
from posehub.errors import InvalidResponseError, PosehubError
from posehub.poses.skeletons import BAIDU21
from posehub_baidu.decode import decode

SIZE = (1000, 900)

OLD_PARTS = (
    *("neck", "nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)


def decoded(body: bytes | dict[str, Any], *, sent: tuple[int, int] = SIZE) -> PoseResult:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(HttpResponse(200, {}, data), SIZE, sent)


def one_person(**changes: Any) -> dict[str, Any]:
    person = {
        "body_parts": {"nose": {"x": 10, "y": 20.5, "score": 0.5}},
        "location": {"left": 1, "top": 2, "width": 30, "height": 40, "score": 0.9},
    }
    return {"person_num": 1, "person_info": [person], "log_id": 1} | changes


def with_nose(nose: Any) -> dict[str, Any]:
    response = one_person()
    response["person_info"][0]["body_parts"]["nose"] = nose
    return response


def with_box(**changes: Any) -> dict[str, Any]:
    response = one_person()
    response["person_info"][0]["location"] |= changes
    return response


def with_person(person: Any) -> dict[str, Any]:
    return one_person(person_info=[person])


def test_every_keypoint_of_a_real_response_is_decoded_exactly(two_people):
    result, response = decoded(two_people), json.loads(two_people)
    points = 0
    for person, expected_person in zip(result, response["person_info"], strict=True):
        assert set(person.keypoints) == set(expected_person["body_parts"])
        for name, part in expected_person["body_parts"].items():
            point = person[name]
            expected = np.float32([part["x"], part["y"], part["score"]]).tolist()
            assert [point.x, point.y, point.score] == expected
            points += 1
    assert points == 42


def test_every_box_of_a_real_response_is_decoded_exactly(two_people):
    result, response = decoded(two_people), json.loads(two_people)
    assert len(result) == 2
    for person, expected_person in zip(result, response["person_info"], strict=True):
        box = expected_person["location"]
        right, bottom = box["left"] + box["width"], box["top"] + box["height"]
        expected = np.float32([box["left"], box["top"], right, bottom, box["score"]]).tolist()
        found = person.box
        assert [found.left, found.top, found.right, found.bottom, found.score] == expected


def test_the_log_id_of_a_real_response_is_exact(two_people):
    assert decoded(two_people).request_id == str(json.loads(two_people)["log_id"])


def test_the_real_response_is_kept_unchanged(two_people):
    result = decoded(two_people)
    assert result.raw == json.loads(two_people)
    assert (result.backend, result.skeleton, result.image_size) == ("baidu", BAIDU21, SIZE)


def test_coordinates_are_scaled_from_the_size_of_the_sent_image(two_people):
    whole, half = decoded(two_people), decoded(two_people, sent=(500, 300))
    np.testing.assert_allclose(half.keypoints, whole.keypoints * (2, 3), rtol=1e-6)
    np.testing.assert_allclose(half.boxes, whole.boxes * (2, 3, 2, 3), rtol=1e-6)


@pytest.mark.parametrize(
    ("log_id", "request_id"),
    [
        (1, "1"),
        (2**53 + 1, "9007199254740993"),
        (2**64 + 1, "18446744073709551617"),
        ("1589612345678901234", "1589612345678901234"),
        (None, None),
        (True, None),
        (1.5, None),
        ([1], None),
    ],
)
def test_a_request_id_has_all_digits_of_the_log_id(log_id, request_id):
    assert decoded(one_person(log_id=log_id)).request_id == request_id


def test_a_response_without_a_log_id_has_no_request_id():
    response = one_person()
    del response["log_id"]
    assert decoded(response).request_id is None


@pytest.mark.parametrize("people", [{"person_info": []}, {}])
def test_an_image_without_people_gives_an_empty_result(people):
    result = decoded({"person_num": 0, "log_id": 7, **people})
    assert len(result) == 0
    assert result.keypoints.shape == (0, 21, 2)
    assert (result.request_id, result.image_size) == ("7", SIZE)


def test_a_keypoint_that_is_not_reported_is_nan_with_score_0():
    person = decoded(one_person())[0]
    assert list(person.keypoints) == ["nose"]
    assert np.isnan(person["left_eye"].x)
    assert person["left_eye"].score == 0


def test_an_older_response_of_14_keypoints_has_no_scores():
    parts = {name: {"x": 5 * column, "y": 7} for column, name in enumerate(OLD_PARTS)}
    box = {"left": 1, "top": 2, "width": 3, "height": 4}
    person = decoded(with_person({"body_parts": parts, "location": box}))[0]
    assert set(person.keypoints) == set(OLD_PARTS)
    assert all(np.isnan(point.score) for point in person.keypoints.values())
    assert person["top_head"].score == 0
    assert np.isnan(person.score)


def test_a_part_at_0_0_without_a_score_is_missing():
    parts = {name: {"x": 5.0, "y": 7.0} for name in OLD_PARTS}
    parts |= {name: {"x": 0.0, "y": 0.0} for name in ("right_elbow", "right_wrist")}
    box = {"left": 1, "top": 2, "width": 3, "height": 4}
    person = decoded(with_person({"body_parts": parts, "location": box}))[0]
    assert set(person.keypoints) == {*OLD_PARTS} - {"right_elbow", "right_wrist"}
    assert np.isnan(person["right_wrist"].x)
    assert person["right_wrist"].score == 0


@pytest.mark.parametrize(
    ("part", "reported"),
    [
        ({"x": 0, "y": 0, "score": 0}, False),
        ({"x": 0.0, "y": -0.0, "score": 0.0}, False),
        ({"x": 0, "y": 0, "score": 0.5}, True),
        ({"x": 0, "y": 3, "score": 0}, True),
        ({"x": 0, "y": 3}, True),
    ],
)
def test_a_part_at_0_0_is_missing_only_if_its_score_is_0(part, reported):
    assert ("nose" in decoded(with_nose(part))[0].keypoints) == reported


def test_a_byte_order_mark_is_skipped(two_people):
    assert len(decoded(b"\xef\xbb\xbf" + two_people)) == 2


def test_an_unknown_keypoint_is_kept_in_raw():
    response = one_person()
    response["person_info"][0]["body_parts"]["left_big_toe"] = {"x": 1, "y": 2, "score": 1}
    result = decoded(response)
    assert list(result[0].keypoints) == ["nose"]
    assert result.raw["person_info"][0]["body_parts"]["left_big_toe"]["x"] == 1


@pytest.mark.parametrize(("score", "expected"), [(1.02, 1), (-0.01, 0), (1, 1), (0, 0)])
def test_scores_slightly_outside_0_to_1_are_clamped(score, expected):
    assert decoded(with_nose({"x": 1, "y": 2, "score": score}))[0]["nose"].score == expected


def test_a_keypoint_outside_the_image_stays_outside():
    nose = decoded(with_nose({"x": -3.5, "y": 1200, "score": 1}))[0]["nose"]
    assert (nose.x, nose.y) == (-3.5, 1200)


HUGE = 10**400

WRONG_RESPONSES = {
    "no person_num": {"person_info": [], "log_id": 1},
    "no person_num but people": {"person_info": one_person()["person_info"]},
    "person_num too large": one_person(person_num=2),
    "person_num too small": one_person(person_num=0),
    "person_num negative": one_person(person_num=-1),
    "person_num a bool": one_person(person_num=True),
    "person_num false": {"person_num": False},
    "person_num text": one_person(person_num="1"),
    "person_num a float": one_person(person_num=1.0),
    "person_num null": one_person(person_num=None),
    "no person_info": {"person_num": 1},
    "person_info null": {"person_num": 0, "person_info": None},
    "person_info an object": one_person(person_info={"0": {}}),
    "person_info text": one_person(person_info="x"),
    "person null": with_person(None),
    "person a list": with_person([]),
    "person text": with_person("location"),
    "person a number": with_person(3),
    "person empty": with_person({}),
    "no location": with_person({"body_parts": {}}),
    "no body_parts": with_person({"location": one_person()["person_info"][0]["location"]}),
    "body_parts a list": with_person(one_person()["person_info"][0] | {"body_parts": []}),
    "body_parts null": with_person(one_person()["person_info"][0] | {"body_parts": None}),
    "location a list": with_person(one_person()["person_info"][0] | {"location": [1, 2, 3, 4]}),
    "location null": with_person(one_person()["person_info"][0] | {"location": None}),
    "part null": with_nose(None),
    "part a list": with_nose([10, 20]),
    "part text": with_nose("10,20"),
    "part a number": with_nose(10),
    "part empty": with_nose({}),
    "no x": with_nose({"y": 1, "score": 1}),
    "no y": with_nose({"x": 1, "score": 1}),
    "x null": with_nose({"x": None, "y": 1, "score": 1}),
    "x text": with_nose({"x": "10", "y": 1, "score": 1}),
    "x a bool": with_nose({"x": True, "y": 1, "score": 1}),
    "x a list": with_nose({"x": [10], "y": 1, "score": 1}),
    "x an object": with_nose({"x": {}, "y": 1, "score": 1}),
    "x NaN": with_nose({"x": float("nan"), "y": 1, "score": 1}),
    "y Infinity": with_nose({"x": 1, "y": float("inf"), "score": 1}),
    "y -Infinity": with_nose({"x": 1, "y": float("-inf"), "score": 1}),
    "x too large for an image": with_nose({"x": 1e8, "y": 1, "score": 1}),
    "x too large for float32": with_nose({"x": 1e39, "y": 1, "score": 1}),
    "x a huge integer": with_nose({"x": HUGE, "y": 1, "score": 1}),
    "x a negative huge integer": with_nose({"x": -HUGE, "y": 1, "score": 1}),
    "score above 1": with_nose({"x": 1, "y": 1, "score": 1.2}),
    "score below 0": with_nose({"x": 1, "y": 1, "score": -0.2}),
    "box score above 1": with_box(score=90),
    "score text": with_nose({"x": 1, "y": 1, "score": "high"}),
    "score null": with_nose({"x": 1, "y": 1, "score": None}),
    "score NaN": with_nose({"x": 1, "y": 1, "score": float("nan")}),
    "score a huge integer": with_nose({"x": 1, "y": 1, "score": HUGE}),
    "box without width": with_person(
        one_person()["person_info"][0] | {"location": {"left": 1, "top": 2, "height": 3}}
    ),
    "box left text": with_box(left="1"),
    "box width negative": with_box(width=-1),
    "box height negative": with_box(height=-0.5),
    "box height null": with_box(height=None),
    "box top huge": with_box(top=HUGE),
    "box score a list": with_box(score=[]),
}


@pytest.mark.parametrize("response", WRONG_RESPONSES.values(), ids=WRONG_RESPONSES)
def test_a_response_of_another_form_is_an_invalid_response(response):
    with pytest.raises(InvalidResponseError):
        decoded(response)


WRONG_BODIES = {
    "empty": b"",
    "blank": b"  \n",
    "html": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "text": b"OK",
    "broken": b'{"person_num": 0,}',
    "two objects": b'{"person_num": 0}{"person_num": 0}',
    "single quotes": b"{'person_num': 0}",
    "list": b"[]",
    "null": b"null",
    "number": b"0",
    "string": b'"person_num"',
    "utf-16": '{"person_num": 0}'.encode("utf-16"),
    "not utf-8": b'{"person_num": 0, "note": "\xc4\xe3\xba\xc3"}',
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "nul bytes": b"\0" * 100,
    "float overflow": json.dumps(with_nose({"x": 7, "y": 1})).replace("7", "1e999").encode(),
    "more digits than Python reads": b'{"person_num": 0, "log_id": ' + b"9" * 5000 + b"}",
    "deep lists": b'{"person_num": ' + b"[" * 100_000,
    "deep lists, closed": b'{"person_num": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a": ' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_body_that_is_not_a_response_is_an_invalid_response(body):
    with pytest.raises(InvalidResponseError):
        decoded(body)


def test_a_real_response_cut_anywhere_is_an_invalid_response(two_people):
    whole = two_people.rstrip()
    for length in range(0, len(whole), 7):
        with pytest.raises(InvalidResponseError):
            decoded(whole[:length])


@pytest.mark.parametrize("depth", range(100, 1000, 50))
@pytest.mark.parametrize("field", ["person_num", "person_info", "x", "error_code", "error_msg"])
def test_nesting_of_any_depth_is_a_posehub_error(depth, field):
    nested = "[" * depth + "]" * depth
    body = json.dumps(one_person() | {"error_code": 1, "error_msg": ""})
    if field == "x":
        body = body.replace('"x": 10', f'"x": {nested}').replace("error_", "no_error_")
    else:
        body = json.dumps(one_person() | ({"error_code": 7} if "error" in field else {}))
        body = body[:-1] + f', "{field}": {nested}}}'
    with pytest.raises(PosehubError) as caught:
        decoded(body.encode())
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("wrong", ["x" * 100_000, "🙂" * 1000, ["x" * 100_000]])
@pytest.mark.parametrize("field", ["person_num", "x", "error_code", "error_msg"])
def test_a_message_is_short_for_any_response(wrong, field):
    if field == "x":
        response = with_nose({"x": wrong, "y": 1})
    else:
        response = one_person() | ({"error_code": 7} if "error" in field else {}) | {field: wrong}
    with pytest.raises(PosehubError) as caught:
        decoded(response)
    assert len(str(caught.value)) < 1000


def test_an_invalid_response_has_the_request_id():
    with pytest.raises(InvalidResponseError) as caught:
        decoded(one_person(person_num=2, log_id=2**60))
    assert caught.value.request_id == str(2**60)


def test_a_message_names_the_person_and_the_missing_field():
    response = one_person(person_num=2)
    response["person_info"] = [response["person_info"][0], {"location": {}}]
    with pytest.raises(InvalidResponseError, match=r"no valid location for person 1 .*'left'"):
        decoded(response)


numbers = st.integers() | st.floats(allow_nan=True, allow_infinity=True)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=8)
names = st.sampled_from(
    [
        *BAIDU21.keypoints,
        *("person_num", "person_info", "body_parts", "location", "log_id"),
        *("x", "y", "score", "left", "top", "width", "height", "error_code", "error_msg"),
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(max_size=4), inner),
    max_leaves=12,
)


def assert_decoded_or_refused(body: bytes) -> None:
    """Check that a body gives a result that can be written and read again, or a posehub error."""
    try:
        result = decoded(body)
    except PosehubError:
        return
    assert len(result) == json.loads(body)["person_num"]
    assert PoseResult.from_json(result.to_json()) == result


@given(values)
def test_any_json_is_decoded_or_refused(value):
    assert_decoded_or_refused(json.dumps(value).encode())


@given(st.dictionaries(names, values))
def test_any_object_is_decoded_or_refused(response):
    assert_decoded_or_refused(json.dumps(response).encode())


@given(st.binary(max_size=64))
def test_any_bytes_are_decoded_or_refused(body):
    assert_decoded_or_refused(body)


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a JSON value."""
    if not isinstance(value, (dict, list)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        found for key, inner in items for found in [(*path, key), *paths_in(inner, (*path, key))]
    ]


@settings(max_examples=200)
@given(st.data())
def test_a_real_response_with_changed_values_is_decoded_or_refused(two_people, data):
    response = json.loads(two_people)
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(paths_in(response)))
        holder = response
        for key in parents:
            holder = holder[key]
        change = data.draw(st.sampled_from(["drop", "replace", "double"]))
        if change == "drop":
            del holder[last]
        elif change == "replace":
            holder[last] = data.draw(values)
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
        else:
            holder["copy"] = copy.deepcopy(holder[last])
        if not paths_in(response):
            break
    assert_decoded_or_refused(json.dumps(response).encode())


@settings(max_examples=200)
@given(st.integers(0, 5634), st.binary(max_size=4), st.integers(0, 4))
def test_a_real_response_with_changed_bytes_is_decoded_or_refused(two_people, position, put, drop):
    assert_decoded_or_refused(two_people[:position] + put + two_people[position + drop :])
