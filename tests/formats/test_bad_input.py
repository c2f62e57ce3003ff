"""What cannot be read or written is refused by an error that names the place; no file is left."""

from __future__ import annotations

import json
from itertools import count

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import posehub
from posehub import PoseResult, Record
from posehub.errors import ConfigError, FormatError, ImageError, UnknownBackendError
from posehub.plugins.registry import get_registry
from posehub.testing import random_people

POINTS = [1.0, 2.0, 2] * 17
PERSON = {"image_id": 1, "category_id": 1, "keypoints": POINTS, "bbox": [0, 0, 1, 1]}
SCORED = {"image_id": 1, "category_id": 1, "keypoints": [1, 2, 0.5] * 17, "score": 0.5}
CATEGORY = {"id": 1, "name": "person", "keypoints": list(posehub.get_skeleton("coco17").keypoints)}
IMAGE = {"id": 1, "file_name": "a.jpg"}
ERROR = {"type": "BackendError", "message": "cut"}
LINE = {"image": "a.jpg", **random_people(1, seed=0).to_dict()}


def coco(image=IMAGE, person=PERSON, category=CATEGORY, **more):
    return {"images": [image], "annotations": [person], "categories": [category], **more}


def openpose(person):
    return {"people": [{"pose_keypoints_2d": [0] * 75}, person]}


@pytest.fixture
def refused(tmp_path):
    """Return the message of the error of reading a content; it always names the file."""

    def read(content, name, format=None, **options):
        path = tmp_path / name
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(FormatError) as caught:
            list(posehub.read(path, format, **options))
        assert str(path) in str(caught.value)
        return str(caught.value)

    return read


@pytest.mark.parametrize(
    ("content", "entry", "field"),
    [
        ("{", "line 1", "Expecting property name"),
        ("[]", "line 1", "must be a JSON object"),
        ("\n\n5", "line 3", "must be a JSON object"),
        (b"\xff", "line 1", "can't decode"),
        ("[" * 100_000, "line 1", "nested too deeply"),
        ({"image": "a"}, "line 1", "skeleton"),
        ({**LINE, "skeleton": "coco71"}, "line 1", "Did you mean 'coco17'?"),
        ({**LINE, "image": 5}, "line 1", "image must be a string"),
        ({**LINE, "image_id": "7"}, "line 1", "image_id must be a whole number"),
        ({**LINE, "image_id": 2**63}, "line 1", "image_id must be a whole number"),
        ({**LINE, "frame": 1.5}, "line 1", "frame must be a whole number"),
        ({**LINE, "time": "late"}, "line 1", "time must be a finite number"),
        ({**LINE, "size": [5]}, "line 1", "size must be a list of width and height"),
        ({**LINE, "digest": 5}, "line 1", "digest must be a string"),
        ({"image": "a.jpg", "error": "cut"}, "line 1", "error: must be an object"),
        ({"error": {**ERROR, "code": []}}, "line 1", "code must be a whole number or a string"),
        ({**LINE, "error": {"type": "ImageError"}}, "line 1", "error: has no 'message'"),
        (json.dumps(LINE) + "\n" + '{"skeleton": NaN}', "line 2", "invalid JSON: NaN"),
        (json.dumps(LINE).replace('"score": 0.', '"score": 9.', 1), "line 1", "[0, 1]"),
    ],
)
def test_a_malformed_line_is_named(content, entry, field, refused):
    message = refused(content, "a.jsonl")
    assert entry in message
    assert field in message


