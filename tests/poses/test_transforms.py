"""Moving, turning, scaling, mirroring and joining people."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as PILImage

import posehub
from posehub import PoseResult, Skeleton
from posehub.poses.skeletons import BAIDU21, BUILTIN, COCO17
from posehub.testing import random_people

NAN = float("nan")
SIZE = (640, 480)


def _people(skeleton, count, seed, *, deep, whole):
    source = np.random.default_rng(seed)

    def numbers(*shape):
        if whole:  # at quarters of pixels, which float32 holds
            return source.integers(-4000, 4000, shape) / 4
        return source.uniform(-1e4, 1e4, shape)

    points = len(skeleton)
    keypoints = numbers(count, points, 2)
    scores = source.choice([0.25, 1.0, NAN], (count, points))
    missing = source.random((count, points)) < 0.3
    keypoints[missing], scores[missing] = NAN, 0
    corners = numbers(count, 2, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    boxes[source.random(count) < 0.3] = NAN
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=boxes,
        box_scores=source.choice([0.5, NAN], count),
        skeleton=skeleton,
        image_size=SIZE,
        backend="fake",
        raw={"a": 1},
        keypoints_3d=numbers(count, points, 3) if deep else None,
    )


def people(*, whole=False):
    """People of any built-in skeleton, with points, boxes and scores missing."""
    return st.builds(
        _people,
        st.sampled_from(list(BUILTIN.values())),
        st.integers(0, 3),
        st.integers(0, 2**32),
        deep=st.booleans(),
        whole=st.just(whole),
    )


def assert_close(one: PoseResult, other: PoseResult, within: float = 0.05) -> None:
    """Coordinates within that many pixels and NaN in the same places; all else equal."""
    moving = ("keypoints", "boxes", "keypoints_3d")
    for name in moving:
        if getattr(one, name) is None:
            assert getattr(other, name) is None
        else:
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=within)
    same = {name: getattr(one, name) for name in moving}
    assert attrs.evolve(other, **same) == one


OPERATIONS = {
    "offset": lambda r: r.offset(3, -4),
    "crop": lambda r: r.crop(10, 20, 300, 200),
    "scale": lambda r: r.scale(1.5, 0.5),
    "rotate": lambda r: r.rotate(33),
    "quarter": lambda r: r.rotate(-90),
    "flip": lambda r: r.flip(),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@given(before=people())
def test_nan_never_becomes_a_number_nor_a_number_nan(operation, before):
    after = operation(before)
    order = [name for pair in before.skeleton.flip_pairs for name in pair]
    swap = dict(zip(order[::2], order[1::2], strict=True))
    swap |= {b: a for a, b in swap.items()}
    mirrored = operation is OPERATIONS["flip"]
    for old, new in zip(before, after, strict=True):
        names = {swap.get(n, n) if mirrored else n for n in old.keypoints}
        assert set(new.keypoints) == names
    assert np.array_equal(np.isnan(after.boxes), np.isnan(before.boxes))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@given(before=people())
def test_what_is_no_coordinate_stays(operation, before):
    after = operation(before)
    assert (after.skeleton, after.backend, after.raw) == (before.skeleton, "fake", {"a": 1})
    assert np.array_equal(after.box_scores, before.box_scores, equal_nan=True)
    assert np.array_equal(np.sort(after.scores), np.sort(before.scores), equal_nan=True)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@given(before=people())
def test_boxes_keep_their_corners_in_order(operation, before):
    boxes = operation(before).boxes
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    assert (boxes[:, :2] <= boxes[:, 2:]).all()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_people_given_are_left_alone(operation):
    before = random_people(3, seed=1)
    operation(before)
    assert before == random_people(3, seed=1)


@given(people(whole=True))
def test_flipping_twice_changes_nothing(before):
    assert before.flip().flip() == before


@given(people(whole=True))
def test_four_quarter_turns_change_nothing(before):
    assert before.rotate(90).rotate(90).rotate(90).rotate(90) == before


@given(people(whole=True), st.integers(-9, 9))
def test_quarter_turns_add_up_exactly(before, quarters):
    after = before
    for _ in range(quarters % 4):
        after = after.rotate(90)
    assert before.rotate(90 * quarters) == after


@given(people(whole=True))
def test_two_mirrors_are_half_a_turn_with_the_sides_left_alone(before):
    """Mirroring left to right and top to bottom turns the picture by 180 degrees."""
    turned = before.rotate(180)
    points = np.array(SIZE, np.float32) - before.keypoints
    assert np.array_equal(turned.keypoints, points, equal_nan=True)


@given(people(), st.floats(0.01, 100), st.floats(0.01, 100))
def test_scaling_there_and_back_changes_nothing(before, x, y):
    after = before.scale(x, y).scale(1 / x, 1 / y)
    assert_close(attrs.evolve(after, image_size=SIZE), before)


@given(people(whole=True), st.integers(-500, 500), st.integers(-500, 500))
def test_moving_there_and_back_changes_nothing(before, x, y):
    assert before.offset(x, y).offset(-x, -y, image_size=SIZE) == before


@given(people(), st.floats(-720, 720), st.tuples(st.floats(-999, 999), st.floats(-999, 999)))
def test_turning_there_and_back_about_a_centre_brings_the_points_back(before, degrees, center):
    after = before.rotate(degrees, center=center).rotate(-degrees, center=center)
    assert after.image_size == SIZE
    assert_close(attrs.evolve(after, boxes=before.boxes), before)


@given(people(), st.floats(-720, 720))
def test_turning_keeps_distances(before, degrees):
    after = before.rotate(degrees)
    old, new = np.diff(before.keypoints, axis=1), np.diff(after.keypoints, axis=1)
    lengths = np.linalg.norm(old, axis=2)
    np.testing.assert_allclose(np.linalg.norm(new, axis=2), lengths, atol=0.05)


@given(people(), st.floats(-720, 720))
def test_a_turned_box_holds_what_the_box_held(before, degrees):
    inside = np.clip(before.keypoints, before.boxes[:, None, :2], before.boxes[:, None, 2:])
    scores = np.where(np.isnan(inside[..., 0]), 0, before.scores)
    after = attrs.evolve(before, keypoints=inside, scores=scores).rotate(degrees)
    low, high = after.boxes[:, None, :2] - 0.05, after.boxes[:, None, 2:] + 0.05
    known = ~np.isnan(after.keypoints)
    assert ((after.keypoints >= low) & (after.keypoints <= high))[known].all()


def _photo_of(point, size):
    picture = PILImage.new("L", size)
    picture.putpixel(point, 255)
    return picture


def _bright_spot(picture):
    """Return x and y of the middle of the brightness, in continuous coordinates."""
    light = np.asarray(picture, np.float64)
    ys, xs = np.indices(light.shape) + 0.5
    return np.array([(xs * light).sum(), (ys * light).sum()]) / light.sum()


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 100, 180, 200, 270, 315, -60, 450])
@pytest.mark.parametrize("size", [(61, 40), (40, 61)])
def test_people_turn_as_pillow_turns_their_picture(degrees, size):
    picture = _photo_of((30, 12), size)
    turned = picture.rotate(degrees, PILImage.Resampling.BILINEAR, expand=True)
    after = _person_at((30.5, 12.5), size).rotate(degrees)
    assert after.image_size == turned.size
    np.testing.assert_allclose(after.keypoints[0, 0], _bright_spot(turned), atol=0.6)


def test_people_are_mirrored_as_pillow_mirrors_their_picture():
    mirrored = _photo_of((30, 12), (61, 40)).transpose(PILImage.Transpose.FLIP_LEFT_RIGHT)
    after = _person_at((30.5, 12.5), (61, 40)).flip()
    np.testing.assert_allclose(after.keypoints[0, 0], _bright_spot(mirrored))


def test_people_are_cropped_as_pillow_crops_their_picture():
    cropped = _photo_of((30, 12), (61, 40)).crop((20, 5, 50, 35))
    after = _person_at((30.5, 12.5), (61, 40)).crop(20, 5, 30, 30)
    assert after.image_size == cropped.size
    np.testing.assert_allclose(after.keypoints[0, 0], _bright_spot(cropped))


def _person_at(point, size):
    return PoseResult(
        keypoints=[[point]],
        scores=[[1]],
        boxes=[[0, 0, *point]],
        box_scores=[1],
        skeleton=Skeleton("one", ["nose"]),
        image_size=size,
    )


def test_a_quarter_turn_is_counter_clockwise():
    after = _person_at((60, 10), (61, 40)).rotate(90)
    assert after.keypoints.tolist() == [[[10, 1]]]
    assert after.boxes.tolist() == [[0, 1, 10, 61]]
    assert after.image_size == (40, 61)


def test_mirrored_sides_change_their_names_and_keep_their_scores():
    before = random_people(1, seed=3)
    after = before.flip()
    old, new = before[0]["left_wrist"], after[0]["right_wrist"]
    assert (new.x, new.y, new.score) == (pytest.approx(640 - old.x), old.y, old.score)
    assert after[0]["nose"].score == before[0]["nose"].score


def test_mirroring_and_turning_take_the_third_dimension_along():
    names = ("left_hand", "right_hand")
    skeleton = Skeleton("hands", names, flip_pairs=[names])
    depth = [[[1, 2, 3], [4, 5, 6]]]
    before = PoseResult(
        keypoints=np.zeros((1, 2, 2)),
        scores=np.ones((1, 2)),
        boxes=[[0, 0, 1, 1]],
        box_scores=[1],
        skeleton=skeleton,
        image_size=SIZE,
        keypoints_3d=depth,
    )
    assert before.flip().keypoints_3d.tolist() == [[[-4, 5, 6], [-1, 2, 3]]]
    assert before.rotate(90).keypoints_3d.tolist() == [[[2, -1, 3], [5, -4, 6]]]
    assert before.scale(2).keypoints_3d.tolist() == depth
    assert before.offset(5, 5).keypoints_3d.tolist() == depth


def test_a_scaled_picture_has_the_rounded_size_and_one_pixel_at_least():
    assert random_people(1, seed=0).scale(0.3, 0.0001).image_size == (192, 1)


@pytest.mark.parametrize(
    ("operation", "size"),
    [
        (lambda r: r.scale(2), None),
        (lambda r: r.rotate(90, center=(0, 0)), None),
        (lambda r: r.flip(width=640), None),
        (lambda r: r.offset(1, 1), None),
        (lambda r: r.crop(0, 0, 9, 9), (9, 9)),
    ],
)
def test_people_of_a_picture_of_unknown_size_can_be_moved(operation, size):
    assert operation(attrs.evolve(random_people(2, seed=0), image_size=None)).image_size == size


REFUSED = [
    (lambda r: r.rotate(90), "size is unknown: give the center to turn about"),
    (lambda r: r.flip(), "size is unknown: give its width"),
    (lambda r: r.scale(0), "factors must be positive numbers, got 0 and 0"),
    (lambda r: r.scale(1, -2), "factors must be positive numbers, got 1 and -2"),
    (lambda r: r.scale(math.nan), "factors must be positive numbers, got nan"),
    (lambda r: r.rotate(math.inf), "degrees must be a finite number, got inf"),
    (lambda r: r.crop(0, 0, 0, 9), "at least 1, got 0 x 9"),
]


@pytest.mark.parametrize(("operation", "message"), REFUSED)
def test_what_cannot_be_done_is_refused(operation, message):
    with pytest.raises(ValueError, match=message):
        operation(attrs.evolve(random_people(2, seed=0), image_size=None))


def test_joined_people_come_in_order():
    first, second = random_people(2, seed=1), random_people(3, seed=2)
    joined = posehub.concatenate([first, second])
    assert joined[:2] == first
    assert joined[2:] == second


@given(people(), st.integers(0, 3))
def test_people_taken_apart_and_joined_are_the_same(whole, cut):
    assume(len(whole) > 0)
    joined = posehub.concatenate([whole[:cut], whole[cut:]])
    assert joined == attrs.evolve(whole, raw=None)


def test_joining_keeps_what_all_agree_on():
    result = attrs.evolve(random_people(1, seed=1), backend="a", request_id="1", raw={})
    other = attrs.evolve(result, backend="b", image_size=(9, 9))
    same, mixed = posehub.concatenate([result, result]), posehub.concatenate([result, other])
    assert (same.backend, same.image_size, same.request_id, same.raw) == ("a", SIZE, None, None)
    assert (mixed.backend, mixed.image_size) == ("", None)


def test_joining_fills_the_third_dimension_where_some_have_it():
    flat = random_people(1, seed=1)
    deep = attrs.evolve(flat, keypoints_3d=np.ones((1, 17, 3)))
    joined = posehub.concatenate([flat, deep]).keypoints_3d
    assert np.isnan(joined[0]).all()
    assert (joined[1] == 1).all()


def test_people_of_different_skeletons_are_not_joined():
    with pytest.raises(ValueError, match="people of coco17 and baidu21 do not fit"):
        posehub.concatenate([PoseResult.empty(COCO17), PoseResult.empty(BAIDU21)])


def test_nothing_is_not_joined():
    with pytest.raises(ValueError, match="nothing to concatenate"):
        posehub.concatenate([])
