"""The plan of tiles covers every picture, and no more than needed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub_blazepose.picture import Picture
from posehub_blazepose.tiles import Tile, pyramid

SIZE = 448
lengths = st.integers(1, 12000)
sizes = st.tuples(lengths, lengths).filter(lambda size: size[0] * size[1] < 40_000_000)


def plan(size, levels=2):
    return pyramid(*size, SIZE, 224 / max(size), levels)


@given(sizes)
def test_every_level_covers_the_picture(size):
    for level in plan(size):
        for axis, (start, end) in enumerate((("left", "right"), ("top", "bottom"))):
            edges = sorted({(getattr(tile, start), getattr(tile, end)) for tile in level})
            assert edges[0][0] <= 1e-6
            assert edges[-1][1] >= size[axis] - 1e-6
            for (_, before), (after, _) in pairwise(edges):
                assert after < before


@given(sizes)
def test_neighbouring_tiles_overlap_by_a_quarter(size):
    for level in plan(size):
        starts = sorted({tile.left for tile in level})
        for before, after in pairwise(starts):
            assert after - before <= 0.75 * level[0].side + 1e-6


@given(sizes)
def test_each_level_is_finer_but_never_finer_than_useful(size):
    scales = [224 / max(size)] + [SIZE / level[0].side for level in plan(size, 5)]
    assert all(finer >= 1.2 * coarser for coarser, finer in pairwise(scales))
    assert all(scale <= 2 for scale in scales[1:])


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((640, 480), [1, 2]),
        ((480, 640), [1, 2]),
        ((4000, 3000), [1, 2]),
        ((32, 32), []),
        ((10000, 100), [33, 43]),
    ],
)
def test_how_many_tiles_two_levels_take(size, tiles):
    assert [len(level) for level in plan(size)] == tiles


def test_a_long_narrow_picture_is_shown_large_enough():
    (first, *_), *_ = plan((10000, 100))
    assert SIZE / first.side * 100 >= SIZE / 4


def test_a_tile_is_settled_by_the_one_box_that_covers_most_of_its_part_of_the_picture():
    tile = Tile(left=-50, top=0, side=100, size=SIZE)
    boxes = np.array([[0.0, 0, 25, 100], [0, 0, 50, 75], [60, 0, 90, 90]])
    assert tile.share_within(boxes, (1000, 1000)) == pytest.approx(0.75)
    assert tile.share_within(np.empty((0, 4)), (1000, 1000)) == 0


@pytest.mark.parametrize("size", [(640, 425), (97, 333), (2000, 31), (33, 32)])
def test_a_tile_shows_the_picture_where_its_matrix_says(size):
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    ramp = np.stack([columns * 200 / width, rows * 200 / height, columns * 0], axis=-1)
    picture = Picture(np.rint(ramp).astype(np.uint8))
    for level in pyramid(width, height, SIZE, 0, 2):
        for tile in level:
            grid, matrix = picture.tile(tile)
            elements = np.arange(SIZE)
            x = matrix[0, 0] * elements + matrix[0, 2]
            inner = (x > 8) & (x < width - 9)
            lit = grid[:, :, 0].max(axis=0)
            # the ramp read back is the position, but for rounding to grey levels
            assert lit[inner] == pytest.approx(x[inner] * 200 / width, abs=1.6)