@pytest.mark.parametrize(
    ("content", "entry", "field"),
    [
        ("{", "a.json: invalid JSON", "premature EOF"),
        ('{"categories": [{}, {"id', "categories[1]", "invalid JSON"),
        ('{"categories": [{}], "images": [{"id": NaN}]}', "images[0]", "invalid JSON"),
        ("[]", "", "has no array 'categories'"),
        ({"categories": [CATEGORY]}, "", "has no array 'images'"),
        ({"categories": [CATEGORY], "images": []}, "", "has no array 'annotations'"),
        ({"categories": {}, "images": []}, "", "has no array 'categories'"),
        (coco(category={"id": 1}), "categories", "name no keypoints"),
        (coco(category={**CATEGORY, "id": None}), "categories", "id must be a whole number"),
        (coco(category={**CATEGORY, "keypoints": 17}), "categories", "list of names"),
        (coco(category=[]), "categories", "must be an object"),
        (coco(image={"id": 1}), "images[0]", "file_name"),
        (coco(image={**IMAGE, "id": 1.5}), "images[0]", "id must be a whole number"),
        (coco(image={**IMAGE, "width": -5, "height": 5}), "images[0]", "above 0"),
        (coco(images=[IMAGE, IMAGE]), "images[1]", "duplicate id 1"),
        (coco(categories=[]), "categories", "must name keypoints"),
        (coco(person={**PERSON, "image_id": 5}), "annotations[0]", "image_id 5 is not in 'images'"),
        (coco(person={**PERSON, "category_id": 5}), "annotations[0]", "category_id 5 is not in"),
        (coco(person=7), "annotations[0]", "must be an object"),
        (coco(person={**PERSON, "keypoints": POINTS[1:]}), "annotations[0]", "51 numbers, got 50"),
        (coco(person={**PERSON, "keypoints": [-9] * 51}), "annotations[0]", "visibility"),
        (coco(person={**PERSON, "keypoints": ["1"] * 51}), "annotations[0]", "must hold numbers"),
        (coco(person={**PERSON, "keypoints": 5}), "annotations[0]", "keypoints must be a list"),
        (coco(person={**PERSON, "bbox": [0, 0, -1, 1]}), "annotations[0]", "bbox has a negative"),
        (coco(person={**PERSON, "bbox": [0, 0, 1]}), "annotations[0]", "bbox must have 4 numbers"),
        (coco(person={**PERSON, "bbox": [0, 0, 1e39, 1]}), "annotations[0]", "finite"),
        (coco(person={**PERSON, "bbox": [0, 0, 10**400, 1]}), "annotations[0]", "integer overflow"),
        (
            coco(person={**PERSON, "bbox": [float("nan"), 0, 1, 1]}),
            "annotations[0]",
            "invalid JSON",
        ),
        (
            coco(person={**PERSON, "bbox": [float("inf"), 0, 1, 1]}),
            "annotations[0]",
            "invalid JSON",
        ),
        (coco(person={**PERSON, "score": 2}), "annotations[0]", "[0, 1]"),
        (coco(person={**PERSON, "keypoint_scores": 2}), "annotations[0]", "keypoint_scores must"),
        (coco(person={**PERSON, "keypoint_scores": [2]}), "annotations[0]", "17 numbers, got 1"),
        (
            coco(categories=[CATEGORY, {"id": 2, "keypoints": ["tail"]}]),
            "categories",
            "different keypoints",
        ),
        (
            coco(category={"id": 1, "keypoints": ["tail"], "skeleton": [[1, 2]]}),
            "categories",
            "pairs of numbers from 1 to 1",
        ),
    ],
)
def test_a_malformed_coco_file_is_refused_by_entry_and_field(content, entry, field, refused):
    message = refused(content, "a.json", "coco", strict=True)
    assert entry in message
    assert field in message


@pytest.mark.parametrize(
    ("content", "entry", "field"),
    [
        ({}, "", "not a JSON array"),
        ("[", "", "invalid JSON"),
        ("[" + json.dumps(SCORED) + ", {", "[1]", "invalid JSON"),
        ([SCORED, 5], "[1]", "must be an object"),
        ([SCORED, {**SCORED, "image_id": None}], "[1]", "image_id"),
        ([{**SCORED, "keypoints": [1] * 63}], "[0]", "51 numbers, got 63"),
        ([{**SCORED, "score": None}], "[0]", "score"),
        ([{**SCORED, "score": 7}], "[0]", "[0, 1]"),
    ],
)
def test_malformed_coco_results_are_refused_by_entry_and_field(content, entry, field, refused):
    message = refused(content, "a.json", "coco-results", skeleton="coco17", strict=True)
    assert entry in message
    assert field in message


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", "Expecting property name"),
        ({}, "has no 'people'"),
        ({"people": 5}, "people must be a list"),
        (openpose({}), "people[1]: has no 'pose_keypoints_2d'"),
        (openpose({"pose_keypoints_2d": [0] * 54}), "people[1]: pose_keypoints_2d must have 75"),
        (
            openpose({"pose_keypoints_2d": [1, 1, -1] * 25}),
            "people[1]: pose_keypoints_2d has a neg",
        ),
    ],
)
def test_a_malformed_openpose_file_is_refused_by_entry_and_field(content, field, refused):
    assert field in refused(content, "a_keypoints.json", "openpose", strict=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *[("a.parquet", content) for content in (b"", b"PAR1", b"PAR1" * 9, b"\0" * 999)],
        *[("a.arrow", content) for content in (b"", b"ARROW1", b"ARROW1\0\0" * 9)],
        *[("a.pose", content) for content in (b"", b"abc", b"x" * 5000, b"\0" * 64)],
    ],
)
def test_a_damaged_binary_file_is_refused(name, content, refused):
    refused(content, name)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.pose"])
