"""Files as data sets and other tools write them, and the values that are in them."""

from __future__ import annotations

import json

import numpy as np
import pytest

import posehub
import posehub.testing
from posehub.errors import FormatError
from posehub.formats.notes import Notes

COCO17 = posehub.get_skeleton("coco17")
AIC = ["Right Shoulder", "Right Elbow", "Right Wrist", "Left Shoulder", "Left Elbow", "Left Wrist"]
AIC += ["Right Hip", "Right Knee", "Right Ankle", "Left Hip", "Left Knee", "Left Ankle"]
AIC += ["Head top", "Neck"]


@pytest.fixture
def read(tmp_path):
    """Return the records of a JSON file with this content, and the lines of the notes."""

    def load(content, **options):
        path = tmp_path / "a.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        notes = Notes()
        records = list(posehub.read(path, **{"notes": notes, **options}))
        return records, notes.lines

    return load


def annotations(*people, names=COCO17.keypoints, images=({"id": 1, "file_name": "a.jpg"},), **more):
    category = {"id": 1, "name": "person", "keypoints": list(names), **more}
    return {"images": list(images), "annotations": list(people), "categories": [category]}


def person(points=17, **more):
    keypoints = [number + 1 for number in range(3 * points)]
    return {"id": 1, "image_id": 1, "category_id": 1, "keypoints": keypoints, **more}


@pytest.mark.parametrize(
    ("names", "skeleton"),
    [
        (AIC, "aic14"),
        ([name.upper().replace(" ", "-") for name in AIC], "aic14"),
        ([name.replace("_", " ").title() for name in COCO17.keypoints], "coco17"),
        ([*posehub.get_skeleton("crowdpose14").keypoints[:12], "head", "neck"], "crowdpose14"),
        (
            [
                name.replace("_", "-").capitalize()
                for name in posehub.get_skeleton("mpii16").keypoints
            ],
            "mpii16",
        ),
        ([name.upper() for name in posehub.get_skeleton("blazepose33").keypoints], "blazepose33"),
    ],
)
def test_a_skeleton_is_found_by_the_names_of_its_data_set(names, skeleton, read):
    ((record,), _) = read(annotations(person(len(names)), names=names))
    assert record.result.skeleton == posehub.get_skeleton(skeleton)


def test_names_of_no_skeleton_are_converted_by_their_locations(read):
    ((record,), _) = read(annotations(person(3), names=["L-Shoulder", "RShoulder", "tail"]))
    assert record.result.skeleton.keypoints == ("L-Shoulder", "RShoulder", "tail")
    assert list(record.result.to("coco17")[0].keypoints) == ["left_shoulder", "right_shoulder"]


def test_the_caller_names_the_skeleton_of_other_names(read):
    content = annotations(person(14), names=[f"p{number}" for number in range(14)])
    ((record,), _) = read(content, skeleton="aic14")
    assert record.result.skeleton.name == "aic14"
    assert record.result[0]["right_shoulder"].x == 1


def test_the_same_names_in_another_order_are_not_taken_for_a_skeleton(read):
    with pytest.raises(FormatError, match="in another order"):
        read(annotations(person(14), names=AIC[::-1]), skeleton="aic14")


@pytest.mark.parametrize("links", [[[16, 14]], [[1, "a"]], [5], {"a": 1}, [[0, 1]]])
def test_links_that_lead_nowhere_are_ignored_and_counted(links, read):
    ((record,), lines) = read(annotations(person(2), names=["a", "b"], skeleton=links))
    assert record.result.skeleton.links == ()
    assert lines[0].startswith("links ignored: 1; the first: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"keypoints": []},
        {"keypoints": None},
        {"keypoints": [], "num_keypoints": 0, "bbox": [0, 0, 0, 0], "area": 0},
        {"keypoints": [], "bbox": [], "num_keypoints": None, "iscrowd": None},
    ],
)
def test_an_annotation_without_keypoints_is_a_person_without_keypoints(fields, read):
    ((record,), lines) = read(annotations(person(), {**person(), **fields}))
    assert (~np.isnan(record.result.keypoints[..., 0])).sum(axis=1).tolist() == [17, 0]
    assert lines == []


