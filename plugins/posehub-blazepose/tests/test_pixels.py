"""No step moves a point: networks that find coloured dots report them where they are in the image.

x = 0 is the left edge of the first pixel and 0.5 its centre. Dots lie on centres or edges of
pixels, so the rounding of the image to whole grey levels moves no centre of mass. `warp` rounds
positions to 1/32 pixel; with the lengths and angles chosen here this cancels or averages out.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from posehub_blazepose import detector, landmarks
from posehub_blazepose.inputs import Inputs
from posehub_blazepose.landmarks import MIRRORED
from posehub_blazepose.search import MODES, Limits, Search
from posehub_blazepose.tiles import Tile

LIMITS = Limits(max_persons=20, min_detection=0.5, min_presence=0.5)
EXACT = 1e-3

NOSE = 0
LEFT = [point for point in range(33) if MIRRORED[point] == point + 1 and point > 10]


def image_of(size, center, top, side, radius=(4.5, 1.2, 4.5)):
    """An image of `size` (width, height) with three dots, which may overlap.

    Red is the hips' centre, green the point straight above it, blue a point beside it.
    """
    columns, rows = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    pixels = np.zeros((*columns.shape, 3))
    for channel, ((x, y), sigma) in enumerate(zip((center, top, side), radius, strict=True)):
        pixels[..., channel] = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.rint(255 * pixels).astype(np.uint8)


def dots_in(grid):
    """The dots in a grid, (3, 2), as a network reports them: element i is at i."""
    weights = grid.astype(np.float64) ** 2
    rows, columns = np.mgrid[: grid.shape[0], : grid.shape[1]]
    sums = [(weights * place[..., None]).sum(axis=(0, 1)) for place in (columns, rows)]
    return np.stack(sums, axis=1) / weights.sum(axis=(0, 1))[:, None]


def points_beside(center, top, side):
    """The points at the blue dot: the left or the right ones.

    As for a person who faces the camera, left is clockwise of the direction to the head.
    """
    (up_x, up_y), (side_x, side_y) = top - center, side - center
    return LEFT if up_x * side_y - up_y * side_x > 0 else MIRRORED[LEFT]


class DotNetworks:
    """Networks that take the dots for a person."""

    def run_detector(self, grid):
        center, top, _ = dots_in(grid)
        anchors = detector.anchors(*grid.shape[:2])
        nearest = np.abs(anchors - center).sum(axis=1).argmin()
        values = np.zeros((len(anchors), 12))
        values[nearest, 2:4] = 10
        values[nearest, 4:8] = np.concatenate([center, top]) - np.tile(anchors[nearest], 2)
        logits = np.full(len(anchors), -50.0)
        logits[nearest] = 5
        return values, logits

    def run_landmarks(self, grid):
        center, top, side = dots_in(grid)
        values = np.full((39, 5), 10.0)
        values[:, :2] = center
        values[34, :2] = top
        values[points_beside(center, top, side), :2] = side
        return landmarks.Output(
            values=values,
            person=0.99,
            heatmap=np.full((64, 64, 39), -20, np.float32),
            world=np.zeros((39, 3), np.float32),
        )


def scenes(count, longest=112):
    """Images of many shapes with dots in many directions, as (size, center, top, side)."""
    random = np.random.default_rng(0)
    for number in range(count):
        # the letterbox has 224 elements, so with a multiple of 7 pixels `warp` rounds no position
        size = (longest, random.integers(88, longest + 1))[:: random.choice([-1, 1])]
        center = [random.integers(80, 2 * length - 79) / 2 for length in size]
        angle, beside = number * (3 - math.sqrt(5)) * math.pi, random.uniform(-math.pi, math.pi)
        top = np.add(center, 22 * np.array([math.sin(angle), -math.cos(angle)]))
        side = np.rint(np.add(center, 6 * np.array([math.sin(beside), -math.cos(beside)])) * 2) / 2
        yield size, np.array(center), top, side


def person_in(scene, mode):
    (found,) = Search(Inputs(image_of(*scene)), DotNetworks(), MODES[mode], LIMITS).run()
    return found.landmarks.points


@pytest.mark.parametrize("mode", MODES)
def test_rotated_crops_and_mirrored_passes_move_no_point(mode):
    for scene in scenes(30):
        _, center, top, side = scene
        points = person_in(scene, mode)
        assert points[NOSE] == pytest.approx(center, abs=EXACT)
        for point in points[points_beside(center, top, side)]:
            assert point == pytest.approx(side, abs=EXACT)


def test_a_letterbox_moves_no_point():
    for scene in scenes(30):
        _, center, *_ = scene
        grid, matrix = Inputs(image_of(*scene)).whole()
        values, logits = DotNetworks().run_detector(grid)
        found = detector.decode(values, logits, grid.shape[:2], matrix, 0.5)
        assert found.points[0, 0] == pytest.approx(center, abs=EXACT)


FINE = (288, 384)
EVEN_TILES = {
    "whole image": Tile(0, 0, 96, 72, FINE),
    "half": Tile(-48, -36, 192, 144, FINE),
    "inside": Tile(10.25, 7.75, 48, 36, FINE),
    "beyond the upper left": Tile(-19.5, -15.75, 96, 72, FINE),
    "beyond the lower right": Tile(22.25, 18.5, 96, 72, FINE),
    "portrait": Tile(18.25, -10.5, 72, 96, FINE[::-1]),
}
TILES = {
    "inside": Tile(10.37, 7.81, 64, 48, FINE),
    "beyond the upper left": Tile(-9.3, -5.9, 66, 49.5, FINE),
    "beyond the lower right": Tile(44.6, 38.2, 66, 49.5, FINE),
    "portrait": Tile(18.1, -10.4, 48, 64, FINE[::-1]),
    "wide": Tile(2.2, -30.3, 76, 103, (608, 448)),
}


def errors_in(tile):
    """How far dots near the middle of a tile's part of an image are off, (N, 2)."""
    low = np.maximum((tile.left, tile.top), 0)
    high = np.minimum((tile.right, tile.bottom), (96, 72))
    for shift in np.arange(-6, 6.5):
        # a dot that is cut off by the edge of the tile would have another centre of mass
        dot = np.rint(low + high + (shift, shift / 2)) / 2
        grid, matrix = Inputs(image_of((96, 72), dot, dot, dot, (3.0, 3.0, 3.0))).tile(tile)
        values, logits = DotNetworks().run_detector(grid)
        found = detector.decode(values, logits, grid.shape[:2], matrix, 0.5)
        yield found.points[0, 0] - dot


@pytest.mark.parametrize("tile", EVEN_TILES.values(), ids=EVEN_TILES)
def test_a_tile_of_whole_elements_moves_no_point(tile):
    assert np.abs([*errors_in(tile)]).max() < EXACT


@pytest.mark.parametrize("tile", TILES.values(), ids=TILES)
def test_a_tile_moves_no_point(tile):
    errors = np.array([*errors_in(tile)])
    # the rounding to whole grey levels averages out over many dots
    assert np.abs(errors.mean(axis=0)).max() < EXACT
    assert np.abs(errors).max() < 5 * EXACT
