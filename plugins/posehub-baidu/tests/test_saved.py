"""Responses of the service as files."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import numpy as np
import pytest

import posehub
from posehub import Record
from posehub.errors import FormatError
from posehub.testing import random_people

RESPONSE = Path(__file__).parent / "data" / "body_analysis_two_people.json"
BAIDU = posehub.get_skeleton("baidu21")


def written_and_read(records, folder):
    posehub.write(records, folder, "baidu")
    return list(posehub.read(folder, "baidu"))


def test_a_saved_response_is_recognised_by_its_content():
    (record,) = posehub.read(RESPONSE)
    assert record.image == "body_analysis_two_people"
    assert record.result.skeleton == BAIDU
    assert record.result.backend == "baidu"
    assert record.result.image_size is None
    assert len(record.result) == 2
    assert record.result.raw == json.loads(RESPONSE.read_text())


def test_a_response_that_is_written_again_is_equal(tmp_path):
    (record,) = posehub.read(RESPONSE)
    (back,) = written_and_read([record], tmp_path / "out")
    assert attrs.evolve(back.result, raw=None) == attrs.evolve(record.result, raw=None)


def test_missing_keypoints_and_scores_are_kept(tmp_path):
    whole = random_people(2, seed=0, skeleton=BAIDU)
    keypoints, scores = whole.keypoints.copy(), whole.scores.copy()
    keypoints[0, :5], scores[0, :5] = np.nan, 0
    scores[1] = np.nan
    gaps = posehub.PoseResult(keypoints, scores, whole.boxes, [0.5, np.nan], BAIDU)
    empty = posehub.PoseResult.empty(BAIDU)
    back = written_and_read([Record("照片 1.jpg", gaps), Record("b.jpg", empty)], tmp_path / "out")
    kept = {"backend": "baidu", "raw": None}
    assert {record.image: attrs.evolve(record.result, raw=None) for record in back} == {
        "照片 1": attrs.evolve(gaps, **kept),
        "b": attrs.evolve(empty, **kept),
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a JSON object"),
        ("{}", "person_num"),
        ('{"error_code": 17, "error_msg": "Open api daily request limit reached"}', "17"),
        ('{"person_num": 1, "person_info": [{"location": {}}]}', "location for person 0"),
    ],
)
def test_a_file_that_is_not_a_response_is_refused_by_its_name(content, message, tmp_path):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FormatError) as caught:
        list(posehub.read(tmp_path / "a.json", "baidu"))
    assert str(tmp_path / "a.json") in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [([[np.nan] * 4], "person 0 has no box"), ([[5, 5, 1, 9]], "negative width or height")],
)
def test_a_person_without_a_valid_box_is_refused(boxes, message, tmp_path):
    result = attrs.evolve(random_people(1, seed=0, skeleton=BAIDU), boxes=boxes)
    with pytest.raises(FormatError, match=message):
        posehub.write(Record("a", result), tmp_path / "out", "baidu")
