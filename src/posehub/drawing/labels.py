"""Where words go, so that none lies on another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import attrs
from attrs import frozen

Rectangle = tuple[float, float, float, float]

LETTER_WIDTH = 0.56
"""Mean width of a letter relative to its height, in the font Pillow carries (Aileron)."""
LINE_HEIGHT = 1.25
"""Height of a line of text relative to a letter."""
_LINES_AWAY = 3
"""Lines of text a label may move up, and a name down, before it is left out."""
_STEPS_ASIDE = 2
"""Steps a name may move away from its point, each as wide as two letters."""


@frozen
class Label:
    """A few words.

    Attributes:
        text: one line.
        anchor: what it belongs to: a keypoint, or the spot a tag stands on.
        letter: height of the letters, in pixels.
        kind: a person's tag stands on a "corner" of the box or "above" the head; the name of a
            keypoint stands to the "left" or the "right" of it.
        distance: from the anchor to the text, in pixels.
        place: left, top, right, bottom, once placed.
    """

    text: str
    anchor: tuple[float, float]
    letter: float
    kind: Literal["corner", "above", "left", "right"]
    distance: float = 0.0
    place: Rectangle = (0.0, 0.0, 0.0, 0.0)

    @property
    def is_tag(self) -> bool:
        """Whether it is about a person, not a keypoint."""
        return self.kind in ("corner", "above")

    @property
    def text_width(self) -> float:
        """About how wide the text is, in pixels."""
        return len(self.text) * self.letter * LETTER_WIDTH

    @property
    def leader(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The line from a name to its point, if it had to move away from it."""
        left, top, right, bottom = self.place
        near = (left if self.kind == "right" else right), (top + bottom) / 2
        moved = math.dist(near, self.anchor) > self.distance + self.letter / 2
        return (self.anchor, near) if moved and not self.is_tag else None


def place(
    labels: Iterable[Label], size: tuple[int, int], taken: Iterable[Rectangle] = ()
) -> tuple[Label, ...]:
    """Return the labels with their places, inside a picture of `size`.

    A label moves aside if its place is taken, names by other labels or by `taken`, tags by other
    tags only. It is left out if there is no room within reach.
    """
    tags, names = _split(labels)
    placed: list[Label] = []
    for label in tags:
        spot = _free(label, size, [other.place for other in placed])
        if spot is not None:
            placed.append(attrs.evolve(label, place=spot))
    occupied = [*taken, *(label.place for label in placed)]
    for label in names:
        spot = _free(label, size, occupied)
        if spot is not None:
            placed.append(attrs.evolve(label, place=spot))
            occupied.append(spot)
    return tuple(placed)


def _split(labels: Iterable[Label]) -> tuple[list[Label], list[Label]]:
    given = list(labels)
    return [one for one in given if one.is_tag], [one for one in given if not one.is_tag]


def _free(label: Label, size: tuple[int, int], taken: Sequence[Rectangle]) -> Rectangle | None:
    spots = (_inside(spot, size) for spot in _spots(label))
    return next((s for s in spots if not any(_overlap(s, other) for other in taken)), None)


def _spots(label: Label) -> Iterator[Rectangle]:
    """Yield the places for a label, the best one first."""
    x, y = label.anchor
    width = label.text_width
    height = label.letter * LINE_HEIGHT
    if label.is_tag:
        width += label.letter * 0.5
        start = x if label.kind == "corner" else x - width / 2
        for lines in range(_LINES_AWAY + 1):
            for left in (start, start + width, start - width):
                top = y - height * (lines + 1)
                yield left, top, left + width, top + height
        return
    for step in range(_STEPS_ASIDE + 1):
        gap = label.distance + step * 2 * label.letter
        left = x + gap if label.kind == "right" else x - gap - width
        for lines in sorted(range(-_LINES_AWAY, _LINES_AWAY + 1), key=abs):
            top = y + (lines - 0.5) * height
            yield left, top, left + width, top + height


def _inside(spot: Rectangle, size: tuple[int, int]) -> Rectangle:
    left, top, right, bottom = spot
    dx = max(-left, 0.0) or min(size[0] - right, 0.0)
    dy = max(-top, 0.0) or min(size[1] - bottom, 0.0)
    return left + dx, top + dy, right + dx, bottom + dy


def _overlap(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
