"""OpenPose's files in their variants, and their order."""

from __future__ import annotations

import json

import numpy as np
import pytest

import posehub
from posehub.errors import FormatError
from posehub.formats.notes import Notes


@pytest.fixture
def read(tmp_path):
    """Return the record of a file of these people, and the lines of the notes."""

    def load(*people, **options):
        (tmp_path / "a_keypoints.json").write_text(json.dumps({"people": people}))
        notes = Notes()
        (record,) = posehub.read(tmp_path, "openpose", notes=notes, **options)
        return record, notes.lines

    return load


@pytest.mark.parametrize(
    ("skeleton", "count", "name", "column"),
    [
        ("openpose_body25", 25, "mid_hip", 8),
        ("openpose_body25b", 25, "upper_neck", 17),
        ("openpose_coco18", 18, "left_ear", 17),
        ("openpose_mpi15", 15, "chest", 14),
    ],
)
def test_each_body_model_is_read(skeleton, count, name, column, read):
    numbers = [value for number in range(1, count + 1) for value in (number, number, 0.5)]
    (record, _) = read({"pose_keypoints_2d": numbers}, skeleton=skeleton)
    assert record.result[0][name].x == column + 1


def test_the_message_names_the_model_of_18_points(read):
    with pytest.raises(
        FormatError, match="75 numbers, got 54; so many has the skeleton openpose_c"
    ):
        read({"pose_keypoints_2d": [1] * 54})


def test_fields_of_version_1_0_are_read(read):
    (record, _) = read({"pose_keypoints": [1, 2, 0.5] * 25})
    assert len(record.result[0].keypoints) == 25


HANDS = {
    "hand_left_keypoints_2d": [3, 3, 0.5] * 21,
    "hand_right_keypoints_2d": [4, 4, 0.5] * 21,
    "face_keypoints_2d": [5, 5, 0.5] * 70,
}


def test_hands_and_faces_are_read_with_their_skeleton(read):
    (record, lines) = read(
        {"pose_keypoints_2d": [1, 2, 0.5] * 25, **HANDS}, skeleton="openpose_body137"
    )
    person = record.result[0]
    assert [person[name].x for name in ("nose", "left_thumb1", "right_thumb1", "face_69")] == [
        *(1, 3, 4, 5)
    ]
    assert lines == []
    assert record.result.to("coco_wholebody133")[0]["left_pinky_finger4"].x == 3


def test_hands_and_faces_that_are_not_read_are_counted(read):
    (record, lines) = read({"pose_keypoints_2d": [1, 2, 0.5] * 25, **HANDS})
    assert len(record.result[0].keypoints) == 25
    assert lines[0].startswith("people whose hands and faces are not read: 1")


def test_hands_and_faces_are_written_and_read_back(read, tmp_path):
    (record, _) = read({"pose_keypoints_2d": [], **HANDS}, skeleton="openpose_body137")
    posehub.write(record, tmp_path / "out", "openpose")
    (back,) = posehub.read(tmp_path / "out", skeleton="openpose_body137")
    assert back.result == record.result


def test_a_person_with_hands_only_has_no_keypoint_of_the_body(read):
    (record, _) = read({"pose_keypoints_2d": [], **HANDS}, {"pose_keypoints_2d": [1, 2, 1] * 25})
    assert (~np.isnan(record.result.keypoints[..., 0])).sum(axis=1).tolist() == [0, 25]


def test_one_odd_person_is_skipped_and_counted(read):
    (record, lines) = read({"pose_keypoints_2d": [1, 2, 1] * 25}, {"pose_keypoints_2d": [1]}, 5, {})
    assert len(record.result) == 1
    assert lines[0].startswith("people skipped: 3; the first: ")


def test_a_keypoint_at_0_0_is_not_found(read):
    (record, _) = read({"pose_keypoints_2d": [0, 0, 0.9] + [1, 2, 1] * 24})
    assert "nose" not in record.result[0].keypoints


def folder(path, names):
    path.mkdir()
    for name in names:
        number = float(name.rpartition("_")[2] or 0)
        person = {"pose_keypoints_2d": [1 + 10 * number, 1, 1] * 25}
        (path / f"{name}_keypoints.json").write_text(json.dumps({"people": [person]}))
    return path


def test_frames_are_in_the_order_of_their_numbers(tmp_path):
    path = folder(tmp_path / "frames", [f"clip_{n}" for n in (0, 10, 1, 2, 9)])
    records = list(posehub.read(path))
    assert [record.frame for record in records] == [0, 1, 2, 9, 10]
    assert [record.result[0]["nose"].x for record in records] == [1, 11, 21, 91, 101]


def test_images_of_different_names_are_no_frames(tmp_path):
    path = folder(tmp_path / "images", ["a_1", "b_2"])
    assert [record.frame for record in posehub.read(path)] == [None, None]


def test_a_clip_has_frames_without_people_where_numbers_are_missing(tmp_path):
    path = folder(tmp_path / "frames", [f"clip_{n}" for n in (0, 1, 4)])
    posehub.write(posehub.read(path), tmp_path / "a.pose", fps=50)
    records = list(posehub.read(tmp_path / "a.pose"))
    assert [len(record.result) for record in records] == [1, 1, 0, 0, 1]
    assert records[4].time == 4 / 50


def test_a_gap_that_no_clip_has_is_refused(tmp_path):
    path = folder(tmp_path / "frames", ["clip_0", "clip_999999999"])
    with pytest.raises(FormatError, match="999999998 frames are missing"):
        posehub.write(posehub.read(path), tmp_path / "a.pose")
