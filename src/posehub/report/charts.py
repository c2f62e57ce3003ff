"""Charts as SVG: 360 units wide, so that their text is readable on a phone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from posehub.drawing.markup import as_text

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
"""Okabe and Ito, "Color Universal Design", 2008. Series differ in shape as well."""

_WIDTH = 360
_ROW = 20
_BAR_ROW = 36
_LABELS = 118
_RIGHT = 44
_PLOT = _WIDTH - _LABELS - _RIGHT
_SIDE = 260  # of a square plot

Row = tuple[str, Sequence[float | None]]


def bars(rows: Sequence[tuple[str, float]], title: str) -> str:
    """Return horizontal bars: each label above its bar, its value, a whole number, at the end."""
    most = max((value for _, value in rows), default=0) or 1
    parts = []
    for number, (label, value) in enumerate(rows):
        y = number * _BAR_ROW
        length = value / most * (_WIDTH - _RIGHT)
        parts.append(
            f'<text x="0" y="{y + 9}" {_MIDDLE}>{as_text(label)}</text>'
            f'<rect x="0" y="{y + 17}" width="{length:.1f}" height="12" fill="{COLOURS[0]}"/>'
            f'<text x="{length + 5:.1f}" y="{y + 23}" {_MIDDLE}>{value:g}</text>'
        )
    return _svg(_WIDTH, max(len(rows), 1) * _BAR_ROW, title, parts)


def dots(rows: Sequence[Row], series: Sequence[str], title: str, unit: str = "") -> str:
    """Return a row for each label with a mark for each series; no mark for None."""
    values = [value for _, row in rows for value in row if value is not None]
    ticks = nice_ticks(max(values, default=1.0))
    height = len(rows) * _ROW + 22
    parts = list(_grid(ticks, height - 18, unit))
    for number, (label, row) in enumerate(rows):
        y = number * _ROW + 10
        parts.append(_row_label(label, y))
        for index, value in enumerate(row):
            if value is not None:
                tooltip = as_text(f"{label}, {series[index]}: {value:.3g}{unit}")
                x = _LABELS + value / ticks[-1] * _PLOT
                parts.append(f"<g><title>{tooltip}</title>{_mark(x, y, index)}</g>")
    return _legend(series) + _svg(_WIDTH, height, title, parts)


def lines(
    xs: Sequence[float],
    series: Sequence[tuple[str, Sequence[float | None]]],
    title: str,
    x_name: str,
) -> str:
    """Return a line for each series over `xs`; values are from 0 to 1, None is not drawn."""
    low, high = min(xs), max(xs)
    parts = list(_square_axes([f"{x:.3g}" for x in (low, (low + high) / 2, high)], x_name))
    for index, (_, values) in enumerate(series):
        points = [
            (_square_x((x - low) / (high - low)), _square_y(value))
            for x, value in zip(xs, values, strict=True)
            if value is not None
        ]
        course = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        colour = COLOURS[index % len(COLOURS)]
        parts.append(f'<polyline points="{course}" fill="none" stroke="{colour}"/>')
        parts.extend(_mark(x, y, index) for x, y in points)
    return _legend([name for name, _ in series]) + _square(title, parts)


def reliability(bins: Sequence[tuple[float, float, int]], title: str) -> str:
    """Return the share of correct items over the score, with the line on which both are equal.

    Args:
        bins: (mean score, share that is correct, count); the area of a dot grows with its count.
        title: the description for screen readers.
    """
    total = sum(count for _, _, count in bins) or 1
    parts = list(_square_axes(["0", "0.5", "1"], "score", "correct"))
    parts.append(
        f'<line x1="{_square_x(0):.1f}" y1="{_square_y(0):.1f}" x2="{_square_x(1):.1f}" '
        f'y2="{_square_y(1):.1f}" stroke="#888" stroke-dasharray="4 3"/>'
    )
    for score, correct, count in bins:
        radius = 3 + 12 * math.sqrt(count / total)
        parts.append(
            f'<circle cx="{_square_x(score):.1f}" cy="{_square_y(correct):.1f}" r="{radius:.1f}" '
            f'fill="{COLOURS[0]}" fill-opacity="0.75"><title>score {score:.2f}, correct '
            f"{correct:.2f}, {count} items</title></circle>"
        )
    return _square(title, parts)


def nice_ticks(most: float) -> list[float]:
    """Return evenly spaced round numbers from 0 to at least `most`, three to six of them."""
    if most <= 0:
        return [0.0, 0.5, 1.0]
    raw = most / 4
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    count = max(2, math.ceil(most / step - 1e-9))
    return [step * number for number in range(count + 1)]


_MIDDLE = 'dominant-baseline="central"'


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    name = as_text(title)
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{name}">'
        + "".join(parts)
        + "</svg>"
    )


def _row_label(label: str, y: float) -> str:
    short = label if len(label) <= 18 else label[:17] + "…"
    return (
        f'<text x="{_LABELS - 6}" y="{y}" text-anchor="end" {_MIDDLE}>'
        f"<title>{as_text(label)}</title>{as_text(short)}</text>"
    )


def _grid(ticks: Sequence[float], bottom: float, unit: str) -> Iterator[str]:
    for tick in ticks:
        x = _LABELS + tick / ticks[-1] * _PLOT
        yield f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>'
        place = f'x="{x:.1f}" y="{bottom + 9}" text-anchor="middle" {_MIDDLE}'
        yield f"<text {place}>{tick:g}{unit}</text>"


def _mark(x: float, y: float, index: int) -> str:
    colour = COLOURS[index % len(COLOURS)]
    shape = index % 4
    if shape == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    if shape == 1:
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"/>'
    tip = 5 if shape == 2 else -5
    return (
        f'<path d="M{x - 4.5:.1f} {y + tip * 0.7:.1f}h9L{x:.1f} {y - tip:.1f}z" fill="{colour}"/>'
    )


def _legend(series: Sequence[str]) -> str:
    items = "".join(
        f'<li><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">'
        f"{_mark(6, 6, index)}</svg> {as_text(name)}</li>"
        for index, name in enumerate(series)
    )
    return f'<ul class="legend">{items}</ul>'


def _square(title: str, parts: Sequence[str]) -> str:
    return _svg(_SIDE + 70, _SIDE + 52, title, parts)


def _square_x(share: float) -> float:
    return 46 + share * _SIDE


def _square_y(share: float) -> float:
    return 12 + (1 - share) * _SIDE


def _square_axes(x_ticks: Sequence[str], x_name: str, y_name: str = "") -> Iterator[str]:
    middle, below = _square_x(0.5), _square_y(0) + 30
    yield f'<text x="{middle}" y="{below}" text-anchor="middle" {_MIDDLE}>{as_text(x_name)}</text>'
    yield f'<text x="0" y="{_square_y(0.75)}" {_MIDDLE}>{as_text(y_name)}</text>'
    for share, text in zip((0, 0.5, 1), x_ticks, strict=True):
        x, y = _square_x(share), _square_y(share)
        left, right, top, bottom = _square_x(0), _square_x(1), _square_y(1), _square_y(0)
        yield f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="#ddd"/>'
        yield f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{bottom + 14}" text-anchor="middle" {_MIDDLE}>{text}</text>'
        yield f'<text x="{left - 6}" y="{y}" text-anchor="end" {_MIDDLE}>{share:g}</text>'
