"""Translation, cropping, scaling, rotation, mirroring and concatenation of people."""

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


def _people(skeleton, count, seed, *, deep, with_ids, whole):
    source = np.random.default_rng(seed)

    def numbers(*shape):
        if whole:  # multiples of 0.25 pixels, which float32 holds exactly
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
        ids=source.permutation(count) if with_ids else None,
    )


def people(*, whole=False):
    """People of any built-in skeleton, with some keypoints, boxes and scores missing."""
    return st.builds(
        _people,
        st.sampled_from(list(BUILTIN.values())),
        st.integers(0, 3),
        st.integers(0, 2**32),
        deep=st.booleans(),
        with_ids=st.booleans(),
        whole=st.just(whole),
    )


def assert_close(one: PoseResult, other: PoseResult, within: float = 0.05) -> None:
    """Assert equality, except that coordinates may differ by some pixels."""
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
def test_missing_values_stay_missing_and_others_do_not_become_missing(operation, before):
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
def test_fields_without_coordinates_stay(operation, before):
    after = operation(before)
    assert (after.skeleton, after.backend, after.raw) == (before.skeleton, "fake", {"a": 1})
    assert [person.id for person in after] == [person.id for person in before]
    assert (after.ids is None) == (before.ids is None)
    assert np.array_equal(after.box_scores, before.box_scores, equal_nan=True)
    assert np.array_equal(np.sort(after.scores), np.sort(before.scores), equal_nan=True)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
@given(before=people())
def test_boxes_keep_their_corners_in_order(operation, before):
    boxes = operation(before).boxes
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    assert (boxes[:, :2] <= boxes[:, 2:]).all()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_given_people_are_not_changed(operation):
    before = random_people(3, seed=1)
    operation(before)
    assert before == random_people(3, seed=1)


@given(people(whole=True))
def test_flipping_twice_changes_nothing(before):
    assert before.flip().flip() == before


@given(people(whole=True))
def test_four_rotations_by_90_degrees_change_nothing(before):
    assert before.rotate(90).rotate(90).rotate(90).rotate(90) == before


@given(people(whole=True), st.integers(-9, 9))
def test_rotations_by_multiples_of_90_degrees_add_up_exactly(before, quarters):
    after = before
    for _ in range(quarters % 4):
        after = after.rotate(90)
    assert before.rotate(90 * quarters) == after


@given(people(whole=True))
def test_a_rotation_by_180_degrees_mirrors_both_axes_and_keeps_the_sides(before):
    rotated = before.rotate(180)
    points = np.array(SIZE, np.float32) - before.keypoints
    assert np.array_equal(rotated.keypoints, points, equal_nan=True)


@given(people(), st.floats(0.01, 100), st.floats(0.01, 100))
def test_scaling_and_its_inverse_change_nothing(before, x, y):
    after = before.scale(x, y).scale(1 / x, 1 / y)
    assert_close(attrs.evolve(after, image_size=SIZE), before)


@given(people(whole=True), st.integers(-500, 500), st.integers(-500, 500))
def test_an_offset_and_its_inverse_change_nothing(before, x, y):
    assert before.offset(x, y).offset(-x, -y, image_size=SIZE) == before


@given(people(), st.floats(-720, 720), st.tuples(st.floats(-999, 999), st.floats(-999, 999)))
def test_a_rotation_about_a_centre_and_its_inverse_change_nothing_but_the_boxes(
    before, degrees, center
):
    after = before.rotate(degrees, center=center).rotate(-degrees, center=center)
    assert after.image_size == SIZE
    assert_close(attrs.evolve(after, boxes=before.boxes), before)


@given(people(), st.floats(-720, 720))
def test_rotation_keeps_distances(before, degrees):
    after = before.rotate(degrees)
    old, new = np.diff(before.keypoints, axis=1), np.diff(after.keypoints, axis=1)
    lengths = np.linalg.norm(old, axis=2)
    np.testing.assert_allclose(np.linalg.norm(new, axis=2), lengths, atol=0.05)


@given(people(), st.floats(-720, 720))
def test_a_rotated_box_contains_what_the_box_contained(before, degrees):
    inside = np.clip(before.keypoints, before.boxes[:, None, :2], before.boxes[:, None, 2:])
    scores = np.where(np.isnan(inside[..., 0]), 0, before.scores)
    after = attrs.evolve(before, keypoints=inside, scores=scores).rotate(degrees)
    low, high = after.boxes[:, None, :2] - 0.05, after.boxes[:, None, 2:] + 0.05
    known = ~np.isnan(after.keypoints)
    assert ((after.keypoints >= low) & (after.keypoints <= high))[known].all()


def _image_with_a_dot(point, size):
    image = PILImage.new("L", size)
    image.putpixel(point, 255)
    return image


def _centre_of_brightness(image):
    """Return x and y in continuous coordinates."""
    light = np.asarray(image, np.float64)
    ys, xs = np.indices(light.shape) + 0.5
    return np.array([(xs * light).sum(), (ys * light).sum()]) / light.sum()


@pytest.mark.parametrize("size", [(61, 40), (40, 61)])
def test_people_are_rotated_as_pillow_rotates_their_image(size):
    image = _image_with_a_dot((30, 12), size)
    for degrees in (0, 30, 45, 90, 100, 180, 200, 270, 315, -60, 450):
        rotated = image.rotate(degrees, PILImage.Resampling.BILINEAR, expand=True)
        after = _person_at((30.5, 12.5), size).rotate(degrees)
        assert after.image_size == rotated.size
        np.testing.assert_allclose(after.keypoints[0, 0], _centre_of_brightness(rotated), atol=0.6)


