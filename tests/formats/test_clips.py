"""OpenPose's files and .pose clips, read and written by pose-format too."""

from __future__ import annotations

import json
import warnings

import attrs
import numpy as np
import pytest
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

import posehub
from posehub import Record
from posehub.errors import FormatError
from posehub.testing import random_people

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an invalid escape sequence of its own
    from pose_format.utils.openpose import load_openpose_directory

BODY25 = posehub.get_skeleton("openpose_body25")


def frames(*people, skeleton="coco17"):
    known = posehub.get_skeleton(skeleton)
    return [
        Record(f"clip_{number:012d}.png", random_people(count, seed=number, skeleton=known))
        for number, count in enumerate(people)
    ]


def clip(components, people=1, version=0.2):
    """A clip of two frames; everything is at (1, 2) with confidence 0.5."""
    points = sum(len(component.points) for component in components)
    dimensions = len(components[0].format) - 1
    data = np.full((2, people, points, dimensions), [1, 2, 3][:dimensions], np.float32)
    body = NumPyPoseBody(30, data, np.full((2, people, points), 0.5, np.float32))
    return Pose(PoseHeader(version, PoseHeaderDimensions(640, 480), components), body)


def component(name, points, format="XYC"):
    return PoseHeaderComponent(name, points, [(0, 1)], [(1, 2, 3)], format)


def test_pose_format_reads_the_openpose_files_posehub_writes(tmp_path):
    records = frames(2, 0, 1, skeleton="openpose_body25")
    posehub.write(records, tmp_path / "out", "openpose")
    pose = load_openpose_directory(str(tmp_path / "out"))
    assert pose.body.data.shape[:2] == (3, 2)
    assert np.array_equal(pose.body.data.data[0, :, :25], records[0].result.keypoints)
    assert np.array_equal(pose.body.confidence[2, 0, :25], records[2].result.scores[0])


def test_a_file_openpose_wrote_is_read(tmp_path):
    numbers = [582.349, 507.866, 0.845918] + [0, 0, 0] * 23 + [746.975, 631.307, 1.02]
    person = {"pose_keypoints_2d": numbers, "face_keypoints_2d": [], "hand_left_keypoints_2d": []}
    path = tmp_path / "image_keypoints.json"
    path.write_text(json.dumps({"version": 1.1, "people": [person], "part_candidates": []}))
    (record,) = posehub.read(tmp_path)
    assert record.image == "image"
    assert record.result.skeleton == BODY25
    assert list(record.result[0].keypoints) == ["nose", "right_heel"]
    assert record.result.scores[0, [0, 1, 24]].tolist() == pytest.approx([0.845918, 0, 1])


def test_another_body_model_is_named_and_never_guessed(tmp_path):
    path = tmp_path / "a_keypoints.json"
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": [1, 2, 0.5] * 17}]}))
    with pytest.raises(FormatError, match=r"must have 75 numbers, got 51 \(skeleton openpose_b"):
        list(posehub.read(path))
    (record,) = posehub.read(path, skeleton="coco17")
    assert record.result.skeleton.name == "coco17"


def test_one_image_can_be_one_file(tmp_path):
    records = frames(1, skeleton="openpose_body25")
    posehub.write(records, tmp_path / "a.json", "openpose")
    (record,) = posehub.read(tmp_path / "a.json")
    assert record.image == "a"
    assert np.array_equal(record.result.keypoints, records[0].result.keypoints)


@pytest.mark.parametrize(
    ("person_ids", "ids"),
    [
        ([[4], [7]], [4, 7]),
        ([[-1], [-1]], None),
        ([[4], [-1]], None),
        ([[4], "left"], None),
        ([[4], []], None),
    ],
)
def test_person_ids_are_ids_if_every_person_has_one(person_ids, ids, tmp_path):
    people = [{"person_id": one, "pose_keypoints_2d": [1, 2, 0.5] * 25} for one in person_ids]
    (tmp_path / "a.json").write_text(json.dumps({"people": people}))
    (record,) = posehub.read(tmp_path / "a.json")
    assert (None if record.result.ids is None else record.result.ids.tolist()) == ids


def test_ids_are_written_as_person_ids(tmp_path):
    (record,) = frames(2, skeleton="openpose_body25")
    tracked = attrs.evolve(record, result=attrs.evolve(record.result, ids=[4, 7]))
    for written, person_ids in ((record, [[-1], [-1]]), (tracked, [[4], [7]])):
        posehub.write(written, tmp_path / "a.json", "openpose")
        people = json.loads((tmp_path / "a.json").read_text())["people"]
        assert [person["person_id"] for person in people] == person_ids


def test_an_empty_folder_that_is_there_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    posehub.write(frames(1, skeleton="openpose_body25"), tmp_path / "out", "openpose")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [
        "clip_000000000000_keypoints.json"
    ]


