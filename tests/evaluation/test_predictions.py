"""Results beside the truth: of which image, which keypoints, with which scores."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

from posehub.errors import ConfigError, FormatError, ImageError
from posehub.evaluation.predictions import (
    ImageNames,
    from_coco,
    from_results,
    read_predictions,
)
from posehub.evaluation.truth import read_truth
from posehub.formats.notes import Notes
from posehub.poses.record import Record
from posehub.poses.skeletons import BLAZEPOSE33
from posehub.testing import random_people


@pytest.fixture
def truth(files, data_set):
    return read_truth(files(data_set(3), [])[1])


@pytest.fixture
def coco(truth, tmp_path):
    """Return a function that reads these people from a COCO results file."""

    def read(*people):
        path = tmp_path / "coco.json"
        path.write_text(json.dumps(people))
        return from_coco(path, truth, Notes(strict=True))

    return read


def person(**changes):
    return {"image_id": 10, "category_id": 1, "keypoints": [1.0] * 51, "score": 0.5, **changes}


def test_a_keypoint_at_the_origin_is_not_reported(coco):
    people = coco(person(keypoints=[0, 0, 0.9] + [1.0] * 48))
    assert np.isnan(people.keypoints[0, 0]).all()
    assert np.isnan(people.point_scores[0, 0])
    assert not np.isnan(people.keypoints[0, 1:]).any()


def test_numbers_of_a_coco_file_keep_all_their_digits(coco):
    people = coco(person(keypoints=[0.1] * 51, score=0.1))
    assert people.keypoints[0, 0, 0] == 0.1
    assert people.scores[0] == 0.1


def test_a_third_value_that_is_not_a_score_is_nan(coco):
    assert np.isnan(coco(person(keypoints=[1, 1, 2] * 17)).point_scores).all()


def test_a_score_of_a_person_may_be_above_one(coco):
    assert coco(person(score=12.5)).scores.tolist() == [12.5]


def test_other_categories_are_skipped(coco):
    assert len(coco(person(category_id=3)).scores) == 0
    assert len(coco(person(category_id=3, keypoints=[])).scores) == 0


def test_an_image_that_is_not_in_the_truth_is_refused(coco):
    with pytest.raises(ConfigError, match=r"coco\.json: \[1\]: image_id 99 is not in the truth"):
        coco(person(), person(image_id=99))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "must be an object"),
        (person(image_id=None), "image_id must be a whole number or a text, got None"),
        (person(keypoints=[1, 2]), "keypoints must have 51 numbers, got 2"),
        (person(score="high"), "score must be a finite number, got 'high'"),
        (person(score=None), "score must be a finite number, got None"),
    ],
)
def test_a_malformed_entry_is_named(coco, entry, message):
    with pytest.raises(FormatError, match=rf"coco\.json: \[1\]: {message}"):
        coco(person(), entry)


@pytest.mark.parametrize("name", ["1.jpg", "some/folder/1.jpg", "/1.jpg"])
def test_images_are_found_by_their_names(truth, name):
    assert set(from_results([Record(name, random_people(2, seed=0))], truth, "r").image_ids) == {11}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("val/s1/0.jpg", 1),
        ("./val/s1/0.jpg", 1),
        ("/data/val/s2/0.jpg", 2),
        ("s2/0.jpg", 2),
        ("/other/s1/0.jpg", 1),
        (r"val\s2\0.jpg", 2),
        ("0.jpg", None),
        ("/data/val/s3/0.jpg", None),
        ("c/y.jpg", 3),
        ("anywhere/y.jpg", 3),
        ("y", 3),
        ("z.jpg", 4),
        ("missing.jpg", None),
    ],
)
def test_an_image_is_found_by_the_longest_common_end_of_the_path(name, found):
    images = {1: "val/s1/0.jpg", 2: "val/s2/0.jpg", 3: "c/y.jpg", 4: r"images\z.jpg"}
    assert ImageNames(images).find(name) == found


def test_of_images_of_one_name_none_is_proposed():
    hint = ImageNames({1: "s1/0.jpg", 2: "s2/0.jpg"}).hint("s3/0.jpg")
    assert hint == " 2 images there are called '0.jpg': results need their folders."


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["7.jpg"], r"'7\.jpg' is not in the truth"),
        (["1.jpgg"], r"Did you mean '1\.jpg'"),
        (["a/1.jpg", "b/1.jpg"], "are one image of the truth"),
    ],
)
def test_an_image_the_truth_does_not_have_is_refused(truth, names, message):
    results = [Record(name, random_people(1, seed=0)) for name in names]
    with pytest.raises(ConfigError, match=message):
        from_results(results, truth, "r")


def test_another_skeleton_is_converted(truth):
    people = random_people(1, seed=0, skeleton=BLAZEPOSE33)
    found = from_results([Record("1.jpg", people)], truth, "r")
    nose = people[0]["nose"]
    assert found.keypoints[0, 0].tolist() == [nose.x, nose.y]


def test_a_person_without_a_score_gets_that_of_the_points(truth):
    people = attrs.evolve(random_people(2, seed=0), box_scores=[np.nan, 0.25])
    scores = from_results([Record("1.jpg", people)], truth, "r").scores
    assert scores.tolist() == [pytest.approx(people.scores[0].mean()), 0.25]


def test_a_person_without_any_score_counts_with_one(truth):
    people = attrs.evolve(random_people(1, seed=0), box_scores=[np.nan], scores=[[np.nan] * 17])
    assert from_results([Record("1.jpg", people)], truth, "r").scores.tolist() == [1]


def test_a_failed_image_has_no_people(truth):
    found = from_results([Record("1.jpg", error=ImageError("cut"))], truth, "r")
    assert len(found.scores) == 0
    assert (found.images_with_results, found.failed) == (0, 1)


@pytest.mark.parametrize("before", ["", "\n  "])
def test_a_file_that_is_an_array_is_read_as_coco_results(files, data_set, found_people, before):
    made = data_set(3)
    people = found_people(made)
    results, annotations = files(made, before + json.dumps(people))
    assert len(read_predictions(results, read_truth(annotations)).scores) == len(people)


def test_an_empty_array_has_no_people(files, data_set):
    results, annotations = files(data_set(3), [])
    assert len(read_predictions(results, read_truth(annotations)).scores) == 0


@pytest.mark.parametrize(("content", "error"), [("{", ConfigError), ("[{]", ConfigError)])
def test_a_file_of_no_format_is_refused(files, data_set, content, error):
    results, annotations = files(data_set(3), content)
    with pytest.raises(error, match=r"results\.json"):
        read_predictions(results, read_truth(annotations))


def test_a_missing_file_is_refused(truth, tmp_path):
    with pytest.raises(FormatError, match="cannot be read: No such file"):
        read_predictions(tmp_path / "missing.json", truth)
