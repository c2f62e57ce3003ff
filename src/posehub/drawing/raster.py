"""A plan as pixels, with smooth edges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from posehub.drawing import coverage
from posehub.drawing.canvas import Canvas
from posehub.drawing.coverage import Coverage, Size
from posehub.drawing.geometry import dashed
from posehub.drawing.labels import Label
from posehub.drawing.lettering import rounded, written
from posehub.drawing.plan import DARK, LIGHT, Dots, Figure, Lines, Outline, Plan


def paint(pixels: NDArray[np.uint8], plan: Plan) -> None:
    """Draw `plan` into an image of its size, uint8 RGB (H, W, 3), C-contiguous, in place."""
    with Canvas(pixels) as canvas:
        for figure in plan.figures:
            covered = _covered(figure, plan.size)
            for index, shape in enumerate(figure.shapes):
                canvas.fill(covered[index], shape.colour)
        for label in plan.labels:
            _draw_leader(canvas, label, plan.size)
        for label in plan.labels:
            _write(canvas, label)


def _covered(figure: Figure, size: Size) -> dict[int, Coverage]:
    """Return the coverage of each shape of a figure, by its index."""
    covered: dict[int, Coverage] = {}
    bands: dict[int, Lines] = {}
    discs: dict[float, dict[int, Dots]] = {}
    for index, shape in enumerate(figure.shapes):
        if isinstance(shape, Outline):
            covered[index] = coverage.outline(shape.box, shape.width, size)
        elif isinstance(shape, Dots):
            discs.setdefault(shape.radius, {})[index] = shape
        elif shape.dashes is not None:
            covered[index] = coverage.strokes(dashed(shape.ends, shape.dashes), shape.width, size)
        else:
            bands[index] = shape
    # computed together, which saves half the time for a small person
    covered.update(_bands(bands, size))
    for radius, dots in discs.items():
        covered.update(_discs(dots, radius, size))
    return covered


def _bands(lines: dict[int, Lines], size: Size) -> Iterator[tuple[int, Coverage]]:
    if lines:
        shapes = lines.values()
        counts = [len(shape.ends) for shape in shapes]
        ends = np.concatenate([shape.ends for shape in shapes])
        widths = np.repeat([shape.width for shape in shapes], counts)
        yield from zip(lines, coverage.bands(ends, widths, counts, size), strict=True)


def _discs(dots: dict[int, Dots], radius: float, size: Size) -> Iterator[tuple[int, Coverage]]:
    shapes = dots.values()
    counts = [len(shape.centres) for shape in shapes]
    centres = np.concatenate([shape.centres for shape in shapes])
    yield from zip(dots, coverage.discs(centres, radius, counts, size), strict=True)


def _draw_leader(canvas: Canvas, label: Label, size: Size) -> None:
    if label.leader is None:
        return
    line = np.array([label.leader])
    for width, colour in ((3 * label.leader_width, LIGHT), (label.leader_width, DARK)):
        canvas.fill(coverage.strokes(line, width, size), colour)


def _write(canvas: Canvas, label: Label) -> None:
    left, top, right, bottom = label.place
    middle = (top + bottom) / 2
    height = round(label.letter)
    if label.is_tag:
        canvas.stamp(*rounded(label.place, label.letter * 0.2), DARK)
        canvas.stamp(*written(label.text, height, "mm").at((left + right) / 2, middle), LIGHT)
        return
    anchor, x = ("lm", left) if label.kind == "right" else ("rm", right)
    border = max(1, round(label.letter / 8))
    for stroke, colour in ((border, LIGHT), (0, DARK)):
        canvas.stamp(*written(label.text, height, anchor, stroke).at(x, middle), colour)