def test_a_binary_file_cut_short_is_refused(name, records, tmp_path, refused):
    if name == "a.pose":
        records = [records[0]]
    posehub.write(records, tmp_path / name)
    refused((tmp_path / name).read_bytes()[:-9], name)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.pose"])
@settings(max_examples=100)
@given(data=st.data())
def test_no_damage_to_a_binary_file_raises_anything_but_a_format_error(
    name, data, tmp_path_factory
):
    path = tmp_path_factory.mktemp("damage") / name
    posehub.write([Record("a.jpg", FULL), Record("b.jpg", FULL)], path)
    content = bytearray(path.read_bytes())
    places = st.integers(0, len(content) - 1)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=9)):
        content[place] = value
    path.write_bytes(content[: data.draw(st.none() | places)])
    message = str(path)
    try:
        list(posehub.read(path))
    except FormatError as error:
        message = str(error)
    assert str(path) in message


TABLE_FAULTS = [
    (lambda t: t.drop(columns="person"), "has no column 'person'"),
    (lambda t: t.drop(columns="skeleton"), "has no column 'skeleton'"),
    (lambda t: t.drop(columns="nose_y"), "has no column 'nose_y'"),
    (lambda t: t.assign(skeleton="coco71"), "Did you mean 'coco17'"),
    (lambda t: t.assign(nose_x="far"), "column 'nose_x'"),
    (lambda t: t.assign(image_id="first"), "column 'image_id'"),
    (lambda t: t.assign(nose_x=np.float32(np.inf)), "row 0: keypoints must be finite"),
    (lambda t: t.assign(nose_score=np.float32(2)), "row 0: scores must be in [0, 1]"),
    (lambda t: t.assign(backend=["a", "b", "c", "d"]), "row 0: backend differs within the image"),
    (
        lambda t: t.assign(image_width=None),
        "row 0: image_width and image_height must both be there",
    ),
    (lambda t: t.assign(track_id=[1, pd.NA, 1, 1]), "row 0: track_id must be there for all people"),
    (lambda t: t.assign(error="BackendError"), "row 0: has an error, so it cannot have people"),
    (lambda t: t.assign(skeleton=[pd.NA] * 4), "row 0: skeleton is missing"),
    (
        lambda t: t.assign(skeleton=["coco17"] * 3 + ["baidu21"]),
        "row 3: skeleton is 'baidu21', above it is 'coco17'",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), TABLE_FAULTS)
def test_a_malformed_table_is_refused_by_row_and_column(spoil, message, records, tmp_path):
    table = spoil(posehub.to_dataframe(records).astype({"image_width": "Int32"}))
    table.to_parquet(tmp_path / "a.parquet")
    for read in (
        lambda: list(posehub.from_dataframe(table)),
        lambda: list(posehub.read(tmp_path / "a.parquet")),
    ):
        with pytest.raises(FormatError) as caught:
            read()
        assert message in str(caught.value)


