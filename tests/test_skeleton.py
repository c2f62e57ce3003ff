"""What a skeleton holds together, and the three built-in tables."""

from __future__ import annotations

import pytest

from posehub import Skeleton
from posehub.skeletons import BUILTIN

each_skeleton = pytest.mark.parametrize("skeleton", BUILTIN.values(), ids=BUILTIN)


@pytest.mark.parametrize(("name", "count"), [("coco17", 17), ("baidu21", 21), ("blazepose33", 33)])
def test_a_built_in_skeleton_has_the_published_number_of_keypoints(name, count):
    assert len(BUILTIN[name]) == len(BUILTIN[name].keypoints) == count


@each_skeleton
def test_names_are_snake_case(skeleton):
    assert all(
        name.isascii() and name.islower() and name.replace("_", "a").isalpha()
        for name in skeleton.keypoints
    )


@each_skeleton
def test_flip_pairs_are_exactly_the_left_and_right_twins(skeleton):
    lefts = [name for name in skeleton.keypoints if name.startswith("left_")]
    twins = {(name, name.replace("left_", "right_")) for name in lefts}
    assert set(skeleton.flip_pairs) == twins
    assert len(skeleton.flip_pairs) == len(twins)


@each_skeleton
def test_flipping_twice_changes_nothing_and_once_moves_every_sided_point(skeleton):
    flip = {a: b for pair in skeleton.flip_pairs for a, b in (pair, pair[::-1])}
    assert all(flip[flip[name]] == name for name in flip)
    assert set(flip) == {n for n in skeleton.keypoints if n.startswith(("left_", "right_"))}


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
def test_links_leave_no_limb_out(skeleton):
    linked = {name for link in skeleton.links for name in link}
    limbs = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    assert {f"{side}_{limb}" for side in ("left", "right") for limb in limbs} <= linked


def test_only_coco_has_published_sigmas_and_they_are_the_same_on_both_sides():
    coco = BUILTIN["coco17"]
    assert all(coco.sigmas[coco.index(a)] == coco.sigmas[coco.index(b)] for a, b in coco.flip_pairs)
    assert [name for name, skeleton in BUILTIN.items() if skeleton.sigmas] == ["coco17"]


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
        ({"keypoints": ["a", "b", "a"]}, r"'s' names these keypoints twice: \['a'\]"),
        ({"keypoints": ["a"], "links": [("a", "z")]}, r"'s' has links to unknown points \['z'\]"),
        ({"keypoints": ["a"], "flip_pairs": [("y", "a")]}, r"flip_pairs to unknown points \['y'\]"),
        ({"keypoints": ["a", "b"], "sigmas": [0.1]}, "'s' has 1 sigmas for 2 keypoints"),
        ({"keypoints": ["a"], "links": [("a",)]}, "not enough values"),
    ],
)
def test_a_skeleton_that_contradicts_itself_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Skeleton("s", **fields)
