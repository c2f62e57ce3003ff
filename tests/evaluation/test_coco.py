"""AP and AR: exactly the numbers of pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
import sys

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from posehub.errors import ConfigError, MissingDependencyError
from posehub.evaluation.coco import SIZES, coco_precision
from posehub.evaluation.evaluation import evaluate
from posehub.evaluation.predictions import from_coco, from_results
from posehub.evaluation.truth import read_truth
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeletons import COCO17


def reference(results, truth):
    """Return pycocotools' evaluation of two files, called as its documentation shows."""
    with contextlib.redirect_stdout(io.StringIO()):
        annotated = COCO(str(truth))
        evaluation = COCOeval(annotated, annotated.loadRes(str(results)), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def coco_stats(precision):
    """Return the ten numbers that pycocotools prints, in its order; -1 for an undefined one."""
    at = [round(threshold, 2) for threshold in precision.thresholds]
    half, three = at.index(0.5), at.index(0.75)
    stats = [
        *(precision.ap["all"], precision.ap_at["all"][half], precision.ap_at["all"][three]),
        *(precision.ap["medium"], precision.ap["large"]),
        *(precision.ar["all"], precision.ar_at["all"][half], precision.ar_at["all"][three]),
        *(precision.ar["medium"], precision.ar["large"]),
    ]
    return [-1 if value is None else value for value in stats]


@pytest.mark.parametrize("seed", range(6))
def test_the_numbers_of_a_file_are_exactly_those_of_pycocotools(
    files, seed, data_set, found_people
):
    truth = data_set(seed=seed)
    paths = files(truth, found_people(truth, seed))
    expected = reference(*paths)
    precision = evaluate(*paths).precision
    assert coco_stats(precision) == expected.stats.tolist()
    for number, size in enumerate(SIZES):
        recall = expected.eval["recall"][:, 0, number, 0].tolist()
        assert [-1 if r is None else r for r in precision.ar_at[size]] == recall


def test_posehubs_own_lines_give_the_same_numbers_as_the_coco_file(
    files, tmp_path, data_set, found_people
):
    truth = data_set(seed=3)
    people = found_people(truth, 3)
    for person in people:
        # numbers that float32 represents exactly
        person["keypoints"] = np.float32(person["keypoints"]).tolist()
        person["score"] = float(np.float32(person["score"]))
    paths = files(truth, people)
    lines = []
    for image in truth["images"]:
        rows = [p for p in people if p["image_id"] == image["id"]]
        points = np.reshape([p["keypoints"] for p in rows], (len(rows), 17, 3))
        missing = (points[..., :2] == 0).all(axis=2)
        result = PoseResult(
            keypoints=np.where(missing[..., None], np.nan, points[..., :2]),
            scores=np.where(missing, 0, points[..., 2]),
            boxes=np.full((len(rows), 4), np.nan),
            box_scores=[p["score"] for p in rows],
            skeleton=COCO17,
        )
        lines.append(json.dumps({"image": f"some/folder/{image['file_name']}", **result.to_dict()}))
    own = tmp_path / "own.jsonl"
    own.write_text("\n".join(lines), encoding="utf-8")
    assert evaluate(own, paths[1]).precision == evaluate(*paths).precision


def test_results_equal_to_the_annotations_have_an_ap_of_one(files, data_set):
    truth = data_set(seed=2)
    for annotation in truth["annotations"]:
        annotation["iscrowd"] = 0
    perfect = [{**a, "score": 0.9} for a in truth["annotations"] if a["num_keypoints"]]
    precision = evaluate(*files(truth, perfect)).precision
    assert precision.ap["all"] == pytest.approx(1)
    assert precision.ar["all"] == 1


def test_results_without_people_have_an_ap_of_zero(files, data_set):
    precision = evaluate(*files(data_set(), [])).precision
    assert precision.ap["all"] == precision.ar["all"] == 0


def test_without_annotated_people_there_is_no_ap(files, data_set):
    truth = {**data_set(), "annotations": []}
    precision = evaluate(*files(truth, [])).precision
    assert precision.ap == {"all": None, "medium": None, "large": None}


def test_an_annotation_with_id_zero_counts(files, data_set, found_people):
    truth = data_set(seed=2)
    from_one = evaluate(*files(truth, found_people(truth))).precision
    for annotation in truth["annotations"]:
        annotation["id"] -= 1
    assert evaluate(*files(truth, found_people(truth))).precision == from_one


def test_a_skeleton_without_sigmas_has_no_ap(files, data_set):
    truth = data_set()
    truth["categories"][0]["keypoints"] = [f"point_{n}" for n in range(17)]
    results, annotations = files(truth, [])
    assert evaluate(results, annotations).precision is None
    read = read_truth(annotations)
    with pytest.raises(ConfigError, match="needs sigmas"):
        coco_precision(read, from_coco(results, read))


def test_nothing_is_printed(files, capsys, data_set, found_people):
    truth = data_set()
    evaluate(*files(truth, found_people(truth)))
    assert capsys.readouterr().out == ""


def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    files, monkeypatch, data_set, found_people
):
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    truth = data_set()
    with pytest.raises(MissingDependencyError, match=r"pycocotools.*posehub\[evaluate\]"):
        evaluate(*files(truth, found_people(truth)))


def test_people_of_an_image_without_a_result_count_as_missed(files, data_set):
    truth = read_truth(files(data_set(), [])[1])
    empty = from_results([Record("0.jpg", PoseResult.empty(COCO17))], truth, "results")
    assert coco_precision(truth, empty).ar["all"] == 0
    assert empty.images_with_results == 1
