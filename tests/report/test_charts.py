"""Charts: well formed, to scale, and with every name escaped."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from posehub.report.charts import bars, dots, lines, nice_ticks, reliability

EVIL = '<script>alert("1")</script>&'


def parse(html):
    return ElementTree.fromstring(f"<div>{html}</div>")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1.0, [0, 0.25, 0.5, 0.75, 1.0]),
        (13.0, [0, 5, 10, 15]),
        (100.0, [0, 25, 50, 75, 100]),
        (0.03, [0, 0.01, 0.02, 0.03]),
        (0, [0, 0.5, 1.0]),
    ],
)
def test_ticks_are_round_and_reach_the_largest_value(most, ticks):
    assert nice_ticks(most) == pytest.approx(ticks)


@pytest.mark.parametrize("power", range(-6, 7))
@pytest.mark.parametrize("digit", [1, 1.3, 2, 3.7, 5, 7, 9.99])
def test_there_are_three_to_six_ticks(power, digit):
    ticks = nice_ticks(digit * 10.0**power)
    assert 3 <= len(ticks) <= 6
    assert ticks[-1] >= digit * 10.0**power * (1 - 1e-9)


def test_bars_are_as_long_as_their_values():
    rects = [float(r.get("width")) for r in parse(bars([("a", 4), ("b", 1)], "t")).iter("rect")]
    assert rects[0] == pytest.approx(4 * rects[1], abs=0.2)


def test_a_missing_value_leaves_no_mark():
    marks = parse(dots([("a", [1.0, None])], ["x", "y"], "t")).iter("g")
    assert [mark.find("title").text for mark in marks] == ["a, x: 1"]


def test_series_differ_in_shape_as_well_as_in_colour():
    legend = parse(dots([("a", [1.0] * 4)], ["w", "x", "y", "z"], "t")).find("ul")
    shapes = [ElementTree.tostring(item.find("svg")[0]) for item in legend]
    assert len(set(shapes)) == 4


def test_a_line_skips_missing_values():
    (line,) = parse(lines([0, 1, 2], [("a", [0.1, None, 0.3])], "t", "x")).iter("polyline")
    assert len(line.get("points").split()) == 2


def test_a_dot_of_equal_score_and_share_is_on_the_line():
    (dot,) = parse(reliability([(0.5, 0.5, 10)], "t")).iter("circle")
    line = parse(reliability([], "t")).find(".//line[@stroke-dasharray]")
    assert 2 * float(dot.get("cx")) == float(line.get("x1")) + float(line.get("x2"))
    assert 2 * float(dot.get("cy")) == float(line.get("y1")) + float(line.get("y2"))


@pytest.mark.parametrize(
    "chart",
    [
        bars([(EVIL, 1)], EVIL),
        dots([(EVIL, [1.0])], [EVIL], EVIL, EVIL[:0]),
        lines([0, 1], [(EVIL, [0, 1])], EVIL, EVIL),
        reliability([(0.5, 0.5, 1)], EVIL),
        bars([], "nothing"),
        dots([], [], "nothing"),
    ],
)
def test_names_are_escaped(chart):
    assert not list(parse(chart).iter("script"))
