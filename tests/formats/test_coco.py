"""COCO files: posehub's read by pycocotools, and others' by posehub."""

from __future__ import annotations

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import posehub
from posehub import Record
from posehub.testing import random_people

NAMES = posehub.get_skeleton("coco17").keypoints


@pytest.fixture(autouse=True)
def _quiet():
    """Swallow what pycocotools prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@pytest.fixture
def load(tmp_path):
    """Return the records of a COCO file with this content."""

    def read(content, **options):
        (tmp_path / "a.json").write_text(json.dumps(content))
        return list(posehub.read(tmp_path / "a.json", **options))

    return read


def annotation(number, image_id, **more):
    keypoints = [number, number, 2] * 17
    return {"id": number, "image_id": image_id, "category_id": 1, "keypoints": keypoints, **more}


def content(annotations, **more):
    images = [{"id": 8, "file_name": "b.jpg"}, {"id": 7, "file_name": "a.jpg"}]
    categories = [{"id": 1, "name": "person", "keypoints": list(NAMES)}]
    return {"images": images, "annotations": annotations, "categories": categories, **more}


def test_pycocotools_evaluates_what_posehub_writes(tmp_path, records):
    posehub.write(records, tmp_path / "truth.json", "coco")
    posehub.write(records, tmp_path / "results.json", "coco-results")
    truth = COCO(tmp_path / "truth.json")
    evaluation = COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


def test_pycocotools_finds_pictures_people_and_skeleton(tmp_path, records):
    posehub.write(records, tmp_path / "truth.json", "coco")
    coco = COCO(tmp_path / "truth.json")
    (category,) = coco.loadCats(coco.getCatIds())
    assert category["keypoints"] == list(NAMES)
    assert [NAMES.index("left_knee") + 1, NAMES.index("left_ankle") + 1] in category["skeleton"]
    (image,) = coco.loadImgs([1])
    assert (image["file_name"], image["width"], image["height"]) == ("1.jpg", 640, 480)
    (first, _) = coco.loadAnns(coco.getAnnIds(imgIds=[1]))
    assert first["num_keypoints"] == 17
    left, top, right, bottom = records[0].result.boxes[0].tolist()
    assert first["bbox"] == [left, top, right - left, bottom - top]
    assert first["area"] == (right - left) * (bottom - top)
    assert coco.getAnnIds(imgIds=[2]) == []


def test_pictures_without_an_id_are_numbered_from_one(tmp_path):
    records = [Record(name, random_people(1, seed=0)) for name in ("b.jpg", "a.jpg")]
    posehub.write(records, tmp_path / "a.json", "coco")
    back = posehub.read(tmp_path / "a.json")
    assert [(record.image, record.image_id) for record in back] == [("b.jpg", 1), ("a.jpg", 2)]


def test_people_in_any_order_come_picture_by_picture(load):
    records = load(content([annotation(1, 7), annotation(2, 8), annotation(3, 7)]))
    found = [(record.image, record.result.keypoints[:, 0, 0].tolist()) for record in records]
    assert found == [("b.jpg", [2]), ("a.jpg", [1, 3])]


def test_results_in_any_order_come_picture_by_picture(load):
    people = [annotation(n, image, score=0.5) for n, image in enumerate((7, 8, 7), 1)]
    records = load(people, skeleton="coco17")
    found = [(record.image_id, record.result.keypoints[:, 0, 0].tolist()) for record in records]
    assert found == [(7, [1, 3]), (8, [2])]


def test_the_order_of_the_arrays_does_not_matter(load):
    forward = content([annotation(1, 7)])
    assert load(forward) == load(dict(reversed(forward.items())))


def test_crowds_and_categories_without_keypoints_are_left_out(load):
    dog = {"id": 3, "image_id": 7, "category_id": 18, "bbox": [0, 0, 1, 1]}
    data = content([annotation(1, 7, iscrowd=1), annotation(2, 7), dog])
    data["categories"].append({"id": 18, "name": "dog"})
    (_, record) = load(data)
    assert record.result.keypoints[:, 0, 0].tolist() == [2]


def test_a_point_of_visibility_zero_is_not_reported_and_others_have_no_score(load):
    keypoints = [5, 5, 0, 6, 6, 1, 0, 0, 2] + [0] * 42
    (_, record) = load(content([annotation(1, 7) | {"keypoints": keypoints}]))
    assert list(record.result[0].keypoints) == ["left_eye", "right_eye"]
    assert np.isnan(record.result.scores[0, 1:3]).all()
    assert not record.result.scores[0, 3:].any()
    assert np.isnan(record.result[0].score)


def test_an_unknown_skeleton_is_made_of_the_category(load):
    category = {"id": 1, "name": "cat", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
    cat = annotation(1, 7) | {"keypoints": [1, 2, 2, 3, 4, 2]}
    records = load(content([cat], categories=[category]))
    assert records[0].result.skeleton == records[1].result.skeleton
    assert records[1].result.skeleton == posehub.Skeleton(
        "coco:cat", ("nose", "tail"), [("nose", "tail")]
    )
    assert records[1].result[0]["tail"].x == 3


def test_the_skeleton_can_be_named_where_categories_do_not(load):
    data = content([annotation(1, 7)], categories=[{"id": 1, "name": "person"}])
    assert load(data, skeleton="coco17")[1].result.skeleton.name == "coco17"


def test_a_named_skeleton_with_other_keypoints_than_the_file_is_refused(load):
    with pytest.raises(posehub.errors.FormatError, match="name other keypoints than those of 'bai"):
        load(content([]), skeleton="baidu21")


def test_a_third_value_of_a_result_that_is_no_score_is_no_score(load):
    keypoints = [1, 1, 0.25, 2, 2, 2, 3, 3, -1, 0, 0, 0] + [9] * 39
    (record,) = load([annotation(1, 7, score=1) | {"keypoints": keypoints}], skeleton="coco17")
    assert record.result.scores[0, :4].tolist() == pytest.approx(
        [0.25, np.nan, np.nan, 0], nan_ok=1
    )
    assert np.isnan(record.result.keypoints[0, 3]).all()


def test_no_picture_at_all_is_a_coco_file_too(tmp_path):
    posehub.write([], tmp_path / "a.json", "coco")
    assert COCO(tmp_path / "a.json").getImgIds() == []
    assert list(posehub.read(tmp_path / "a.json")) == []
    posehub.write([], tmp_path / "b.json", "coco-results")
    assert json.loads((tmp_path / "b.json").read_text()) == []
