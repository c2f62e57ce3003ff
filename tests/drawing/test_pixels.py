"""One convention of pixels: x = 0 is the left edge of the first pixel, and its centre is 0.5."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from posehub import PoseResult, Skeleton
from posehub.drawing import draw_frame, draw_svg

SVG = "{http://www.w3.org/2000/svg}"
PAIR = Skeleton("pair", ("one", "two"), links=(("one", "two"),))
SIZE = (90, 70)
CENTRES = [(0.5, 0.5), (20, 30), (20.5, 30.5), (45.25, 10.75), (89.5, 69.5), (90, 70)]


def person_at(*points, box=(np.nan,) * 4):
    """One person with these keypoints, of two."""
    keypoints = np.full((1, 2, 2), np.nan)
    keypoints[0, : len(points)] = np.reshape(points, (-1, 2))
    return PoseResult(
        keypoints=keypoints,
        scores=np.where(np.isnan(keypoints[..., 0]), 0, 1),
        boxes=[box],
        box_scores=[1],
        skeleton=PAIR,
        image_size=SIZE,
    )


def centroid(result, **show):
    """The centre of what is drawn, in pixels from the left and top edge of the image."""
    # drawn in the middle of a large black frame, so that the edge cuts nothing off
    moved = result.offset(200, 200)
    frame = draw_frame(moved, np.zeros((500, 500, 3), np.uint8), **show)
    weight = frame.sum(axis=2, dtype=float)
    y, x = np.indices(weight.shape) + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum() - 200


def in_svg(result, **show):
    return ElementTree.fromstring(draw_svg(result, **show))


@pytest.mark.parametrize("centre", CENTRES)
def test_a_keypoint_is_drawn_around_its_coordinates(centre):
    person = person_at(centre)
    assert centroid(person) == pytest.approx(centre, abs=0.05)
    for circle in in_svg(person).iter(f"{SVG}circle"):
        assert (float(circle.get("cx")), float(circle.get("cy"))) == pytest.approx(centre)


def test_a_keypoint_at_the_centre_of_a_pixel_is_drawn_evenly_around_this_pixel():
    frame = draw_frame(person_at((20.5, 30.5)), np.zeros((70, 90, 3), np.uint8))
    around = frame[30 - 8 : 30 + 9, 20 - 8 : 20 + 9]
    assert around.any()
    assert np.array_equal(around, around[::-1])
    assert np.array_equal(around, around[:, ::-1])


def test_a_link_is_drawn_from_keypoint_to_keypoint():
    person = person_at((10.25, 20.5), (60.75, 43))
    assert centroid(person) == pytest.approx((35.5, 31.75), abs=0.1)
    assert {path.get("d") for path in in_svg(person).iter(f"{SVG}path")} == {
        "M10.25 20.50L60.75 43.00"
    }


def test_a_box_is_drawn_along_its_edges():
    person = person_at(box=(10.25, 20.5, 60.75, 43))
    assert centroid(person, boxes=True) == pytest.approx((35.5, 31.75), abs=0.05)
    boxes = [rect for rect in in_svg(person, boxes=True).iter(f"{SVG}rect") if rect.get("stroke")]
    assert len(boxes) == 2
    for rect in boxes:
        edges = [float(rect.get(name)) for name in ("x", "y", "width", "height")]
        assert edges == [10.25, 20.5, 50.5, 22.5]


def test_a_box_of_the_whole_image_is_drawn_on_the_outermost_pixels():
    frame = draw_frame(person_at(box=(0, 0, *SIZE)), np.zeros((70, 90, 3), np.uint8), boxes=True)
    for edge in (frame[0], frame[-1], frame[:, 0], frame[:, -1]):
        assert edge.any(axis=1).all()
    assert np.array_equal(frame, frame[::-1])
    assert np.array_equal(frame, frame[:, ::-1])


def test_an_svg_has_one_unit_per_pixel():
    assert in_svg(person_at((1, 1))).get("viewBox") == "0 0 90 70"
