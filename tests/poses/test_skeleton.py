"""Validation of skeletons, and the built-in tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from posehub import Skeleton
from posehub.poses.skeletons import BUILTIN
from posehub.poses.skeletons.spots import DERIVED, NEAR, SPOTS

each_skeleton = pytest.mark.parametrize("skeleton", BUILTIN.values(), ids=BUILTIN)


@each_skeleton
def test_a_built_in_skeleton_has_the_number_of_keypoints_in_its_name(skeleton):
    assert len(skeleton) == len(skeleton.keypoints) == int(re.search(r"(\d+)b?$", skeleton.name)[1])


# samples that would move if a row were missing, duplicate or misplaced
@pytest.mark.parametrize(
    ("skeleton", "row", "name"),
    [
        ("coco_wholebody133", 22, "right_heel"),
        ("coco_wholebody133", 23, "face_0"),
        ("coco_wholebody133", 90, "face_67"),
        ("coco_wholebody133", 91, "left_hand_root"),
        ("coco_wholebody133", 111, "left_pinky_finger4"),
        ("coco_wholebody133", 112, "right_hand_root"),
        ("coco_wholebody133", 132, "right_pinky_finger4"),
        ("halpe26", 16, "right_ankle"),
        ("halpe26", 19, "hip"),
        ("halpe26", 25, "right_heel"),
        ("openpose_body25", 8, "mid_hip"),
        ("openpose_body25b", 17, "upper_neck"),
        ("openpose_body25b", 24, "right_heel"),
        ("openpose_body137", 25, "left_hand_root"),
        ("openpose_body137", 46, "right_hand_root"),
        ("openpose_body137", 67, "face_0"),
        ("openpose_coco18", 1, "neck"),
        ("openpose_coco18", 17, "left_ear"),
        ("openpose_mpi15", 14, "chest"),
        ("openpose_body25", 18, "left_ear"),
        ("openpose_body25", 24, "right_heel"),
        ("mpii16", 6, "pelvis"),
        ("mpii16", 9, "head_top"),
        ("mpii16", 15, "left_wrist"),
        ("aic14", 11, "left_ankle"),
        ("aic14", 13, "neck"),
        ("crowdpose14", 0, "left_shoulder"),
        ("crowdpose14", 12, "top_head"),
        ("h36m17", 1, "right_hip"),
        ("h36m17", 10, "head"),
        ("h36m17", 16, "right_wrist"),
        ("baidu14", 1, "neck"),
        ("baidu14", 13, "right_ankle"),
        ("tencent14", 0, "head"),
        ("tencent14", 13, "left_ankle"),
    ],
)
def test_a_keypoint_is_in_its_published_row(skeleton, row, name):
    assert BUILTIN[skeleton].keypoints[row] == name


@each_skeleton
def test_names_are_snake_case(skeleton):
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*(_?[0-9]+)?", name) for name in skeleton.keypoints)


@each_skeleton
def test_flip_pairs_are_exactly_the_left_and_right_twins(skeleton):
    lefts = [name for name in skeleton.keypoints if name.startswith("left_")]
    twins = {(name, name.replace("left_", "right_")) for name in lefts}
    sided = [pair for pair in skeleton.flip_pairs if not pair[0].startswith("face_")]
    assert set(sided) == twins
    assert len(sided) == len(twins)


def test_the_numbered_points_of_the_face_swap_sides_except_those_in_the_middle():
    swapped = {n for p in BUILTIN["coco_wholebody133"].flip_pairs for n in p if "face_" in n}
    middle = {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}
    assert swapped == {f"face_{number}" for number in range(68) if number not in middle}


@each_skeleton
def test_flipping_twice_changes_nothing_and_once_moves_every_sided_point(skeleton):
    flip = {a: b for pair in skeleton.flip_pairs for a, b in (pair, pair[::-1])}
    assert all(flip[flip[name]] == name for name in flip)
    assert set(flip) >= {n for n in skeleton.keypoints if n.startswith(("left_", "right_"))}


@each_skeleton
def test_links_join_different_known_points_once(skeleton):
    links = [frozenset(link) for link in skeleton.links]
    assert all(len(link) == 2 for link in links)
    assert len(set(links)) == len(links)
    assert {name for link in links for name in link} <= set(skeleton.keypoints)


@each_skeleton
def test_links_are_the_same_on_both_sides(skeleton):
    flip = {a: b for pair in skeleton.flip_pairs for a, b in (pair, pair[::-1])}
    links = {frozenset(link) for link in skeleton.links}
    assert {frozenset(flip.get(name, name) for name in link) for link in links} == links


@each_skeleton
def test_links_include_all_limbs(skeleton):
    linked = {name for link in skeleton.links for name in link}
    limbs = ("shoulder", "elbow", "wrist", "hip", "knee")
    assert {f"{side}_{limb}" for side in ("left", "right") for limb in limbs} <= linked
    assert {skeleton.at("left_ankle"), skeleton.at("right_ankle")} <= linked


def test_the_skeletons_with_published_sigmas_have_one_a_keypoint():
    counts = {name: len(s.sigmas) for name, s in BUILTIN.items() if s.sigmas is not None}
    assert counts == {
        "coco17": 17,
        "coco_wholebody133": 133,
        "halpe26": 26,
        "mpii16": 16,
        "aic14": 14,
        "crowdpose14": 14,
    }


@pytest.mark.parametrize("name", ["coco17", "halpe26", "mpii16", "crowdpose14"])
def test_sigmas_are_the_same_on_both_sides(name):
    skeleton = BUILTIN[name]
    sigmas = dict(zip(skeleton.keypoints, skeleton.sigmas, strict=True))
    assert all(sigmas[a] == sigmas[b] for a, b in skeleton.flip_pairs)


def test_the_body_keypoints_of_whole_body_and_halpe_have_the_sigmas_of_coco():
    for name in ("coco_wholebody133", "halpe26"):
        assert BUILTIN[name].sigmas[:17] == BUILTIN["coco17"].sigmas


def test_one_anatomical_location_may_have_many_names():
    assert BUILTIN["halpe26"].spot("head") == BUILTIN["mpii16"].spot("head_top") == "head_top"
    assert BUILTIN["baidu21"].at("head_top") == "top_head"
    assert BUILTIN["coco17"].at("head_top") is None


def test_one_name_may_have_many_meanings():
    heads = {BUILTIN[name].spot("head") for name in ("halpe26", "h36m17", "tencent14")}
    assert len(heads) == 3


@each_skeleton
def test_every_location_without_the_name_of_a_keypoint_is_described(skeleton):
    names = {name for other in BUILTIN.values() for name in other.keypoints}
    assert {spot for _, spot in skeleton.spots} <= names | set(SPOTS)


def test_rules_name_existing_locations():
    spots = {other.spot(name) for other in BUILTIN.values() for name in other.keypoints}
    assert {spot for pair in NEAR for spot in pair} <= spots
    assert {spot for derived, parts in DERIVED for spot in (derived, *parts)} <= spots


def test_the_page_of_skeletons_has_a_row_for_each():
    page = (Path(__file__).parents[2] / "docs" / "skeletons.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (yes)? ?\|", page, re.MULTILINE)
    assert rows == [
        (name, str(len(skeleton)), "yes" if skeleton.sigmas else "")
        for name, skeleton in BUILTIN.items()
    ]


def test_the_location_of_an_unknown_keypoint_is_a_key_error():
    with pytest.raises(KeyError, match="coco17 has no keypoint 'tail'"):
        BUILTIN["coco17"].spot("tail")


def test_index_is_the_row_of_a_name():
    assert [BUILTIN["coco17"].index(n) for n in ("nose", "left_wrist", "right_ankle")] == [0, 9, 16]


def test_an_unknown_keypoint_is_a_key_error_with_the_nearest_name():
    with pytest.raises(KeyError, match=r"coco17 has no keypoint 'left_writs'.*'left_wrist'"):
        BUILTIN["coco17"].index("left_writs")


def test_lists_become_tuples_and_numbers_floats():
    skeleton = Skeleton("s", ["a", "b"], links=[["a", "b"]], flip_pairs=[["a", "b"]], sigmas=[1, 2])
    assert skeleton == Skeleton("s", ("a", "b"), (("a", "b"),), (("a", "b"),), (1.0, 2.0))
    assert hash(skeleton) == hash(Skeleton("s", ("a", "b"), (("a", "b"),), (("a", "b"),), (1, 2)))


def test_a_skeleton_cannot_be_changed():
    with pytest.raises(AttributeError):
        BUILTIN["coco17"].name = "other"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"keypoints": ["a", "b", "a"]}, "'s' has duplicate keypoints: a"),
        ({"keypoints": ["a"], "links": [("a", "z")]}, "'s' has links to unknown keypoints: z"),
        ({"keypoints": ["a"], "flip_pairs": [("y", "a")]}, "flip_pairs of unknown keypoints: y"),
        ({"keypoints": ["a"], "spots": {"z": "a"}}, "'s' has spots of unknown keypoints: z"),
        (
            {"keypoints": ["a", "b"], "spots": {"a": "b"}},
            "'s' has two keypoints for one spot: a",
        ),
        ({"keypoints": ["a", "b"], "sigmas": [0.1]}, "'s' has 1 sigmas for 2 keypoints"),
        ({"keypoints": ["a"], "links": [("a",)]}, "not enough values"),
    ],
)
def test_an_inconsistent_skeleton_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Skeleton("s", **fields)
