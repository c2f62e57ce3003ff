"""Everything that `posehub evaluate` reports, on a single person."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

from posehub.evaluation.evaluation import evaluate
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17


@pytest.fixture
def one_person(files):
    """Return a function that evaluates one annotated person, 100 px a side, against results."""
    points = np.random.default_rng(0).uniform(100, 200, (17, 2))
    points[1] = points[0] + np.array([0, 20])

    def run(*offsets, score=0.9, hide=(), skeleton=COCO17):
        triples = np.concatenate([points, np.full((17, 1), 2.0)], axis=1)
        triples[list(hide)] = 0
        annotation = {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "keypoints": triples.ravel().tolist(),
            "bbox": [100, 100, 100, 100],
            "area": 1e4,
        }
        truth = {
            "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
            "annotations": [annotation],
            "categories": [{"id": 1, "name": "p", "keypoints": list(skeleton.keypoints)}],
        }
        found = []
        for offset in offsets:
            moved = np.concatenate([points + offset, np.full((17, 1), score)], axis=1)
            found.append({"image_id": 1, "keypoints": moved.ravel().tolist(), "score": score})
        return evaluate(*files(truth, found))

    return run


def test_a_person_found_exactly_has_no_errors(one_person):
    result = one_person(0)
    assert (result.people, result.found, result.matched, result.images) == (1, 1, 1, 2)
    assert result.pck == {0.05: 1, 0.1: 1, 0.2: 1}
    assert {p.median_error for p in result.keypoints} == {0}
    assert result.person_calibration.error == pytest.approx(0.1)


def test_a_person_found_7_px_away_is_correct_for_pck_from_a_tenth_on(one_person):
    result = one_person([7.0, 0])
    assert result.pck == {0.05: 0, 0.1: 1, 0.2: 1}
    assert {round(p.median_error, 9) for p in result.keypoints} == {7}


def test_all_keypoints_of_a_missed_person_are_wrong(one_person):
    result = one_person()
    assert result.matched == 0
    assert result.pck == {0.05: 0, 0.1: 0, 0.2: 0}
    assert result.keypoints[0].found == 0
    assert result.point_calibration.error is None


def test_of_two_found_people_the_closer_one_is_paired(one_person):
    result = one_person([12.0, 0], [3.0, 0])
    assert result.matched == 1
    assert result.pck[0.05] == 1


def test_a_found_person_without_an_annotated_one_is_wrong(one_person):
    result = one_person(0, 300, score=0.9)
    assert result.person_calibration.error == pytest.approx(0.4)


def test_keypoints_that_are_not_labelled_do_not_count(one_person):
    result = one_person(0, hide=range(5))
    assert [p.labelled for p in result.keypoints] == [0] * 5 + [1] * 12
    assert sum(b.count for b in result.point_calibration.bins) == 12


def test_a_skeleton_without_head_length_has_no_pckh(one_person):
    assert one_person(0).pckh is None


def test_pckh_uses_half_the_heads_length(one_person):
    names = ["head_top", "upper_neck", *(f"point_{n}" for n in range(15))]
    heads = Skeleton("heads", names)
    assert one_person([9.99, 0], skeleton=heads).pckh == 1
    assert one_person([10.01, 0], skeleton=heads).pckh == 0


def test_a_skeleton_without_sigmas_has_pck_but_no_ap(one_person):
    result = one_person([7.0, 0], skeleton=Skeleton("odd", [f"point_{n}" for n in range(17)]))
    assert result.precision is None
    assert result.pck[0.1] == 1


def test_all_values_can_be_written_as_json(one_person):
    json.dumps(attrs.asdict(one_person(0)), allow_nan=False)
