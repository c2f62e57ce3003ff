"""The people of one skeleton on another."""

from __future__ import annotations

import numpy as np
import pytest

from posehub import PoseResult, Skeleton
from posehub.conversion import convert
from posehub.errors import ConfigError
from posehub.skeletons import BAIDU21, BLAZEPOSE33, BUILTIN, COCO17


def _result(skeleton, persons=2, **fields):
    count = persons * len(skeleton)
    return PoseResult(
        keypoints=np.arange(2 * count).reshape(persons, -1, 2),
        scores=np.linspace(0.1, 0.9, count).reshape(persons, -1),
        boxes=np.arange(4 * persons).reshape(persons, 4),
        box_scores=np.full(persons, 0.5),
        skeleton=skeleton,
        image_size=(640, 480),
        backend="fake",
        request_id="42",
        raw={"a": 1},
        **fields,
    )


@pytest.mark.parametrize("source", BUILTIN.values(), ids=BUILTIN)
@pytest.mark.parametrize("target", BUILTIN)
def test_points_of_the_same_name_are_copied_with_their_scores(source, target):
    before = _result(source)
    after = before.to(target)
    shared = set(source.keypoints) & set(BUILTIN[target].keypoints)
    assert {"nose", "left_wrist"} <= shared
    for old, new in zip(before, after, strict=True):
        assert {name: old[name] for name in shared} == {name: new[name] for name in shared}


@pytest.mark.parametrize("target", BUILTIN)
def test_points_the_source_lacks_are_missing_with_score_zero(target):
    after = _result(COCO17).to(target)
    lacking = set(BUILTIN[target].keypoints) - set(COCO17.keypoints)
    for person in after:
        assert set(person.keypoints) == set(BUILTIN[target].keypoints) - lacking
        assert [person[name].score for name in lacking] == [0.0] * len(lacking)


def test_everything_that_is_no_keypoint_stays():
    before = _result(BLAZEPOSE33)
    after = before.to("coco17")
    assert after.skeleton is COCO17
    assert np.array_equal(after.boxes, before.boxes)
    assert np.array_equal(after.box_scores, before.box_scores)
    assert (after.image_size, after.backend, after.request_id, after.raw) == (
        (640, 480),
        "fake",
        "42",
        {"a": 1},
    )


def test_the_third_dimension_is_converted_too():
    depth = np.arange(2 * 33 * 3).reshape(2, 33, 3)
    after = _result(BLAZEPOSE33, keypoints_3d=depth).to("baidu21")
    wrist = BAIDU21.index("left_wrist")
    assert np.array_equal(after.keypoints_3d[:, wrist], depth[:, 15])
    assert np.isnan(after.keypoints_3d[:, BAIDU21.index("top_head")]).all()


def test_a_skeleton_may_be_given_itself_and_share_no_name():
    after = convert(_result(COCO17), Skeleton("tail", ["tip", "root"]))
    assert after.keypoints.shape == (2, 2, 2)
    assert np.isnan(after.keypoints).all()


def test_nobody_converts_to_nobody():
    assert PoseResult.empty(COCO17).to("baidu21") == PoseResult.empty(BAIDU21)


def test_a_skeleton_of_a_plugin_is_known_by_its_name(install):
    install(skeletons=[Skeleton("two", ["nose", "tail"])])
    assert _result(COCO17).to("two")[0]["nose"] == _result(COCO17)[0]["nose"]


def test_an_unknown_skeleton_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"No skeleton 'coco71'.* Did you mean 'coco17'"):
        _result(COCO17).to("coco71")
