"""What is drawn, in which colour, on which canvas, into which file."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import posehub
from posehub import PoseResult, Skeleton
from posehub.drawing import draw, draw_frame, draw_svg, save_drawing
from posehub.drawing.plan import canvas_size
from posehub.errors import ImageError
from posehub.poses.skeletons import COCO17
from posehub.testing import random_people

WHITE, GREY, DARK = (255, 255, 255), (238, 238, 238), (34, 34, 34)
ORANGE, BLUE, GREEN = (230, 159, 0), (0, 114, 178), (0, 158, 115)


def person_with(points, image_size=(400, 300), scores=None) -> PoseResult:
    """One person with these keypoints, each with a score of 0.9 or the one in `scores`."""
    keypoints = np.full((1, 17, 2), np.nan, np.float32)
    all_scores = np.zeros((1, 17), np.float32)
    for name, point in points.items():
        keypoints[0, COCO17.index(name)] = point
        all_scores[0, COCO17.index(name)] = (scores or {}).get(name, 0.9)
    return PoseResult(
        keypoints=keypoints,
        scores=all_scores,
        boxes=np.full((1, 4), np.nan),
        box_scores=[0.9],
        skeleton=COCO17,
        image_size=image_size,
    )


def colours_down(image, x, top, bottom):
    return [image.getpixel((x, y)) for y in range(top, bottom)]


def test_keypoints_and_links_have_the_colour_of_their_side():
    image = draw(
        person_with(
            {
                "left_shoulder": (100.5, 50.5),
                "left_elbow": (100.5, 250),
                "right_shoulder": (300.5, 50.5),
                "right_elbow": (300.5, 250),
                "nose": (200.5, 20.5),
            }
        )
    )
    assert set(colours_down(image, 100, 60, 240)) == {ORANGE}
    assert BLUE in colours_down(image, 300, 60, 240)
    assert image.getpixel((200, 50)) == GREEN
    assert image.getpixel((200, 20)) == GREEN


def test_the_right_side_is_dashed_and_its_keypoints_are_hollow():
    points = {"right_shoulder": (300, 50), "right_elbow": (300, 250)}
    image = draw(person_with(points, (2000, 1500)))
    assert {WHITE, BLUE} <= set(colours_down(image, 300, 60, 240))
    assert image.getpixel((300, 250)) == WHITE


def test_the_left_side_is_unbroken_and_its_keypoints_are_filled():
    points = {"left_shoulder": (300, 50), "left_elbow": (300, 250)}
    assert set(colours_down(draw(person_with(points, (2000, 1500))), 300, 48, 252)) == {ORANGE}


def test_edges_are_smooth():
    image = draw(person_with({"left_shoulder": (50, 50), "left_elbow": (350, 130)}))
    between = {image.getpixel((x, y)) for x in range(100, 300) for y in range(50, 150)}
    assert len(between - {ORANGE, WHITE, GREY}) > 5


def test_a_light_border_separates_a_person_from_the_people_behind():
    behind = {"left_shoulder": (200, 20), "left_hip": (200, 280)}
    front = {"left_shoulder": (80, 150), "left_hip": (320, 150)}
    both = [person_with(points, (2000, 1500)) for points in (front, behind)]
    image = draw(
        attrs.evolve(
            both[0],
            **{
                name: np.concatenate([getattr(result, name) for result in both])
                for name in ("keypoints", "scores", "boxes", "box_scores")
            },
        )
    )
    assert {image.getpixel((x, 150)) for x in range(160, 240)} == {ORANGE}
    assert WHITE in colours_down(image, 200, 140, 150)
    assert WHITE in colours_down(image, 200, 151, 161)


def test_a_missing_keypoint_and_its_links_are_not_drawn():
    image = draw(person_with({"left_shoulder": (100, 50), "left_wrist": (100, 250)}))
    assert image.getpixel((100, 150)) not in (ORANGE, BLUE, GREEN)


def test_keypoints_below_min_score_and_their_links_are_not_drawn():
    points = {"left_shoulder": (100.5, 50), "left_elbow": (100.5, 250)}
    person = person_with(points, scores={"left_elbow": 0.29})
    assert draw(person).getpixel((100, 250)) == GREY
    assert draw(person).getpixel((100, 150)) == GREY
    assert draw(person).getpixel((100, 50)) == ORANGE
    assert draw(person, min_score=0.2).getpixel((100, 250)) == ORANGE


def test_keypoints_without_a_score_are_drawn():
    person = person_with({"left_elbow": (100.5, 50)}, scores={"left_elbow": np.nan})
    assert draw(person, min_score=1.0).getpixel((100, 50)) == ORANGE


def test_every_way_to_draw_has_min_score(tmp_path):
    person = person_with({"left_elbow": (100.5, 50)}, scores={"left_elbow": 0.2})
    frame = np.zeros((300, 400, 3), np.uint8)
    assert not draw_frame(person, frame).any()
    assert draw_frame(person, frame, min_score=0.2).any()
    assert "<circle" not in draw_svg(person)
    assert "<circle" in draw_svg(person, min_score=0.2)
    assert person.draw().getcolors() == [(400 * 300, GREY)]
    assert len(person.draw(min_score=0.2).getcolors()) > 1
    save_drawing(person, tmp_path / "without.svg")
    save_drawing(person, tmp_path / "with.svg", min_score=0.2)
    assert "<circle" not in (tmp_path / "without.svg").read_text()
    assert "<circle" in (tmp_path / "with.svg").read_text()


def test_the_image_is_unchanged_and_visible_around_the_people():
    given = np.full((300, 400, 3), (10, 200, 30), np.uint8)
    image = draw(person_with({"nose": (200, 150)}), given)
    assert image.size == (400, 300)
    assert image.getpixel((5, 5)) == (10, 200, 30)
    assert (given == (10, 200, 30)).all()


def test_lines_and_keypoints_grow_with_the_image():
    def orange_pixels(scale: int) -> int:
        ends = {"left_shoulder": (100 * scale, 50 * scale), "left_hip": (300 * scale, 250 * scale)}
        image = draw(person_with(ends, (400 * scale, 300 * scale)))
        return int((np.asarray(image) == ORANGE).all(axis=2).sum())

    assert orange_pixels(10) > 50 * orange_pixels(1)


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (10_000, 100), (3_500, 2_000)])
def test_images_of_every_shape_can_be_drawn_on(size):
    middle = (size[0] / 2, size[1] / 2)
    assert draw(person_with({"nose": middle}, size)).size == size


def test_without_an_image_the_canvas_has_the_size_of_the_image():
    assert canvas_size(person_with({}, (640, 360))) == (640, 360)


def test_without_a_size_the_canvas_contains_all_people():
    width, height = canvas_size(person_with({"nose": (500, 900)}, None))
    assert width > 500
    assert height > 900


def test_no_people_on_no_image_are_an_empty_canvas():
    assert draw(PoseResult.empty(COCO17)).getcolors() == [(640 * 480, GREY)]


def test_the_part_of_a_person_inside_the_image_is_drawn():
    image = draw(person_with({"left_shoulder": (-50, 100.5), "left_elbow": (150, 100.5)}))
    assert image.getpixel((50, 100)) == ORANGE


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((-9, 150), (-2, 150)),
        ((409, 20), (402, 280)),
        ((20, -9), (380, -2)),
        ((20, 309), (380, 302)),
        ((-60, 50), (50, -60)),
    ],
)
def test_a_line_at_the_edge_does_not_continue_at_the_other_edge(start, end):
    links = {"right_shoulder": start, "right_elbow": end, "left_hip": start, "left_knee": end}
    image = np.asarray(draw(person_with(links)))
    x, y = np.clip(np.add(start, end) / 2, 0, (399, 299)).astype(int)
    changed = np.argwhere((image != GREY).any(axis=2))
    assert (abs(changed - (y, x)) < (200, 200)).all()


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


def test_a_frame_may_be_a_view_of_another_array():
    bgr = np.full((300, 400, 3), (30, 200, 10), np.uint8)
    drawn = draw_frame(person_with({"nose": (200, 150)}), bgr[:, :, ::-1])
    assert tuple(drawn[5, 5]) == (10, 200, 30)
    assert tuple(drawn[150, 200]) == GREEN


def test_a_frame_of_another_type_is_refused():
    with pytest.raises(ImageError, match="uint8 RGB"):
        draw_frame(person_with({}), np.zeros((300, 400, 3), np.float32))


def test_every_way_to_draw_gives_the_same_pixels(tmp_path):
    people = random_people(3, seed=2, image_size=(400, 300))
    frame = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    show = {"names": True, "scores": True, "boxes": True, "ids": True}
    drawn = draw_frame(people, frame, **show)
    save_drawing(people, tmp_path / "a.png", frame, **show)
    assert np.array_equal(drawn, np.asarray(draw(people, frame, **show)))
    assert np.array_equal(drawn, posehub.load_image(tmp_path / "a.png").pixels())


@pytest.mark.parametrize("extra", ["boxes", "ids", "scores", "names"])
def test_extras_are_drawn_on_request(extra):
    people = random_people(2, seed=1)
    assert np.asarray(draw(people)).tobytes() != np.asarray(draw(people, **{extra: True})).tobytes()


def test_a_box_beyond_the_image_is_drawn_inside_the_image():
    result = attrs.evolve(person_with({}, (2000, 1500)), boxes=[[-1e9, 20, 1e9, 1e9]])
    assert draw(result, boxes=True).getpixel((200, 20)) == DARK


def test_ten_thousand_people_can_be_drawn():
    points = np.random.default_rng(0).uniform(0, 60, (10_000, 17, 2))
    people = PoseResult(
        keypoints=points,
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