@pytest.mark.parametrize(
    "odd",
    [
        5,
        {**person(), "keypoints": [1, 2]},
        {**person(), "keypoints": ["a"] * 51},
        {**person(), "image_id": 9},
        {**person(), "category_id": 9},
        {**person(), "bbox": [0, 0, -1, 1]},
    ],
)
def test_one_odd_annotation_is_skipped_and_counted_or_refused(odd, read):
    content = annotations(person(), odd)
    ((record,), lines) = read(content)
    assert len(record.result) == 1
    assert lines[0].startswith("annotations skipped: 1; the first: ")
    assert "annotations[1]" in lines[0]
    with pytest.raises(FormatError, match=r"a\.json: annotations\[1\]: "):
        read(content, notes=None, strict=True)


def test_odd_entries_are_logged_if_the_caller_counts_none(read, caplog):
    read(annotations(person(), 5), notes=None)
    assert "annotations skipped: 1; the first: " in caplog.text


def test_a_file_of_odd_annotations_only_is_refused(read):
    with pytest.raises(FormatError, match=r"annotations\[0\]: keypoints must have 51"):
        read(annotations({**person(), "keypoints": [1]}))


@pytest.mark.parametrize(
    ("identity", "number"),
    [("0001", 1), ("7", 7), (7.0, 7), (2**40, 2**40), ("frame a", 1), ("é", 1)],
)
def test_ids_are_numbers_or_texts(identity, number, read):
    image = {"id": identity, "file_name": "a.jpg"}
    ((record,), _) = read(annotations({**person(), "image_id": identity}, images=[image]))
    assert (record.image_id, len(record.result)) == (number, 1)


def test_ids_that_are_one_number_stay_apart(read):
    images = [{"id": identity, "file_name": str(identity)} for identity in ("01", "1", 1, "x")]
    people = [{**person(), "image_id": image["id"]} for image in images]
    (records, _) = read(annotations(*people, images=images))
    assert len({record.image_id for record in records}) == 4
    assert [len(record.result) for record in records] == [1] * 4


def scored(**more):
    return {"image_id": 1, "category_id": 1, "keypoints": [5, 5, 0.5] * 17, "score": 0.5, **more}


def test_results_that_name_images_by_file_are_kept_by_that_name(read):
    entry = scored(image_id="29.jpg", score=3.1, box=[1, 2, 3, 4])
    ((record,), lines) = read([entry], skeleton="coco17")
    assert record.image == "29.jpg"
    assert record.result.boxes.tolist() == [[1, 2, 4, 6]]
    assert np.isnan(record.result.box_scores).all()
    assert lines[0].startswith("scores left out: 1")


def test_a_result_at_0_0_is_not_found_whatever_its_third_value(read):
    entry = scored(keypoints=[0, 0, 1] + [0, 0, 0.7] + [5, 5, 0.5] * 15)
    ((record,), _) = read([entry], skeleton="coco17")
    assert len(record.result[0].keypoints) == 15


WHOLE = {"foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}


def test_the_parts_of_whole_body_files_are_joined(read):
    parts = {field: [9, 9, 0.53] * count for field, count in WHOLE.items()}
    parts["face_kpts"] = [7, 7, 0] * 68
    ((record,), _) = read(annotations(person(**parts)))
    assert record.result.skeleton.name == "coco_wholebody133"
    assert len(record.result[0].keypoints) == 133 - 68
    entry = scored(**{field: [9, 9, 0.5] * count for field, count in WHOLE.items()})
    ((record,), _) = read([entry], skeleton="coco_wholebody133")
    assert record.result[0]["right_pinky_finger4"].x == 9


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (annotations(person()), {}),
        ([scored()], {"skeleton": "coco17"}),
        ({"people": [{"pose_keypoints_2d": [1, 2, 0.5] * 25}]}, {}),
        ({"image": "a.jpg", **posehub.testing.random_people(1, seed=0).to_dict()}, {}),
    ],
)
def test_a_byte_order_mark_is_skipped(content, options, read):
    (records, _) = read(b"\xef\xbb\xbf" + json.dumps(content).encode(), **options)
    assert len(records[0].result) == 1


def test_an_integer_of_5000_digits_is_refused(read):
    text = json.dumps([scored()]).replace("0.5}", "9" * 5000 + "}")
    with pytest.raises(FormatError, match="a number has more than 1000 digits"):
        read(text.encode(), skeleton="coco17")
    assert read([scored(segmentation="1" * 5000)], skeleton="coco17")[0]


@pytest.mark.parametrize("start", [b"[", b'{"images": [', b'{"people": ['])
def test_deep_nesting_is_refused(start, read):
    with pytest.raises(FormatError, match="nested"):
        read(start + b"[" * 100_000, format="coco")
