"""Conversion of people between skeletons."""

from __future__ import annotations

from itertools import permutations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import posehub
from posehub import PoseResult, Skeleton
from posehub.errors import ConfigError
from posehub.poses.checks import BLOCK
from posehub.poses.conversion import INDIRECT_FACTOR
from posehub.poses.skeletons import BAIDU21, BLAZEPOSE33, BUILTIN, COCO17

PAIRS = list(permutations(BUILTIN, 2))
NAN = float("nan")


def _result(skeleton, people=2, **fields):
    count = people * len(skeleton)
    return PoseResult(
        **{
            "keypoints": np.arange(2 * count).reshape(people, -1, 2),
            "scores": np.linspace(0.1, 0.9, count).reshape(people, -1),
            "boxes": np.arange(4 * people).reshape(people, 4),
            "box_scores": np.full(people, 0.5),
            "skeleton": skeleton,
            "image_size": (640, 480),
            "backend": "fake",
            "request_id": "42",
            "raw": {"a": 1},
            "ids": range(10, 10 + people),
            **fields,
        }
    )


def _without(result, *names):
    keypoints, scores = result.keypoints.copy(), result.scores.copy()
    for name in names:
        keypoints[:, result.skeleton.index(name)] = NAN
        scores[:, result.skeleton.index(name)] = 0
    return attrs.evolve(result, keypoints=keypoints, scores=scores)


TABLE = [
    ("baidu21", "coco17", "left_wrist", "direct", ("left_wrist",)),
    ("baidu21", "crowdpose14", "top_head", "direct", ("top_head",)),
    ("halpe26", "mpii16", "head_top", "direct", ("head",)),
    ("mpii16", "aic14", "neck", "direct", ("upper_neck",)),
    ("h36m17", "coco17", "left_ankle", "direct", ("left_foot",)),
    ("baidu21", "baidu14", "neck", "direct", ("neck",)),
    ("blazepose33", "coco_wholebody133", "face_54", "direct", ("left_mouth_corner",)),
    ("blazepose33", "coco_wholebody133", "face_36", "direct", ("right_eye_outer",)),
    ("openpose_body25", "halpe26", "left_heel", "direct", ("left_heel",)),
    ("tencent14", "halpe26", "head", "near", ("head",)),
    ("h36m17", "mpii16", "head_top", "near", ("head",)),
    ("h36m17", "mpii16", "thorax", "near", ("thorax",)),
    ("h36m17", "crowdpose14", "neck", "near", ("thorax",)),
    ("baidu21", "halpe26", "neck", "near", ("neck",)),
    ("openpose_body25", "mpii16", "thorax", "near", ("neck",)),
    ("mpii16", "halpe26", "hip", "near", ("pelvis",)),
    ("coco17", "h36m17", "left_hip", "near", ("left_hip",)),
    ("blazepose33", "openpose_body25", "left_big_toe", "near", ("left_foot_index",)),
    ("coco17", "openpose_body25", "neck", "derived", ("left_shoulder", "right_shoulder")),
    ("coco17", "openpose_body25", "mid_hip", "derived", ("left_hip", "right_hip")),
    ("coco17", "baidu21", "neck", "derived", ("left_shoulder", "right_shoulder")),
    ("blazepose33", "mpii16", "pelvis", "derived", ("left_hip", "right_hip")),
    (
        *("coco17", "h36m17", "spine", "derived"),
        ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    ),
    ("coco17", "baidu21", "top_head", "missing", ()),
    ("coco17", "h36m17", "head", "missing", ()),
    ("mpii16", "coco17", "nose", "missing", ()),
    ("coco17", "coco_wholebody133", "left_hand_root", "missing", ()),
    ("blazepose33", "coco_wholebody133", "left_thumb2", "missing", ()),
]


@pytest.mark.parametrize(("source", "target", "name", "kind", "sources"), TABLE)
def test_the_origin_of_a_keypoint(source, target, name, kind, sources):
    step = posehub.conversion(source, target).steps[BUILTIN[target].index(name)]
    assert (step.name, step.kind, step.sources) == (name, kind, sources)


def test_every_keypoint_of_the_target_has_one_kind():
    for source, target in PAIRS:
        table = posehub.conversion(source, target)
        names = [*table.direct, *table.near, *table.derived, *table.missing]
        assert sorted(names) == sorted(BUILTIN[target].keypoints), (source, target)


