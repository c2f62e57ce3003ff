"""The tiles cover every image, with no more tiles than needed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub_blazepose.inputs import Inputs
from posehub_blazepose.tiles import SHAPES, Tile, pyramid

lengths = st.integers(1, 12000)
sizes = st.tuples(lengths, lengths).filter(lambda size: size[0] * size[1] < 40_000_000)


def plan(size, levels=2):
    return pyramid(*size, 224 / max(size), levels)


@given(sizes)
def test_every_level_covers_the_image(size):
    for level in plan(size):
        for axis, (start, end) in enumerate((("left", "right"), ("top", "bottom"))):
            edges = sorted({(getattr(tile, start), getattr(tile, end)) for tile in level})
            assert edges[0][0] <= 1e-6
            assert edges[-1][1] >= size[axis] - 1e-6
            for (_, before), (after, _) in pairwise(edges):
                assert after < before


@given(sizes)
def test_neighbouring_tiles_overlap_by_a_quarter(size):
    for level in plan(size, 3):
        for start, side in (("left", "width"), ("top", "height")):
            starts = sorted({getattr(tile, start) for tile in level})
            for before, after in pairwise(starts):
                assert after - before <= 0.75 * getattr(level[0], side) + 1e-6


@given(sizes)
def test_each_level_is_finer_up_to_a_limit(size):
    scales = [224 / max(size)]
    scales += [level[0].shape[1] / level[0].width for level in plan(size, 4)]
    assert all(finer >= 1.2 * coarser for coarser, finer in pairwise(scales))
    assert all(scale <= 2 for scale in scales[1:])


@given(sizes)
def test_a_tile_is_not_distorted(size):
    for level in plan(size, 3):
        for tile in level:
            rows, columns = tile.shape
            assert columns / tile.width == pytest.approx(rows / tile.height)


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((640, 480), [1, 1, 4]),
        ((480, 640), [1, 1, 4]),
        ((512, 512), [1, 1, 4]),
        ((4000, 3000), [1, 1, 4]),
        ((1280, 720), [1, 1, 4]),
        ((32, 32), []),
        ((10000, 100), [25, 25, 39]),
        ((100, 10000), [25, 25, 39]),
    ],
)
def test_the_number_of_tiles_per_level(size, tiles):
    assert [len(level) for level in plan(size, 3)] == tiles


def test_tiles_have_the_orientation_of_the_image():
    assert {tile.shape for level in plan((640, 480)) for tile in level} < set(SHAPES)
    landscape, portrait = plan((640, 480)), plan((480, 640))
    assert [level[0].shape for level in portrait] == [level[0].shape[::-1] for level in landscape]


def test_a_long_narrow_image_is_shown_large_enough():
    (first, *_), *_ = plan((10000, 100))
    rows, columns = first.shape
    assert columns / first.width * 100 >= rows / 4


def test_the_share_of_a_tile_is_of_the_box_that_covers_most_of_it_within_the_image():
    tile = Tile(left=-50, top=0, width=100, height=100, shape=SHAPES[0])
    boxes = np.array([[0.0, 0, 25, 100], [0, 0, 50, 75], [60, 0, 90, 90]])
    assert tile.largest_share(boxes, (1000, 1000)) == pytest.approx(0.75)
    assert tile.largest_share(np.empty((0, 4)), (1000, 1000)) == 0


@pytest.mark.parametrize("size", [(640, 425), (97, 333), (2000, 31), (33, 32)])
def test_a_tile_shows_the_part_of_the_image_that_its_matrix_gives(size):
    width, height = size
    rows, columns = np.mgrid[:height, :width] + 0.5
    ramp = np.stack([columns * 200 / width, rows * 200 / height, columns * 0], axis=-1)
    inputs = Inputs(np.rint(ramp).astype(np.uint8))
    for level in pyramid(width, height, 0, 2):
        for tile in level:
            grid, matrix = inputs.tile(tile)
            assert grid.shape == (*tile.shape, 3)
            for axis in (0, 1):
                elements = np.arange(tile.shape[1 - axis]) + 0.5
                x = matrix[axis, axis] * elements + matrix[axis, 2]
                inner = (x > 8) & (x < size[axis] - 8)
                grey = grid[:, :, axis].max(axis=axis)
                # the grey level is the position, except for rounding
                assert grey[inner] == pytest.approx(x[inner] * 200 / size[axis], abs=1.6)