@settings(max_examples=150)
@given(data=st.data())
def test_no_change_to_a_json_file_raises_anything_but_a_format_error(data, tmp_path_factory):
    format, content = data.draw(
        st.sampled_from(
            [
                ("jsonl", LINE),
                ("coco", coco()),
                ("coco-results", [SCORED]),
                ("openpose", openpose({"pose_keypoints_2d": [0] * 75})),
            ]
        )
    )
    wrong = st.sampled_from([None, True, -1, 1e39, 10**30, "", "x", [], [[]], {}, {"a": 1}])
    places = list(places_in(content))
    spoiled = put(content, data.draw(st.sampled_from(places)), data.draw(wrong))
    path = tmp_path_factory.mktemp("fuzz") / "a"
    path.write_text(json.dumps(spoiled))
    skeleton = "coco17" if format == "coco-results" else None
    message = str(path)
    try:
        list(posehub.read(path, format, skeleton=skeleton))
    except FormatError as error:
        message = str(error)
    assert str(path) in message


def places_in(value, place=()):
    yield place
    if isinstance(value, (dict, list)):
        keys = value if isinstance(value, dict) else range(min(len(value), 2))
        for key in keys:
            yield from places_in(value[key], (*place, key))


def put(value, place, wrong):
    if not place:
        return wrong
    copy = value.copy()
    copy[place[0]] = put(value[place[0]], place[1:], wrong)
    return copy


def person(**fields):
    return attrs.evolve(random_people(1, seed=0), **fields)


FULL = random_people(1, seed=0)
BAIDU = random_people(1, seed=0, skeleton=posehub.get_skeleton("baidu21"))
DEEP = person(keypoints_3d=np.zeros((1, 17, 3)))
NEGATIVE = person(boxes=[[9, 9, 1, 1]])
SCORELESS = person(box_scores=[np.nan], scores=[[np.nan] * 17])
CANNOT = [
    ("parquet", [Record("a", FULL), Record("b", BAIDU)], "'b' is on the skeleton 'baidu21'"),
    ("coco", [Record("a", FULL), Record("b", BAIDU)], "'b' is on the skeleton 'baidu21'"),
    ("pose", [Record("a", FULL), Record("b", BAIDU)], "'b' is on the skeleton 'baidu21'"),
    ("arrow", [Record("a", FULL), Record("b", DEEP)], "'b' has 3-D keypoints, unlike"),
    ("arrow", [Record("a", DEEP), Record("b", FULL)], "'b' has no 3-D keypoints, unlike"),
    ("coco", [Record("a", FULL, 1), Record("b", FULL, 1)], "'b': duplicate image_id 1"),
    ("coco", [Record("a", FULL), Record("a", FULL)], "'a': duplicate file name 'a'"),
    (
        "coco",
        [Record("a", FULL, 1), Record("b", FULL)],
        "all images must have an image_id, or none",
    ),
    ("coco", [FULL], "without a name: has no file name"),
    ("coco", [Record("a", NEGATIVE)], "'a': person 0 has a box of negative width or height"),
    ("coco-results", [Record("a", FULL)], "'a': has no image_id"),
    ("coco-results", [Record("", FULL, 1)] * 2, "with id 1: duplicate image_id 1"),
    ("coco-results", [Record("a", SCORELESS, 1)], "'a': person 0 has no score"),
    ("openpose", [Record("a", FULL)], "result.to('openpose_body25')"),
    ("baidu", [Record("a", FULL)], "result.to('baidu21')"),
    ("baidu", [Record("a/b.jpg", BAIDU), Record("c/b.png", BAIDU)], "'b.json' with another"),
    ("baidu", [BAIDU], "without a name: its name makes no file name"),
    ("baidu", [Record("..", BAIDU)], "'..': its name makes no file name"),
    ("pose", [], "needs at least one image"),
    (
        "pose",
        [FULL, person(image_size=(9, 9))],
        "has the size (9, 9), the images before it (640, 480)",
    ),
    ("pose", [person(image_size=(70_000, 9))], "at most 65535 pixels"),
    (
        "jsonl",
        [Record("a", person(raw={1, 2}))],
        "'a': cannot be written as JSON: set",
    ),
    ("jsonl", [Record("\udcff", FULL)], "entry 0: the image name '\\udcff' is not Unicode"),
    ("jsonl", [FULL, ImageError("too small")], "entry 1 must be a Record or a PoseResult, got Im"),
    ("parquet", [FULL, None], "entry 1 must be a Record or a PoseResult, got NoneType"),
]