def test_no_keypoint_is_copied_twice():
    for source, target in PAIRS:
        table = posehub.conversion(source, target)
        copied = [*table.direct.values(), *table.near.values()]
        assert len(set(copied)) == len(copied), (source, target)
        dropped = set(BUILTIN[source].keypoints) - set(copied)
        assert set(table.dropped) == dropped, (source, target)


def test_what_is_copied_is_copied_back_to_its_own_location():
    for source, target in PAIRS:
        there, back = posehub.conversion(source, target), posehub.conversion(target, source)
        for kind in ("direct", "near"):
            inverse = {(b, a) for a, b in getattr(there, kind).items()}
            assert inverse == set(getattr(back, kind).items()), (source, target)


def test_left_and_right_are_converted_alike_and_not_mixed():
    for source, target in PAIRS:
        mirrors = [
            {a: b for pair in BUILTIN[name].flip_pairs for a, b in (pair, pair[::-1])}
            for name in (source, target)
        ]
        steps = {step.name: step for step in posehub.conversion(source, target).steps}
        for step in steps.values():
            twin = steps[mirrors[1].get(step.name, step.name)]
            assert twin.kind == step.kind, (source, target)
            mirrored = {mirrors[0].get(name, name) for name in step.sources}
            assert set(twin.sources) == mirrored, (source, target)


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_conversion_there_and_back_invents_no_keypoint(seed):
    """A keypoint that returns was there at the same position, or is the mean of keypoints there."""
    source_of_chance = np.random.default_rng(seed)
    for source, target in PAIRS:
        skeleton = BUILTIN[source]
        removed = source_of_chance.random(len(skeleton)) < source_of_chance.random()
        gone = {name for name, out in zip(skeleton.keypoints, removed, strict=True) if out}
        before = _without(_result(skeleton, people=1), *gone)
        after = before.to(target).to(source)
        steps = {step.name: step for step in posehub.conversion(target, source).steps}
        there = posehub.conversion(source, target)
        origins = {**there.direct, **there.near}
        for name, point in after[0].keypoints.items():
            if steps[name].kind == "derived":
                parts = [origins[part] for part in steps[name].sources]
                assert not gone & set(parts), (source, target)
                positions = np.array([(before[0][part].x, before[0][part].y) for part in parts])
                assert np.allclose((point.x, point.y), positions.mean(axis=0)), (source, target)
            else:
                original = before[0][name]
                assert name not in gone, (source, target)
                assert (point.x, point.y) == (original.x, original.y), (source, target)
                assert point.score <= original.score, (source, target)


def test_a_direct_keypoint_keeps_its_score():
    before = _result(BLAZEPOSE33)
    after = before.to("coco17")
    for old, new in zip(before, after, strict=True):
        assert {name: old[name] for name in COCO17.keypoints} == new.keypoints


def test_a_near_keypoint_is_copied_with_a_lower_score():
    before = _result(BLAZEPOSE33)
    toe, foot = before.to("halpe26")[1]["left_big_toe"], before[1]["left_foot_index"]
    assert (toe.x, toe.y) == (foot.x, foot.y)
    assert toe.score == pytest.approx(foot.score * INDIRECT_FACTOR)


def test_a_derived_keypoint_is_the_mean_with_a_score_below_the_lowest():
    before = _result(COCO17)
    person, neck = before[1], before.to("openpose_body25")[1]["neck"]
    left, right = person["left_shoulder"], person["right_shoulder"]
    assert (neck.x, neck.y) == ((left.x + right.x) / 2, (left.y + right.y) / 2)
    assert neck.score == pytest.approx(min(left.score, right.score) * INDIRECT_FACTOR)


def test_a_derived_keypoint_with_a_missing_source_is_missing():
    scores = np.full((2, 17), NAN)
    before = _without(_result(COCO17, scores=scores), "left_shoulder")
    after = before.to("openpose_body25")
    assert "neck" not in after[0].keypoints
    assert after[0]["neck"].score == 0
    assert "mid_hip" in after[0].keypoints


@pytest.mark.parametrize(("target", "name"), [("halpe26", "neck"), ("halpe26", "left_big_toe")])
def test_a_keypoint_made_from_one_without_a_score_has_none(target, name):
    scores = np.full((2, 33), 0.5)
    scores[:, [BLAZEPOSE33.index(n) for n in ("left_shoulder", "left_foot_index")]] = NAN
    after = _result(BLAZEPOSE33, scores=scores).to(target)
    assert np.isnan(after[0][name].score)
    assert not np.isnan(after[0][name].x)


