"""Drawing: who is where, in which colour, on which canvas."""

from __future__ import annotations

import numpy as np
import pytest

import posehub
from posehub import PoseResult
from posehub.drawing import canvas_size, draw, side_of
from posehub.skeletons import COCO17

ORANGE, BLUE, GREEN = (230, 159, 0), (0, 114, 178), (0, 158, 115)


def person_with(points: dict[str, tuple[float, float]], image_size=(400, 300)) -> PoseResult:
    keypoints = np.full((1, 17, 2), np.nan, np.float32)
    scores = np.zeros((1, 17), np.float32)
    for name, spot in points.items():
        keypoints[0, COCO17.index(name)] = spot
        scores[0, COCO17.index(name)] = 0.9
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=np.full((1, 4), np.nan),
        box_scores=[0.9],
        skeleton=COCO17,
        image_size=image_size,
    )


def colour_at(picture, x, y):
    return picture.getpixel((x, y))


@pytest.mark.parametrize(
    ("names", "side"),
    [
        (("left_wrist",), "left"),
        (("right_knee", "right_hip"), "right"),
        (("left_hip", "right_hip"), "middle"),
        (("nose",), "middle"),
        (("nose", "left_eye"), "middle"),
    ],
)
def test_the_side_of_a_link_is_that_of_both_its_ends(names, side):
    assert side_of(*names) == side


def test_points_and_links_have_their_sides_colour():
    picture = draw(
        person_with(
            {
                "left_shoulder": (100, 50),
                "left_elbow": (100, 250),
                "right_shoulder": (300, 50),
                "right_elbow": (300, 250),
                "nose": (200, 20),
            }
        )
    )
    assert colour_at(picture, 100, 150) == ORANGE
    assert colour_at(picture, 300, 150) == BLUE
    assert colour_at(picture, 200, 50) == GREEN
    assert colour_at(picture, 200, 20) == GREEN


def test_a_missing_point_and_its_links_are_not_drawn():
    picture = draw(person_with({"left_shoulder": (100, 50), "left_wrist": (100, 250)}))
    assert colour_at(picture, 100, 150) not in (ORANGE, BLUE, GREEN)


def test_the_photo_shows_where_nobody_is_drawn_and_is_not_changed():
    photo = np.full((300, 400, 3), (10, 200, 30), np.uint8)
    picture = draw(person_with({"nose": (200, 150)}), photo)
    assert picture.size == (400, 300)
    assert colour_at(picture, 5, 5) == (10, 200, 30)
    assert (photo == (10, 200, 30)).all()


def test_points_grow_with_the_picture():
    def orange_pixels(scale: int) -> int:
        spots = {"left_shoulder": (100 * scale, 50 * scale), "left_hip": (300 * scale, 250 * scale)}
        picture = draw(person_with(spots, (400 * scale, 300 * scale)))
        return int((np.asarray(picture) == ORANGE).all(axis=2).sum())

    assert orange_pixels(10) > 50 * orange_pixels(1)


@pytest.mark.parametrize("size", [(32, 32), (10_000, 100), (3_500, 2_000)])
def test_pictures_of_every_shape_can_be_drawn_on(size):
    middle = (size[0] / 2, size[1] / 2)
    assert draw(person_with({"nose": middle}, size)).size == size


def test_without_a_photo_the_canvas_is_as_large_as_the_picture_was():
    assert canvas_size(person_with({}, (640, 360))) == (640, 360)


def test_without_a_size_the_canvas_holds_everybody():
    width, height = canvas_size(person_with({"nose": (500, 900)}, None))
    assert width > 500
    assert height > 900


def test_nobody_on_no_picture_is_an_empty_canvas():
    assert draw(PoseResult.empty(COCO17)).getcolors() == [(640 * 480, (238, 238, 238))]


def test_a_person_partly_outside_the_picture_is_drawn_as_far_as_it_is_inside():
    picture = draw(person_with({"left_shoulder": (-50, 100), "left_elbow": (150, 100)}))
    assert colour_at(picture, 50, 100) == ORANGE


def test_a_result_draws_itself():
    result = person_with({"nose": (200, 150)})
    assert np.array_equal(np.asarray(result.draw()), np.asarray(posehub.draw(result)))
