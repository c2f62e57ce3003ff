"""Annotations and results of other tools: the numbers of their own evaluation."""

from __future__ import annotations

import contextlib
import copy
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import posehub
import posehub.testing
from posehub.errors import ConfigError, FormatError
from posehub.evaluation.evaluation import evaluate
from posehub.formats.notes import Notes
from posehub.poses.skeletons import COCO_WHOLEBODY133

PARTS = {"keypoints": 17, "foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21}
PARTS["righthand_kpts"] = 21


def reference(truth, results, sigmas):
    """Return AP and AR of pycocotools."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = copy.deepcopy(truth)
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(copy.deepcopy(results)), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0], evaluation.stats[5]


def numbers(evaluation):
    return evaluation.precision.ap["all"], evaluation.precision.ar["all"]


COCO17 = posehub.get_skeleton("coco17")


@pytest.fixture
def made(data_set, found_people):
    truth = data_set(8)
    return truth, found_people(truth)


def test_a_missing_area_is_that_of_xtcocotools(made, files):
    truth, results = made
    for annotation in truth["annotations"]:
        del annotation["area"]
    notes = Notes()
    found = evaluate(*files(truth, results), notes=notes)
    for annotation in truth["annotations"]:
        annotation["area"] = 0.53 * annotation["bbox"][2] * annotation["bbox"][3]
    assert numbers(found) == pytest.approx(reference(truth, results, COCO17.sigmas), abs=1e-9)
    assert notes.lines[0].startswith(
        f"areas computed as 0.53 of the box: {len(truth['annotations'])}"
    )


@pytest.mark.parametrize("value", [None, "left out"])
def test_null_counts_are_as_missing_ones(value, made, files):
    truth, results = made
    expected = numbers(evaluate(*files(truth, results)))
    for annotation in truth["annotations"]:
        for field in ("num_keypoints", "iscrowd"):
            if field == "iscrowd" and annotation[field]:
                annotation[field] = True
            elif value is None:
                annotation[field] = None
            else:
                del annotation[field]
    assert numbers(evaluate(*files(truth, results))) == expected


@pytest.mark.parametrize("identity", [str, lambda n: f"{n:08}", float, lambda n: f"image {n}"])
def test_image_ids_are_of_any_type(identity, made, files):
    truth, results = made
    expected = numbers(evaluate(*files(truth, results)))
    for image in truth["images"]:
        image["id"] = identity(image["id"])
    for entry in (*truth["annotations"], *results):
        entry["image_id"] = identity(entry["image_id"])
    assert numbers(evaluate(*files(truth, results))) == expected


def test_results_may_name_images_by_file(made, files):
    truth, results = made
    expected = numbers(evaluate(*files(truth, results)))
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    for entry in results:
        entry["image_id"] = names[entry["image_id"]]
    assert numbers(evaluate(*files(truth, results))) == expected


def whole_body(truth, results):
    """Return both with the keypoints in the fields of COCO-WholeBody."""
    truth, results = copy.deepcopy(truth), copy.deepcopy(results)
    for entry in (*truth["annotations"], *results):
        values, at = entry["keypoints"], 0
        for field, count in PARTS.items():
            entry[field] = values[at : at + 3 * count]
            at += 3 * count
    truth["categories"][0]["keypoints"] = list(COCO17.keypoints)
    return truth, results


def test_whole_body_files_are_measured_on_133_keypoints(data_set, found_people, files):
    truth = data_set(8, skeleton=COCO_WHOLEBODY133)
    results = found_people(truth)
    found = evaluate(*files(*whole_body(truth, results)))
    assert found.skeleton == "coco_wholebody133"
    expected = reference(truth, results, COCO_WHOLEBODY133.sigmas)
    assert numbers(found) == pytest.approx(expected, abs=1e-9)


OWN = posehub.Skeleton("own", ["a", "b", "c", "d"])


@pytest.mark.parametrize("sigmas", [0.05, [0.05], [0.05] * 4, [0.02, 0.05, 0.1, 0.2]])
def test_own_keypoints_are_measured_with_own_sigmas(sigmas, data_set, found_people, files):
    truth = data_set(8, skeleton=OWN)
    results = found_people(truth)
    paths = files(truth, results)
    assert evaluate(*paths).precision is None
    every = sigmas if isinstance(sigmas, list) and len(sigmas) == 4 else [0.05] * 4
    found = numbers(evaluate(*paths, sigmas=sigmas))
    assert found == pytest.approx(reference(truth, results, every), abs=1e-9)


@pytest.mark.parametrize("sigmas", [[0.05] * 3, [0.05, 0.05, 0.05, 0], float("nan"), -1])
def test_other_sigmas_than_one_for_each_keypoint_are_refused(sigmas, data_set, files):
    with pytest.raises(ConfigError, match="sigmas must be"):
        evaluate(*files(data_set(2, skeleton=OWN), []), sigmas=sigmas)


def test_the_category_to_measure_is_named(made, files):
    truth, results = made
    expected = numbers(evaluate(*files(truth, results)))
    truth["categories"].append({"id": 2, "name": "Dog", "keypoints": ["nose"]})
    with pytest.raises(FormatError):
        evaluate(*files(truth, results))
    assert numbers(evaluate(*files(truth, results), category="Person")) == expected
    with pytest.raises(FormatError, match="have no category 'cat'; there are 'person', 'Dog'"):
        evaluate(*files(truth, results), category="cat")


@pytest.mark.parametrize("format", ["jsonl", "parquet", "coco", "openpose"])
def test_results_of_every_format_are_measured(format, made, files, tmp_path):
    truth, results = made
    paths = files(truth, results)
    names = {image["id"]: image["file_name"] for image in truth["images"]}
    records = [
        posehub.Record(names[r.image_id], r.result, r.image_id)
        for r in posehub.read(paths[0], skeleton="coco17")
    ]
    if format == "openpose":
        records = [posehub.Record(r.image, r.result.to("openpose_body25")) for r in records]
    out = tmp_path / ("out.json" if format == "coco" else f"out.{format}")
    posehub.write(records, out, format)
    found = evaluate(out, paths[1])
    assert found.found == len(results)


def test_results_of_which_no_keypoint_is_in_the_truth_are_refused(made, files, tmp_path):
    truth, results = made
    (_, annotations) = files(truth, results)
    people = posehub.testing.random_people(1, seed=0, skeleton=OWN)
    line = json.dumps({"image": "0.jpg", **people.to_dict()})
    (tmp_path / "r.jsonl").write_text(line)
    with pytest.raises(ConfigError, match="no keypoint of the results is one of coco17"):
        evaluate(tmp_path / "r.jsonl", annotations)