def test_missing_keypoints_are_nan_with_score_zero():
    after = _result(COCO17).to("baidu21")
    for name in ("top_head", "left_mouth_corner"):
        assert np.isnan(after[0][name].x)
        assert after[0][name].score == 0


def test_all_other_fields_stay():
    before = _result(BLAZEPOSE33)
    after = before.to("coco17")
    assert after.skeleton is COCO17
    assert np.array_equal(after.boxes, before.boxes)
    assert np.array_equal(after.box_scores, before.box_scores)
    assert after.ids.tolist() == [10, 11]
    assert (after.image_size, after.backend, after.request_id, after.raw) == (
        (640, 480),
        "fake",
        "42",
        {"a": 1},
    )


def test_3d_keypoints_are_converted_too():
    depth = np.arange(2 * 33 * 3).reshape(2, 33, 3)
    after = _result(BLAZEPOSE33, keypoints_3d=depth).to("baidu21")
    shoulders = depth[:, [BLAZEPOSE33.index(f"{s}_shoulder") for s in ("left", "right")]]
    assert np.array_equal(after.keypoints_3d[:, BAIDU21.index("left_wrist")], depth[:, 15])
    assert np.array_equal(after.keypoints_3d[:, BAIDU21.index("neck")], shoulders.mean(axis=1))
    assert np.isnan(after.keypoints_3d[:, BAIDU21.index("top_head")]).all()


def test_many_people_are_converted_like_each_of_them():
    many = _result(COCO17, people=BLOCK + 3)
    after = many.to("h36m17")
    for row in (0, BLOCK - 1, BLOCK, BLOCK + 2):
        assert after[row : row + 1] == many[row : row + 1].to("h36m17")


def test_conversion_to_the_same_skeleton_returns_the_result_itself():
    result = _result(COCO17)
    assert result.to("coco17") is result


def test_skeletons_of_one_size_are_distinguished():
    table = posehub.conversion("coco17", "h36m17")
    assert len(COCO17) == len(BUILTIN["h36m17"])
    assert table.missing == ("head",)


def test_a_number_of_keypoints_is_not_a_skeleton():
    with pytest.raises(ConfigError, match="No skeleton 17"):
        posehub.conversion(17, "coco17")


def test_a_skeleton_object_may_be_given_and_have_no_common_keypoint():
    after = _result(COCO17).to(Skeleton("tail", ["tip", "root"]))
    assert after.keypoints.shape == (2, 2, 2)
    assert np.isnan(after.keypoints).all()


def test_a_result_without_people_is_converted_to_one_without_people():
    assert PoseResult.empty(COCO17).to("baidu21") == PoseResult.empty(BAIDU21)


def test_a_skeleton_of_a_plugin_is_known_by_name_and_converted_by_its_spots(install):
    install(skeletons=[Skeleton("two", ["schnauze", "tail"], spots={"schnauze": "nose"})])
    nose = _result(COCO17)[0]["nose"]
    assert _result(COCO17).to("two")[0]["schnauze"] == attrs.evolve(nose, name="schnauze")


@pytest.mark.parametrize("convert", [lambda r, n: r.to(n), lambda _, n: posehub.conversion(n, n)])
def test_an_unknown_skeleton_is_refused_with_the_nearest_name(convert):
    with pytest.raises(ConfigError, match=r"No skeleton 'coco71'.* Did you mean 'coco17'"):
        convert(_result(COCO17), "coco71")


def test_a_conversion_refuses_people_of_another_skeleton():
    with pytest.raises(
        ValueError, match="is from baidu21, but the people have the skeleton coco17"
    ):
        posehub.conversion("baidu21", "coco17").apply(_result(COCO17))


def test_a_conversion_shows_its_table():
    table = posehub.conversion("coco17", "baidu14")
    assert repr(table) == "Conversion(coco17 -> baidu14: 13 direct, 0 near, 1 derived, 0 missing)"
    lines = str(table).splitlines()
    assert lines[0] == repr(table)
    assert lines[2].split(maxsplit=2) == [
        "neck",
        "derived",
        "mean of left_shoulder, right_shoulder",
    ]
    assert lines[-1] == "  dropped: left_eye, right_eye, left_ear, right_ear"
