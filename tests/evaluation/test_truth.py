"""Annotations: read completely, or refused by file, entry and field."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

from posehub.errors import FormatError
from posehub.evaluation.truth import head_lengths, read_truth
from posehub.formats.notes import Notes
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17


@pytest.fixture
def read(files):
    return lambda truth, **options: read_truth(files(truth, [])[1], **options)


def test_the_skeleton_is_found_by_its_keypoint_names(read, data_set):
    assert read(data_set()).skeleton == COCO17


def test_unknown_names_make_a_skeleton_of_their_own(read, data_set):
    truth = data_set()
    truth["categories"][0]["keypoints"].reverse()
    skeleton = read(truth).skeleton
    assert skeleton.keypoints == COCO17.keypoints[::-1]
    assert skeleton.sigmas is None


def test_keypoints_that_are_not_labelled_are_nan(read, data_set):
    truth = data_set()
    read_back = read(truth)
    visible = np.array([a["keypoints"][2::3] for a in truth["annotations"]])
    assert (np.isnan(read_back.keypoints[..., 0]) == (visible == 0)).all()


def test_crowds_and_people_without_keypoints_do_not_count(read, data_set):
    truth = data_set(30)
    expected = [not a["iscrowd"] and a["num_keypoints"] > 0 for a in truth["annotations"]]
    assert read(truth).counted.tolist() == expected
    assert not all(expected)


def test_the_number_of_keypoints_and_the_crowd_flag_may_be_missing(read, data_set):
    truth = data_set()
    for annotation in truth["annotations"]:
        annotation["iscrowd"] = 0
    bare = copy.deepcopy(truth)
    for annotation in bare["annotations"]:
        del annotation["num_keypoints"], annotation["iscrowd"]
    assert read(bare).counted.tolist() == read(truth).counted.tolist()


def test_other_categories_are_skipped(read, data_set):
    truth = data_set()
    truth["categories"].append({"id": 7, "name": "dog"})
    count = len(truth["annotations"])
    truth["annotations"].append({"id": 900, "category_id": 7, "image_id": 10})
    assert len(read(truth).annotations) == count


def test_the_head_reaches_from_its_top_to_the_neck():
    skeleton = Skeleton("heads", ["upper_neck", "head_top", "nose"])
    keypoints = np.array([[[0, 30], [0, 0], [0, 15]], [[np.nan] * 2, [0, 0], [0, 0]]])
    first, second = head_lengths(keypoints, skeleton)
    assert first == 30
    assert math.isnan(second)


def test_a_skeleton_without_a_head_has_no_head_lengths():
    assert np.isnan(head_lengths(np.zeros((2, 17, 2)), COCO17)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("images"), "has no array 'images'"),
        (lambda t: t.update(annotations={}), "has no array 'annotations'"),
        (lambda t: t["images"][1].update(id=10), r"images\[1\]: duplicate id 10"),
        (lambda t: t["images"][0].pop("file_name"), r"images\[0\]: has no 'file_name'"),
        (lambda t: t["annotations"][2].pop("area"), r"annotations\[2\]: has no 'area'"),
        (lambda t: t["annotations"][2].pop("bbox"), r"annotations\[2\]: has no 'bbox'"),
        (lambda t: t["annotations"][0].update(area=-1), "area must be at least 0, got -1"),
        (lambda t: t["annotations"][0].update(image_id=99), "image_id 99 is not in 'images'"),
        (lambda t: t["annotations"][0].update(image_id=True), "image_id must be a whole number"),
        (lambda t: t["annotations"][0].update(keypoints=[1, 2]), "must have 51 numbers, got 2"),
        (lambda t: t["annotations"][0]["keypoints"].__setitem__(0, 1e39), "finite numbers"),
        (lambda t: t["annotations"][0]["keypoints"].__setitem__(0, math.inf), "invalid JSON"),
        (lambda t: t["annotations"][0].update(bbox=[1, 2, 3, "4"]), "bbox must hold numbers"),
        (lambda t: t["categories"].clear(), "one category must name keypoints, and 0 do"),
        (
            lambda t: t["categories"].append({**t["categories"][0], "id": 2}),
            "one category must name keypoints, and 2 do",
        ),
        (lambda t: t["categories"][0].update(keypoints=["a", "a"]), "duplicate keypoints"),
        (lambda t: t["categories"][0].update(keypoints=[1, 2]), "a list of names"),
    ],
)
def test_malformed_annotations_are_named_by_file_entry_and_field(read, data_set, change, message):
    truth = data_set()
    change(truth)
    with pytest.raises(FormatError, match=message) as caught:
        read(truth, notes=Notes(strict=True))
    assert "truth.json" in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "\udcff"])
def test_a_file_that_is_not_a_json_object_is_refused(tmp_path, content):
    path = tmp_path / "truth.json"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(FormatError, match=r"truth\.json"):
        read_truth(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_truth(tmp_path / "truth.json")
