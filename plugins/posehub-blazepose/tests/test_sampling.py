"""What `warp` reads from the image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posehub_blazepose.geometry import Region, transform
from posehub_blazepose.sampling import warp

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def bilinear(pixels, x, y, border):
    """The textbook formula for one position, rounded to 1/32 pixel."""
    height, width = pixels.shape[:2]
    x, y = np.rint((x - 0.5) * 32) / 32, np.rint((y - 0.5) * 32) / 32
    total = np.zeros(3)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            weight = (1 - abs(x - column)) * (1 - abs(y - row))
            inside = 0 <= column < width and 0 <= row < height
            if inside or border == "edge":
                total += (
                    weight * pixels[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
                )
    return np.floor(total + 0.5)


def test_the_identity_reads_every_pixel():
    pixels = noise(12, 12)
    assert (warp(pixels, IDENTITY, 12, "zero") == pixels).all()


@settings(max_examples=30, deadline=None)
@given(
    st.builds(
        Region,
        st.floats(-30, 60),
        st.floats(-30, 60),
        st.floats(1, 120),
        st.floats(-math.pi, math.pi),
    ),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["zero", "edge"]),
)
def test_a_warp_is_bilinear_at_every_element(region, height, width, border):
    pixels, matrix = noise(height, width), region.matrix(8)
    got = warp(pixels, matrix, 8, border)
    for row in range(8):
        for column in range(8):
            x, y = transform(matrix, np.array([column + 0.5, row + 0.5]))
            assert got[row, column] == pytest.approx(bilinear(pixels, x, y, border))


def test_a_dot_appears_where_the_matrix_maps_back_to_it():
    pixels = np.zeros((200, 300, 3), np.uint8)
    rows, columns = np.mgrid[:200, :300] + 0.5
    dot = np.exp(-((columns - 140.3) ** 2 + (rows - 77.6) ** 2) / 50)
    pixels[:] = np.rint(255 * dot)[..., None]
    matrix = Region(130, 90, 120, 0.7).matrix(256)
    grid = warp(pixels, matrix, 256, "zero")[..., 0]
    rows, columns = np.mgrid[:256, :256] + 0.5
    middle = np.array([(grid * columns).sum(), (grid * rows).sum()]) / grid.sum()
    assert transform(matrix, middle) == pytest.approx([140.3, 77.6], abs=0.02)


def test_an_image_rotated_with_its_region_gives_the_same_input():
    pixels = noise(50, 70)
    region = Region(30, 20, 40, 0.25)
    rotated = Region(50 - region.y, region.x, region.side, region.angle + math.pi / 2)
    second = warp(np.ascontiguousarray(np.rot90(pixels, -1)), rotated.matrix(64), 64, "edge")
    first = warp(pixels, region.matrix(64), 64, "edge")
    # a position between two steps of 1/32 pixel may be rounded the other way
    assert np.abs(second - first).mean() < 1


def test_far_outside_the_edge_is_repeated_or_black():
    pixels = np.full((4, 4, 3), 200, np.uint8)
    far = np.array([[1.0, 0, 1e12], [0, 1, -1e12]])
    assert (warp(pixels, far, 3, "edge") == 200).all()
    assert (warp(pixels, far, 3, "zero") == 0).all()
