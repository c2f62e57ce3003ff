"""Replies of the service as files."""

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

REPLY = Path(__file__).parent / "data" / "body_analysis_two_people.json"
BAIDU = posehub.get_skeleton("baidu21")


def there_and_back(records, folder):
    posehub.write(records, folder, "baidu")
    return list(posehub.read(folder, "baidu"))


def test_a_saved_reply_is_told_by_its_content_and_read():
    (record,) = posehub.read(REPLY)
    assert record.image == "body_analysis_two_people"
    assert record.result.skeleton == BAIDU
    assert record.result.backend == "baidu"
    assert record.result.image_size is None
    assert len(record.result) == 2
    assert record.result.raw == json.loads(REPLY.read_text())


def test_a_reply_written_anew_says_the_same(tmp_path):
    (record,) = posehub.read(REPLY)
    (back,) = there_and_back([record], tmp_path / "out")
    assert attrs.evolve(back.result, raw=None) == attrs.evolve(record.result, raw=None)


def test_gaps_come_back(tmp_path):
    whole = random_people(2, seed=0, skeleton=BAIDU)
    keypoints, scores = whole.keypoints.copy(), whole.scores.copy()
    keypoints[0, :5], scores[0, :5] = np.nan, 0
    scores[1] = np.nan
    gaps = posehub.PoseResult(keypoints, scores, whole.boxes, [0.5, np.nan], BAIDU)
    nobody = posehub.PoseResult.empty(BAIDU)
    back = there_and_back([Record("照片 1.jpg", gaps), Record("b.jpg", nobody)], tmp_path / "out")
    kept = {"backend": "baidu", "raw": None}
    assert {record.image: attrs.evolve(record.result, raw=None) for record in back} == {
        "照片 1": attrs.evolve(gaps, **kept),
        "b": attrs.evolve(nobody, **kept),
    }


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "are no JSON object"),
        ("{}", "person_num"),
        ('{"error_code": 17, "error_msg": "Open api daily request limit reached"}', "17"),
        ('{"person_num": 1, "person_info": [{"location": {}}]}', "location for person 0"),
    ],
)
def test_what_is_no_reply_is_refused_by_the_files_name(content, complaint, tmp_path):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(FormatError) as caught:
        list(posehub.read(tmp_path / "a.json", "baidu"))
    assert str(tmp_path / "a.json") in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("boxes", "complaint"),
    [([[np.nan] * 4], "person 0 has no box"), ([[5, 5, 1, 9]], "negative width or height")],
)
def test_a_person_no_reply_could_have_is_refused(boxes, complaint, tmp_path):
    result = attrs.evolve(random_people(1, seed=0, skeleton=BAIDU), boxes=boxes)
    with pytest.raises(FormatError, match=complaint):
        posehub.write(Record("a", result), tmp_path / "out", "baidu")