@pytest.mark.parametrize(("format", "records", "message"), CANNOT)
def test_what_a_format_cannot_hold_is_refused_and_no_file_is_left(
    format, records, message, tmp_path
):
    with pytest.raises(FormatError) as caught:
        posehub.write(iter(records), tmp_path / "out", format)
    assert message in str(caught.value)
    assert str(tmp_path / "out") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "format", ["jsonl", "parquet", "arrow", "coco", "coco-results", "pose", "baidu"]
)
def test_an_error_leaves_the_file_as_it_was_before(format, tmp_path):
    path = tmp_path / "out.json"
    path.write_text("before")

    def failing():
        for number in count():
            if number == 500:
                raise ImageError("the disk is gone")
            yield Record(f"{number}", BAIDU, number)

    with pytest.raises(ImageError):
        posehub.write(failing(), path, format)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FormatError, match="is not empty"):
        posehub.write([Record("a", BAIDU)], tmp_path, "baidu")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_several_images_are_not_one_file_of_a_format_with_a_file_for_each(tmp_path):
    with pytest.raises(FormatError, match="is one file for 2 images"):
        posehub.write([Record("a", BAIDU), Record("b", BAIDU)], tmp_path / "a.json", "baidu")


@pytest.mark.parametrize("name", ["missing.jsonl", "missing.json", "missing"])
def test_a_missing_file_is_refused_at_once(name, tmp_path):
    with pytest.raises(FormatError, match="cannot be read: No such file"):
        posehub.read(tmp_path / name)


def test_a_missing_folder_is_not_made(tmp_path, records):
    with pytest.raises(FormatError, match="cannot be written: No such file"):
        posehub.write(records, tmp_path / "missing" / "a.jsonl")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: posehub.read(path, "parket"), "Did you mean 'parquet'"),
        (lambda path: posehub.write([], path, "cocoa"), "Did you mean 'coco'"),
        (lambda path: posehub.read(path, skeleton="coco71"), "Did you mean 'coco17'"),
        (lambda path: posehub.read(path, on_error="raise"), "'return' or 'skip', got 'raise'"),
        (lambda path: posehub.write([], path, "pose", fsp=5), "Did you mean 'fps'"),
        (
            lambda path: posehub.write([], path, "coco", fps=5),
            "coco has no option 'fps'. Known: min_score",
        ),
        (lambda path: list(posehub.read(path, "coco-results")), "name it: skeleton=..."),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest(call, message, tmp_path):
    (tmp_path / "a.jsonl").touch()
    with pytest.raises(ConfigError) as caught:
        call(tmp_path / "a.jsonl")
    assert message in str(caught.value)


def test_the_format_of_a_plugin_that_is_not_installed_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(get_registry(), "backends", {})
    monkeypatch.setattr(get_registry(), "formats", {})
    with pytest.raises(UnknownBackendError, match="pip install posehub-baidu"):
        posehub.read(tmp_path, "baidu")


def test_another_skeleton_than_the_named_one_is_refused(tmp_path, records):
    posehub.write(records, tmp_path / "a.jsonl")
    with pytest.raises(FormatError, match=r"'1.jpg' is on the skeleton 'coco17', not on 'baidu21'"):
        list(posehub.read(tmp_path / "a.jsonl", skeleton="baidu21"))


NASTY = ["with space.jpg", "quo\"te's.jpg", "new\nline.jpg", "照片 一.jpg", "a,b;c.jpg", "\\\t.jpg"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow", "a.json"])
def test_any_image_name_is_read_back(name, tmp_path):
    records = [Record(image, FULL) for image in NASTY]
    path = tmp_path / f"out put\n\"'图 {name}"
    posehub.write(records, path, "coco" if name == "a.json" else None)
    assert [record.image for record in posehub.read(path)] == NASTY


def test_reading_is_lazy(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(LINE) + "\nbroken")
    assert isinstance(next(posehub.read(path)).result, PoseResult)


def test_a_file_can_be_rewritten_from_itself(tmp_path, records):
    path = tmp_path / "a.jsonl"
    posehub.write(records, path)
    posehub.write(posehub.read(path), path)
    assert list(posehub.read(path)) == records
