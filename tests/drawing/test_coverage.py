"""How much of each pixel lines, discs and boxes cover."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.drawing.coverage import FULL, bands, discs, outline, strokes

SIZE = (80, 60)
MIDDLE = np.array([40.3, 29.6])
ANGLES = np.deg2rad([0, 10, 30, 45, 60, 90, 135, 200, 290])


def alpha_of(*covered, size=SIZE):
    """The covered part of each pixel, (H, W)."""
    alpha = np.zeros(size[0] * size[1])
    for one in covered:
        np.add.at(alpha, one.edge, one.alpha / FULL)
        alpha[one.solid] = 1
    return alpha.clip(0, 1).reshape(size[1], size[0])


def centroid(alpha):
    """The centre of what is covered, in pixels from the left and top edge of the image."""
    y, x = np.indices(alpha.shape) + 0.5
    return np.array([(alpha * x).sum(), (alpha * y).sum()]) / alpha.sum()


def lines_around(middle, length):
    direction = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    return np.stack([middle - direction * length / 2, middle + direction * length / 2], axis=1)


@pytest.mark.parametrize("width", [1.0, 1.7, 5.8, 12.6])
def test_a_line_covers_its_area_around_its_middle(width):
    for line in lines_around(MIDDLE, 30):
        alpha = alpha_of(strokes(line[None], width, SIZE))
        assert alpha.sum() == pytest.approx(30 * width, rel=0.1)
        assert centroid(alpha) == pytest.approx(MIDDLE, abs=0.15)


@pytest.mark.parametrize("width", [1.0, 1.7, 5.8, 12.6])
def test_a_band_is_as_wide_as_its_line(width):
    lines = lines_around(MIDDLE, 50)
    covered = bands(lines, np.full(len(lines), width), [1] * len(lines), SIZE)
    for line, one in zip(lines, covered, strict=True):
        band, stroke = alpha_of(one), alpha_of(strokes(line[None], width, SIZE))
        assert band.sum() == pytest.approx(50 * width, rel=0.05)
        y, x = np.indices(band.shape) + 0.5
        near_middle = np.hypot(x - MIDDLE[0], y - MIDDLE[1]) < 12
        assert band[near_middle] == pytest.approx(stroke[near_middle], abs=0.3)


def test_bands_of_several_sections_are_those_of_each_alone():
    lines = lines_around(MIDDLE, 40)
    widths = np.linspace(1, 9, len(lines))
    first, rest = bands(lines, widths, [2, len(lines) - 2], SIZE)
    assert np.array_equal(alpha_of(first), alpha_of(*bands(lines[:2], widths[:2], [2], SIZE)))
    assert np.array_equal(alpha_of(rest), alpha_of(*bands(lines[2:], widths[2:], [7], SIZE)))


@pytest.mark.parametrize("radius", [1.0, 1.25, 3.3, 10.8])
def test_a_disc_covers_its_area_around_its_centre(radius):
    for centre in ([40, 30], [40.5, 30.5], [40.2, 29.9]):
        (covered,) = discs(np.array([centre]), radius, [1], SIZE)
        assert alpha_of(covered).sum() == pytest.approx(np.pi * radius**2, rel=0.15)
        assert centroid(alpha_of(covered)) == pytest.approx(centre, abs=0.1)


@pytest.mark.parametrize("box", [(10, 10, 50, 40), (10.3, 10.6, 50.2, 40.9), (20, 20, 22, 21)])
@pytest.mark.parametrize("width", [1.0, 3.4])
def test_an_outline_is_the_larger_rectangle_without_the_smaller_one(box, width):
    def rectangle(grow):
        x, y = np.arange(SIZE[0]), np.arange(SIZE[1])
        left, top, right, bottom = np.add(box, (-grow, -grow, grow, grow))
        across = (np.minimum(x + 1, right) - np.maximum(x, left)).clip(0, 1)
        down = (np.minimum(y + 1, bottom) - np.maximum(y, top)).clip(0, 1)
        return down[:, None] * across

    expected = rectangle(width / 2) - rectangle(-width / 2)
    assert alpha_of(outline(box, width, SIZE)) == pytest.approx(expected, abs=0.01)


def test_a_line_on_whole_pixels_covers_exactly_them():
    alpha = alpha_of(strokes(np.array([[[10.0, 20], [30, 20]]]), 2, SIZE))
    expected = np.zeros_like(alpha)
    expected[19:21, 10:30] = 1
    assert np.array_equal(alpha, expected)


@pytest.mark.parametrize("point", [(-40, 30), (120, 30), (40, -50), (40, 110), (-3, -3), (81, 61)])
def test_only_pixels_of_the_image_are_covered_and_none_at_the_opposite_edge(point):
    x, y = point
    lines = np.array([[[x - 4.0, y], [x + 4, y + 1]], [[x, y - 4.0], [x + 1, y + 4]]])
    for covered in (
        strokes(lines, 5, SIZE),
        *bands(lines, np.array([5.0, 5.0]), [2], SIZE),
        *discs(np.array([[x, y]], float), 6, [1], SIZE),
        outline((x - 4, y - 4, x + 4, y + 4), 5, SIZE),
    ):
        for pixels in (covered.solid, covered.edge[covered.alpha > 0]):
            assert ((pixels >= 0) & (pixels < 80 * 60)).all()
            rows, columns = np.divmod(pixels, 80)
            assert (abs(columns + 0.5 - x) < 10).all()
            assert (abs(rows + 0.5 - y) < 10).all()


def test_a_line_without_length_is_allowed():
    nothing = np.array([[[20.5, 20.5], [20.5, 20.5]]])
    assert alpha_of(strokes(nothing, 4, SIZE)).sum() < 5
    assert alpha_of(*bands(nothing, np.array([4.0]), [1], SIZE)).sum() < 5
