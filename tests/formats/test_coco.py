"""COCO files: posehub's read by pycocotools, and others' by posehub."""

from __future__ import annotations

import contextlib
import io
import json

import attrs
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
    """Hide what pycocotools prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@pytest.fixture
def load(tmp_path):
    """Return the records of a COCO file with this content."""

    def read(content, **options):
        (tmp_path / "a.json").write_text(json.dumps(content))
        return list(posehub.read(tmp_path / "a.json", **options))

    return read


@pytest.fixture
def written(tmp_path):
    """Return what is in the COCO file of these records."""

    def write(records, format="coco", **options):
        posehub.write(records, tmp_path / "a.json", format, **options)
        return json.loads((tmp_path / "a.json").read_text())

    return write


def person(points, scores, **more):
    """One person on coco17 in an image of 640 x 480; keypoints without a score are at (9, 9)."""
    places = np.full((1, 17, 2), 9.0)
    values = np.full((1, 17), np.nan)
    places[0, : len(points)] = points
    values[0, : len(scores)] = scores
    values[np.isnan(places[..., 0])] = 0
    fields = {"boxes": [[1, 2, 30, 40]], "image_size": (640, 480), **more}
    return posehub.PoseResult(
        places, values, box_scores=[0.5], skeleton=posehub.get_skeleton("coco17"), **fields
    )


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


def test_pycocotools_finds_images_people_and_skeleton(tmp_path, records):
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


def test_images_without_an_id_are_numbered_from_one(tmp_path):
    records = [Record(name, random_people(1, seed=0)) for name in ("b.jpg", "a.jpg")]
    posehub.write(records, tmp_path / "a.json", "coco")
    back = posehub.read(tmp_path / "a.json")
    assert [(record.image, record.image_id) for record in back] == [("b.jpg", 1), ("a.jpg", 2)]


NAN = [np.nan, np.nan]


@pytest.mark.parametrize(
    ("point", "score", "labelled"),
    [
        ([5, 6], 0.3, True),
        ([5, 6], 0.29, False),
        ([5, 6], np.nan, True),
        ([0, 0], 0.9, True),
        ([640, 480], 0.9, True),
        ([-0.5, 6], 0.9, False),
        ([5, -0.5], 0.9, False),
        ([640.5, 6], 0.9, False),
        ([5, 480.5], np.nan, False),
        (NAN, 0, False),
    ],
)
def test_a_keypoint_is_labelled_if_it_scores_enough_inside_the_image(
    point, score, labelled, written
):
    content = written(Record("a.jpg", person([point], [score])))
    (entry,) = content["annotations"]
    assert entry["keypoints"][:3] == ([*point, 2] if labelled else [0, 0, 0])
    assert entry["num_keypoints"] == 16 + labelled == sum(v > 0 for v in entry["keypoints"][2::3])
    assert (entry["keypoint_scores"][0] == 0) == (not labelled)


def test_the_least_score_can_be_chosen(written):
    record = Record("a.jpg", person([[5, 6]], [0.25]))
    for min_score, count in ((0, 17), (0.25, 17), (0.26, 16), (1, 16)):
        (entry,) = written(record, min_score=min_score)["annotations"]
        assert entry["num_keypoints"] == count


def test_without_an_image_size_no_keypoint_is_outside(written):
    (entry,) = written(Record("a.jpg", person([[-5, 9999]], [1], image_size=None)))["annotations"]
    assert entry["keypoints"][:3] == [-5, 9999, 2]


def test_a_missing_box_is_the_extent_of_the_labelled_keypoints(written):
    lost = person([[600, 400], [20, 30]], [0.1, 0.9], boxes=[[np.nan] * 4])
    (entry,) = written(Record("a.jpg", lost))["annotations"]
    assert entry["bbox"] == [9, 9, 11, 21]


def test_whole_numbers_are_integers(tmp_path):
    record = Record("a.jpg", person([[5, 6.5]], [1]), 1)
    for format in ("coco", "coco-results"):
        posehub.write(record, tmp_path / "a.json", format)
        text = (tmp_path / "a.json").read_text()
        assert '"keypoints":[5,6.5,' in text
        assert ".0" not in text


@pytest.mark.parametrize("format", ["coco", "coco-results"])
def test_ids_are_track_ids(format, written, load):
    tracked = attrs.evolve(random_people(2, seed=0), ids=[7, 2**62])
    content = written(Record("a.jpg", tracked, 1), format)
    people = content["annotations"] if format == "coco" else content
    assert [entry["track_id"] for entry in people] == [7, 2**62]
    (record,) = load(content, skeleton="coco17")
    assert record.result.ids.tolist() == [7, 2**62]


@pytest.mark.parametrize("track_ids", [[7, None], ["a", "b"], [1.5, 2], [None, None]])
def test_people_without_whole_track_ids_have_no_ids(track_ids, load):
    people = [annotation(n, 7, track_id=track_id) for n, track_id in enumerate(track_ids, 1)]
    assert load(content(people))[1].result.ids is None


def test_digest_frame_and_time_of_an_image_are_kept(written, load):
    record = Record("a.jpg", random_people(0, seed=0), 1, digest="sha256:0", frame=5, time=0.25)
    stored = written(record)
    assert stored["images"] == [
        {
            "id": 1,
            "file_name": "a.jpg",
            "width": 640,
            "height": 480,
            "digest": "sha256:0",
            "frame": 5,
            "time": 0.25,
        }
    ]
    assert load(stored) == [record]


def test_fields_of_these_names_with_other_values_are_ignored(load):
    image = {"id": 7, "file_name": "a.jpg", "digest": 5, "frame": "first", "time": "noon"}
    (record,) = load(content([], images=[image]))
    assert (record.digest, record.frame, record.time) == (None, None, None)


def test_people_in_any_order_are_read_image_by_image(load):
    records = load(content([annotation(1, 7), annotation(2, 8), annotation(3, 7)]))
    found = [(record.image, record.result.keypoints[:, 0, 0].tolist()) for record in records]
    assert found == [("b.jpg", [2]), ("a.jpg", [1, 3])]


def test_results_in_any_order_are_read_image_by_image(load):
    people = [annotation(n, image, score=0.5) for n, image in enumerate((7, 8, 7), 1)]
    records = load(people, skeleton="coco17")
    found = [(record.image_id, record.result.keypoints[:, 0, 0].tolist()) for record in records]
    assert found == [(7, [1, 3]), (8, [2])]


def test_the_order_of_the_arrays_does_not_matter(load):
    forward = content([annotation(1, 7)])
    assert load(forward) == load(dict(reversed(forward.items())))


def test_crowds_and_categories_without_keypoints_are_skipped(load):
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


def test_a_third_value_of_a_result_outside_0_to_1_is_not_a_score(load):
    keypoints = [1, 1, 0.25, 2, 2, 2, 3, 3, -1, 0, 0, 0] + [9] * 39
    (record,) = load([annotation(1, 7, score=1) | {"keypoints": keypoints}], skeleton="coco17")
    assert record.result.scores[0, :4].tolist() == pytest.approx(
        [0.25, np.nan, np.nan, 0], nan_ok=1
    )
    assert np.isnan(record.result.keypoints[0, 3]).all()


def test_no_image_at_all_is_a_coco_file_too(tmp_path):
    posehub.write([], tmp_path / "a.json", "coco")
    assert COCO(tmp_path / "a.json").getImgIds() == []
    assert list(posehub.read(tmp_path / "a.json")) == []
    posehub.write([], tmp_path / "b.json", "coco-results")
    assert json.loads((tmp_path / "b.json").read_text()) == []
