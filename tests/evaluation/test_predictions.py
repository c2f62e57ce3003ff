"""Results beside the truth: whose picture, which points, how sure."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

from posehub.errors import ConfigError
from posehub.evaluation.predictions import from_coco, from_results, image_ids_by_name
from posehub.evaluation.sources import Named
from posehub.evaluation.truth import read_truth
from posehub.poses.skeletons import BLAZEPOSE33
from posehub.testing import random_people


@pytest.fixture
def truth(files, data_set):
    return read_truth(files(data_set(3), [])[1])


def person(**changes):
    return {"image_id": 10, "category_id": 1, "keypoints": [1.0] * 51, "score": 0.5, **changes}


def test_a_point_at_the_origin_was_not_found(truth):
    people = from_coco([person(keypoints=[0, 0, 0.9] + [1.0] * 48)], truth, "r")
    assert np.isnan(people.keypoints[0, 0]).all()
    assert np.isnan(people.point_scores[0, 0])
    assert not np.isnan(people.keypoints[0, 1:]).any()


def test_coordinates_of_a_coco_file_keep_all_their_digits(truth):
    people = from_coco([person(keypoints=[0.1] * 51, score=0.1)], truth, "r")
    assert people.keypoints[0, 0, 0] == 0.1
    assert people.scores[0] == 0.1


def test_a_third_value_that_is_no_score_is_none(truth):
    people = from_coco([person(keypoints=[1, 1, 2] * 17)], truth, "r")
    assert np.isnan(people.point_scores).all()


def test_other_categories_are_passed_over(truth):
    assert len(from_coco([person(category_id=3)], truth, "r").scores) == 0


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([], "must be an object"),
        (person(image_id=99), "image_id 99 is not in the truth"),
        (person(image_id=None), "image_id None"),
        (person(keypoints=[1, 2]), "must be 51 finite numbers"),
        (person(score="high"), "score must be"),
        (person(score=None), "score must be"),
    ],
)
def test_a_malformed_entry_is_named(truth, entry, message):
    with pytest.raises(ConfigError, match=rf"r: \[1\].*{message}"):
        from_coco([person(), entry], truth, "r")


@pytest.mark.parametrize("name", ["1.jpg", "some/folder/1.jpg", "/1.jpg"])
def test_pictures_are_found_by_their_names(truth, name):
    assert set(from_results([Named(name, random_people(2, seed=0))], truth, "r").image_ids) == {11}


def test_a_name_two_pictures_share_is_found_by_its_path_only():
    ids = image_ids_by_name({1: "a/x.jpg", 2: "b/x.jpg", 3: "c/y.jpg"})
    assert ids == {"a/x.jpg": 1, "b/x.jpg": 2, "c/y.jpg": 3, "y.jpg": 3}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["7.jpg"], r"'7\.jpg' is not in the truth"),
        (["1.jpgg"], r"Did you mean '1\.jpg'"),
        (["a/1.jpg", "b/1.jpg"], "are one picture of the truth"),
    ],
)
def test_a_picture_the_truth_does_not_have_is_refused(truth, names, message):
    results = [Named(name, random_people(1, seed=0)) for name in names]
    with pytest.raises(ConfigError, match=message):
        from_results(results, truth, "r")


def test_another_skeleton_is_converted(truth):
    people = random_people(1, seed=0, skeleton=BLAZEPOSE33)
    found = from_results([Named("1.jpg", people)], truth, "r")
    nose = people[0]["nose"]
    assert found.keypoints[0, 0].tolist() == [nose.x, nose.y]


def test_a_person_without_a_score_gets_that_of_the_points(truth):
    people = attrs.evolve(random_people(2, seed=0), box_scores=[np.nan, 0.25])
    scores = from_results([Named("1.jpg", people)], truth, "r").scores
    assert scores.tolist() == [pytest.approx(people.scores[0].mean()), 0.25]


def test_a_person_without_any_score_counts_with_one(truth):
    people = attrs.evolve(random_people(1, seed=0), box_scores=[np.nan], scores=[[np.nan] * 17])
    assert from_results([Named("1.jpg", people)], truth, "r").scores.tolist() == [1]


def test_a_picture_the_backend_failed_on_has_nobody(truth):
    found = from_results([Named("1.jpg", None)], truth, "r")
    assert len(found.scores) == 0
    assert found.answered == 1


def test_a_file_that_starts_with_a_bracket_is_coco(files, data_set, found_people):
    from posehub.evaluation.predictions import read_predictions

    made = data_set(3)
    people = found_people(made)
    results, annotations = files(made, "\n  " + json.dumps(people))
    assert len(read_predictions(results, read_truth(annotations)).scores) == len(people)
