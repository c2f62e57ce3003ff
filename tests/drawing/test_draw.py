"""Drawing: who is where, in which colour, on which canvas."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import posehub
from posehub import PoseResult, Skeleton
from posehub.drawing import draw, draw_frame, save_drawing
from posehub.drawing.plan import canvas_size
from posehub.errors import ImageError
from posehub.poses.skeletons import COCO17
from posehub.testing import random_people

WHITE, GREY, DARK = (255, 255, 255), (238, 238, 238), (34, 34, 34)
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


def colours_down(picture, x, top, bottom):
    return [colour_at(picture, x, y) for y in range(top, bottom)]


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
    assert set(colours_down(picture, 100, 60, 240)) == {ORANGE}
    assert BLUE in colours_down(picture, 300, 60, 240)
    assert colour_at(picture, 200, 50) == GREEN
    assert colour_at(picture, 200, 20) == GREEN


def test_the_right_side_is_dashed_and_its_points_are_hollow():
    points = {"right_shoulder": (300, 50), "right_elbow": (300, 250)}
    picture = draw(person_with(points, (2000, 1500)))
    assert {WHITE, BLUE} <= set(colours_down(picture, 300, 60, 240))
    assert colour_at(picture, 300, 250) == WHITE


def test_the_left_side_is_unbroken_and_its_points_are_filled():
    points = {"left_shoulder": (300, 50), "left_elbow": (300, 250)}
    assert set(colours_down(draw(person_with(points, (2000, 1500))), 300, 48, 252)) == {ORANGE}


def test_edges_are_smooth():
    picture = draw(person_with({"left_shoulder": (50, 50), "left_elbow": (350, 130)}))
    between = {colour_at(picture, x, y) for x in range(100, 300) for y in range(50, 150)}
    assert len(between - {ORANGE, WHITE, GREY}) > 5


def test_a_halo_separates_whoever_is_in_front():
    behind = {"left_shoulder": (200, 20), "left_hip": (200, 280)}
    front = {"left_shoulder": (80, 150), "left_hip": (320, 150)}
    both = [person_with(points, (2000, 1500)) for points in (front, behind)]
    picture = draw(
        attrs.evolve(
            both[0],
            **{
                name: np.concatenate([getattr(result, name) for result in both])
                for name in ("keypoints", "scores", "boxes", "box_scores")
            },
        )
    )
    assert {colour_at(picture, x, 150) for x in range(160, 240)} == {ORANGE}
    assert WHITE in colours_down(picture, 200, 140, 150)
    assert WHITE in colours_down(picture, 200, 151, 161)


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


def test_a_frame_is_drawn_on_a_copy():
    frame = np.full((300, 400, 3), 90, np.uint8)
    drawn = draw_frame(person_with({"nose": (200, 150)}), frame)
    assert drawn.dtype == np.uint8
    assert drawn.shape == frame.shape
    assert tuple(drawn[150, 200]) == GREEN
    assert (frame == 90).all()


def test_a_frame_of_another_type_is_refused():
    with pytest.raises(ImageError, match="uint8 RGB"):
        draw_frame(person_with({}), np.zeros((300, 400, 3), np.float32))


@pytest.mark.parametrize("extra", ["boxes", "ids", "scores", "names"])
def test_extras_are_drawn_on_request(extra):
    people = random_people(2, seed=1)
    assert np.asarray(draw(people)).tobytes() != np.asarray(draw(people, **{extra: True})).tobytes()


def test_a_box_that_leaves_the_picture_is_drawn_along_its_edge():
    result = attrs.evolve(person_with({}, (2000, 1500)), boxes=[[-1e9, 20, 1e9, 1e9]])
    assert colour_at(draw(result, boxes=True), 200, 20) == DARK


def test_ten_thousand_people_can_be_drawn():
    spots = np.random.default_rng(0).uniform(0, 60, (10_000, 17, 2))
    people = PoseResult(
        keypoints=spots,
        scores=np.ones((10_000, 17)),
        boxes=np.full((10_000, 4), np.nan),
        box_scores=np.ones(10_000),
        skeleton=Skeleton("dots", COCO17.keypoints),
        image_size=(64, 64),
    )
    assert draw(people).size == (64, 64)


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.JPG", b"\xff\xd8"), ("图.svg", b"<svg ")]
)
def test_the_ending_chooses_the_format(tmp_path, name, start):
    save_drawing(person_with({"nose": (200, 150)}), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_unknown_ending_is_refused_with_the_nearest_one(tmp_path):
    with pytest.raises(ImageError, match=r"Did you mean '\.png'\?"):
        save_drawing(person_with({}), tmp_path / "a.pgn")
    assert list(tmp_path.iterdir()) == []