def test_pose_format_reads_the_clip_posehub_writes(tmp_path):
    records = frames(2, 0, 1)
    posehub.write(records, tmp_path / "a.pose", fps=50)
    pose = Pose.read((tmp_path / "a.pose").read_bytes())
    assert pose.body.fps == 50
    assert (pose.header.dimensions.width, pose.header.dimensions.height) == (640, 480)
    (component,) = pose.header.components
    assert component.name == "coco17"
    assert tuple(component.points) == records[0].result.skeleton.keypoints
    names = {(component.points[a], component.points[b]) for a, b in component.limbs}
    assert names == set(records[0].result.skeleton.links)
    assert pose.body.data.shape == (3, 2, 17, 2)
    assert np.array_equal(pose.body.data.data[0], records[0].result.keypoints)
    assert np.array_equal(pose.body.confidence[2, 0], records[2].result.scores[0])
    assert pose.body.data.mask[1].all()


def test_a_frame_has_its_number_and_time(tmp_path):
    posehub.write(frames(2, 0, 1), tmp_path / "a.pose", fps=50)
    back = list(posehub.read(tmp_path / "a.pose"))
    assert [(record.frame, record.time) for record in back] == [(0, 0), (1, 0.02), (2, 0.04)]


def test_pose_format_writes_the_same_bytes(tmp_path):
    posehub.write(frames(2, 0, 1), tmp_path / "a.pose")
    pose = Pose.read((tmp_path / "a.pose").read_bytes())
    with (tmp_path / "b.pose").open("wb") as file:
        pose.write(file)
    assert (tmp_path / "a.pose").read_bytes() == (tmp_path / "b.pose").read_bytes()


def test_a_long_clip_is_read_in_pieces(tmp_path):
    records = frames(2, 1) * 9000  # more than a million values
    posehub.write(records, tmp_path / "a.pose")
    back = list(posehub.read(tmp_path / "a.pose"))
    assert [record.frame for record in back] == list(range(18_000))
    for record, other in zip(records, back, strict=True):
        assert np.array_equal(record.result.keypoints, other.result.keypoints)


def test_a_clip_of_an_unknown_skeleton_brings_its_own(tmp_path):
    with (tmp_path / "a.pose").open("wb") as file:
        clip([component("cat", ["nose", "tail"], "XYZC")]).write(file)
    records = list(posehub.read(tmp_path / "a.pose"))
    assert [len(record.result) for record in records] == [1, 1]
    result = records[0].result
    assert result.skeleton == posehub.Skeleton("cat", ("nose", "tail"), [("nose", "tail")])
    assert (result.keypoints.tolist(), result.scores.tolist()) == ([[[1, 2]] * 2], [[0.5] * 2])


def test_several_components_are_one_skeleton_of_prefixed_names(tmp_path):
    parts = [component("left", ["thumb", "index"]), component("right", ["thumb", "index"])]
    with (tmp_path / "a.pose").open("wb") as file:
        clip(parts).write(file)
    skeleton = next(posehub.read(tmp_path / "a.pose")).result.skeleton
    assert skeleton.name == "left+right"
    assert skeleton.keypoints == ("left.thumb", "left.index", "right.thumb", "right.index")
    assert skeleton.links[1] == ("right.thumb", "right.index")


def test_the_skeleton_of_a_clip_can_be_named(tmp_path):
    with (tmp_path / "a.pose").open("wb") as file:
        clip([component("POSE", [f"P{n}" for n in range(17)])]).write(file)
    record = next(posehub.read(tmp_path / "a.pose", skeleton="coco17"))
    assert record.result.skeleton.name == "coco17"
    with pytest.raises(FormatError, match="header: has 17 points, and 'baidu21' 21"):
        next(posehub.read(tmp_path / "a.pose", skeleton="baidu21"))


def test_a_clip_of_one_dimension_is_refused(tmp_path):
    with (tmp_path / "a.pose").open("wb") as file:
        clip([component("line", ["a", "b"], "XC")]).write(file)
    with pytest.raises(FormatError, match="header: has 1 dimensions"):
        next(posehub.read(tmp_path / "a.pose"))


def test_a_limb_to_nowhere_is_ignored(tmp_path):
    with (tmp_path / "a.pose").open("wb") as file:
        clip([component("dot", ["a"])]).write(file)
    assert next(posehub.read(tmp_path / "a.pose")).result.skeleton.links == ()
    with pytest.raises(FormatError, match="header: dot: a limb leads to point 1 of 1"):
        next(posehub.read(tmp_path / "a.pose", strict=True))


def test_names_that_pose_format_cannot_write_are_refused(tmp_path):
    own = posehub.Skeleton("own", ("头", "足"))
    with pytest.raises(FormatError, match="ASCII only, and 'own'"):
        posehub.write(random_people(1, seed=0, skeleton=own), tmp_path / "a.pose")
