"""Clips of every version, of several components, and damaged ones."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

import posehub
from posehub.errors import FormatError
from posehub.formats.notes import Notes
from posehub.testing import random_people

BLAZEPOSE = posehub.get_skeleton("blazepose33")


def text(value):
    return struct.pack("<H", len(value)) + value.encode()


def header(version, points, components=1, format="XYC"):
    data = struct.pack("<fHHHH", version, 640, 480, 0, components)
    for number in range(components):
        data += text(f"c{number}") + text(format) + struct.pack("<HHH", len(points), 0, 0)
        data += b"".join(map(text, points))
    return data


def holistic():
    names = [name.upper() for name in BLAZEPOSE.keypoints]
    names[9:11] = ["MOUTH_LEFT", "MOUTH_RIGHT"]
    hand = ["WRIST", "INDEX_FINGER_TIP"]
    parts = (("POSE_LANDMARKS", names), ("LEFT_HAND_LANDMARKS", hand))
    parts += (("POSE_WORLD_LANDMARKS", names),)
    components = [PoseHeaderComponent(name, points, [], [], "XYZC") for name, points in parts]
    count = sum(len(points) for _, points in parts)
    data = np.arange(2 * count * 3, dtype=np.float32).reshape(2, 1, count, 3)
    data[:, :, 35:] = -96
    body = NumPyPoseBody(24, data, np.full((2, 1, count), 0.5, np.float32))
    return Pose(PoseHeader(0.2, PoseHeaderDimensions(640, 480), components), body)


@pytest.fixture
def clip(tmp_path):
    """Return the path of the holistic clip."""
    with (tmp_path / "holistic.pose").open("wb") as file:
        holistic().write(file)
    return tmp_path / "holistic.pose"


def test_a_clip_of_version_0_0_is_read(tmp_path):
    person = struct.pack("<h6f", 7, 0, 20, 0.5, 1, 21, 0.75)
    body = struct.pack("<HH", 24, 3) + struct.pack("<H", 1) + person
    body += struct.pack("<H", 0) + struct.pack("<H", 2) + person + person
    (tmp_path / "a.pose").write_bytes(header(0.0, ["nose", "tail"]) + body)
    records = list(posehub.read(tmp_path / "a.pose"))
    assert [len(record.result) for record in records] == [1, 0, 2]
    assert records[2].result.keypoints[1].tolist() == [[0, 20], [1, 21]]
    assert records[2].result.scores[1].tolist() == [0.5, 0.75]
    assert records[1].time == 1 / 24


def test_a_clip_of_version_0_1_is_read(tmp_path):
    numbers = np.arange(1, 13, dtype="<f4").tobytes() + np.full(6, 0.5, "<f4").tobytes()
    body = struct.pack("<HHH", 60, 3, 1) + numbers
    (tmp_path / "a.pose").write_bytes(header(0.1, ["nose", "neck"]) + body)
    records = list(posehub.read(tmp_path / "a.pose"))
    assert records[2].result.keypoints.tolist() == [[[9, 10], [11, 12]]]
    assert records[1].time == 1 / 60


@pytest.mark.parametrize("fps", [24, 29.89, 30.007, 59.94, 60])
def test_the_frame_rate_is_kept(fps, tmp_path):
    posehub.write([random_people(1, seed=n) for n in range(3)], tmp_path / "a.pose", fps=fps)
    posehub.write(posehub.read(tmp_path / "a.pose"), tmp_path / "b.pose")
    assert (tmp_path / "a.pose").read_bytes() == (tmp_path / "b.pose").read_bytes()
    posehub.write(posehub.read(tmp_path / "a.pose"), tmp_path / "c.pose", fps=10)
    assert list(posehub.read(tmp_path / "c.pose"))[1].time == 0.1


def test_the_body_of_a_holistic_clip_is_converted(clip):
    notes = Notes()
    first, _ = posehub.read(clip, notes=notes)
    body = first.result.to("coco17")
    assert len(body[0].keypoints) == 17
    assert body[0]["left_shoulder"].x == 3 * BLAZEPOSE.index("left_shoulder")
    assert first.result.to("coco_wholebody133")[0]["left_hand_root"].x == 99
    assert notes.lines[0].startswith("components not read: 1; the first: ")


def test_the_body_of_a_holistic_clip_is_named(clip):
    first = next(posehub.read(clip, skeleton="blazepose33"))
    assert first.result.skeleton == BLAZEPOSE
    assert first.result[0]["left_mouth_corner"].x == 27


def test_landmarks_in_metres_are_no_keypoints_of_the_image(clip):
    result = next(posehub.read(clip)).result
    assert len(result.skeleton) == 35
    assert np.nanmin(result.keypoints) >= 0


@pytest.mark.parametrize("format", ["coco", "coco-results", "openpose", "parquet", "jsonl"])
def test_a_clip_is_written_to_every_format(format, clip, tmp_path):
    target = "openpose_body25" if format == "openpose" else "coco17"
    records = (
        posehub.Record(r.image, r.result.to(target), frame=r.frame, time=r.time)
        for r in posehub.read(clip)
    )
    posehub.write(records, tmp_path / "out", format)
    skeleton = "coco17" if format == "coco-results" else None
    back = list(posehub.read(tmp_path / "out", format, skeleton=skeleton))
    assert [len(record.result) for record in back] == [1, 1]
    if format != "coco-results":
        assert [record.image for record in back] == [f"holistic_{n:012}" for n in range(2)]
        assert [record.frame for record in back] == [0, 1]


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<fIH", 25, 4_000_000_000, 1),
        struct.pack("<fIH", 25, 4_000_000_000, 0),
        struct.pack("<fIH", 25, 4_000_000_000, 65535),
    ],
)
def test_a_clip_that_claims_more_than_it_has_is_refused_at_once(body, tmp_path):
    (tmp_path / "a.pose").write_bytes(header(0.2, ["nose"]) + body + bytes(2000))
    start = time.process_time()
    with pytest.raises(FormatError, match="claims 4000000000 frames"):
        list(posehub.read(tmp_path / "a.pose"))
    assert time.process_time() - start < 1


def test_an_unknown_version_is_refused(tmp_path):
    (tmp_path / "a.pose").write_bytes(header(7, ["nose"]) + bytes(99))
    with pytest.raises(
        FormatError, match=r"header: is of version 7; known are 0\.0, 0\.1 and 0\.2"
    ):
        list(posehub.read(tmp_path / "a.pose"))


def test_a_clip_without_people_is_read_back(tmp_path):
    posehub.write([random_people(0, seed=0)] * 3000, tmp_path / "a.pose")
    assert sum(1 for _ in posehub.read(tmp_path / "a.pose")) == 3000