def test_people_are_mirrored_as_pillow_mirrors_their_image():
    image = _image_with_a_dot((30, 12), (61, 40))
    mirrored = image.transpose(PILImage.Transpose.FLIP_LEFT_RIGHT)
    after = _person_at((30.5, 12.5), (61, 40)).flip()
    np.testing.assert_allclose(after.keypoints[0, 0], _centre_of_brightness(mirrored))


def test_people_are_cropped_as_pillow_crops_their_image():
    cropped = _image_with_a_dot((30, 12), (61, 40)).crop((20, 5, 50, 35))
    after = _person_at((30.5, 12.5), (61, 40)).crop(20, 5, 30, 30)
    assert after.image_size == cropped.size
    np.testing.assert_allclose(after.keypoints[0, 0], _centre_of_brightness(cropped))


def _person_at(point, size):
    return PoseResult(
        keypoints=[[point]],
        scores=[[1]],
        boxes=[[0, 0, *point]],
        box_scores=[1],
        skeleton=Skeleton("one", ["nose"]),
        image_size=size,
    )


def test_a_rotation_is_counter_clockwise():
    after = _person_at((60, 10), (61, 40)).rotate(90)
    assert after.keypoints.tolist() == [[[10, 1]]]
    assert after.boxes.tolist() == [[0, 1, 10, 61]]
    assert after.image_size == (40, 61)


def test_mirroring_exchanges_the_names_of_the_sides_and_keeps_the_scores():
    before = random_people(1, seed=3)
    after = before.flip()
    old, new = before[0]["left_wrist"], after[0]["right_wrist"]
    assert (new.x, new.y, new.score) == (pytest.approx(640 - old.x), old.y, old.score)
    assert after[0]["nose"].score == before[0]["nose"].score


def test_only_mirroring_and_rotation_change_3d_keypoints():
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


def test_a_scaled_image_has_a_rounded_size_of_at_least_one_pixel():
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
def test_people_in_an_image_of_unknown_size_can_be_transformed(operation, size):
    assert operation(attrs.evolve(random_people(2, seed=0), image_size=None)).image_size == size


REFUSED = [
    (lambda r: r.rotate(90), "image size is unknown: give the center to rotate about"),
    (lambda r: r.flip(), "image size is unknown: give its width"),
    (lambda r: r.scale(0), "factors must be positive numbers, got 0 and 0"),
    (lambda r: r.scale(1, -2), "factors must be positive numbers, got 1 and -2"),
    (lambda r: r.scale(math.nan), "factors must be positive numbers, got nan"),
    (lambda r: r.rotate(math.inf), "degrees must be a finite number, got inf"),
    (lambda r: r.crop(0, 0, 0, 9), "at least 1, got 0 x 9"),
]


@pytest.mark.parametrize(("operation", "message"), REFUSED)
def test_invalid_arguments_are_a_value_error(operation, message):
    with pytest.raises(ValueError, match=message):
        operation(attrs.evolve(random_people(2, seed=0), image_size=None))


def test_concatenated_people_are_in_order():
    first, second = random_people(2, seed=1), random_people(3, seed=2)
    joined = posehub.concatenate([first, second])
    assert joined[:2] == first
    assert joined[2:] == second


@given(people(), st.integers(0, 3))
def test_people_split_and_concatenated_are_the_same(whole, cut):
    assume(len(whole) > 0)
    joined = posehub.concatenate([whole[:cut], whole[cut:]])
    assert joined == attrs.evolve(whole, raw=None)


def test_concatenation_keeps_the_fields_that_are_the_same_in_all():
    result = attrs.evolve(random_people(1, seed=1), backend="a", request_id="1", raw={})
    other = attrs.evolve(result, backend="b", image_size=(9, 9))
    same, mixed = posehub.concatenate([result, result]), posehub.concatenate([result, other])
    assert (same.backend, same.image_size, same.request_id, same.raw) == ("a", SIZE, None, None)
    assert (mixed.backend, mixed.image_size) == ("", None)


def test_concatenation_fills_missing_3d_keypoints_with_nan():
    flat = random_people(1, seed=1)
    deep = attrs.evolve(flat, keypoints_3d=np.ones((1, 17, 3)))
    joined = posehub.concatenate([flat, deep]).keypoints_3d
    assert np.isnan(joined[0]).all()
    assert (joined[1] == 1).all()


def test_concatenation_keeps_ids_if_all_results_with_people_have_them():
    one = attrs.evolve(random_people(2, seed=1), ids=[3, 1])
    other = attrs.evolve(random_people(1, seed=2), ids=[2])
    none = random_people(1, seed=3)
    assert posehub.concatenate([one, none[:0], other]).ids.tolist() == [3, 1, 2]
    assert posehub.concatenate([one, none]).ids is None
    assert posehub.concatenate([none, one]).ids is None
    assert posehub.concatenate([none, none]).ids is None


def test_people_of_different_skeletons_are_not_concatenated():
    with pytest.raises(ValueError, match="cannot concatenate people of coco17 and baidu21"):
        posehub.concatenate([PoseResult.empty(COCO17), PoseResult.empty(BAIDU21)])


def test_an_empty_list_is_not_concatenated():
    with pytest.raises(ValueError, match="no results to concatenate"):
        posehub.concatenate([])
