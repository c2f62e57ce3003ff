"""The places of labels, chosen so that no label covers another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import attrs
import numpy as np
from attrs import frozen

from posehub.drawing.geometry import Flags, Floats, Rectangle

LETTER_WIDTH = 0.56
"""Mean width of a letter relative to its height, in Pillow's built-in font (Aileron)."""
LINE_HEIGHT = 1.25
"""Height of a line of text relative to a letter."""
_LINES_AWAY = 3
"""Lines of text that a tag may move up, and a name up or down."""
_STEPS_ASIDE = 2
"""Steps that a name may move away from its keypoint, each as wide as two letters."""


@frozen
class Label:
    """A short text.

    Attributes:
        text: one line.
        anchor: the keypoint that a name belongs to, or the point that a tag stands on.
        letter: height of the letters, in pixels.
        kind: the tag of a person stands on a "corner" of the box or "above" the head; the name of
            a keypoint stands to the "left" or the "right" of it.
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
        """Whether it belongs to a person, not to a keypoint."""
        return self.kind in ("corner", "above")

    @property
    def text_width(self) -> float:
        """Approximate width of the text, in pixels."""
        return len(self.text) * self.letter * LETTER_WIDTH

    @property
    def leader(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The line from a name to its keypoint, if the name had to move away from it."""
        left, top, right, bottom = self.place
        near = (left if self.kind == "right" else right), (top + bottom) / 2
        moved = math.dist(near, self.anchor) > self.distance + self.letter / 2
        return (self.anchor, near) if moved and not self.is_tag else None

    @property
    def leader_width(self) -> float:
        """Width of the leader, in pixels."""
        return max(self.letter / 12, 1.0)


def place(
    labels: Iterable[Label], size: tuple[int, int], taken: Floats | None = None
) -> tuple[Label, ...]:
    """Return the labels with their places, inside an image of `size` (width, height).

    Tags are placed first, then names, each in the order given. A tag covers no other tag; a name
    covers no other label and none of the rectangles `taken` (N, 4). A label without a free place
    within reach is omitted.
    """
    given = list(labels)
    tags = [label for label in given if label.is_tag]
    names = [label for label in given if not label.is_tag]
    placed = _placed(tags, size, np.empty((0, 4)))
    occupied = np.array([label.place for label in placed]).reshape(-1, 4)
    if taken is not None:
        occupied = np.concatenate([taken, occupied])
    return (*placed, *_placed(names, size, occupied))


def _placed(labels: list[Label], size: tuple[int, int], taken: Floats) -> list[Label]:
    occupied = np.concatenate([taken, np.empty((len(labels), 4))])
    count = len(taken)
    placed = []
    for label in labels:
        places = _inside(_places(label), size)
        free = np.flatnonzero(~_overlap(places, occupied[:count]).any(axis=1))
        if len(free):
            occupied[count] = places[free[0]]
            left, top, right, bottom = occupied[count].tolist()
            placed.append(attrs.evolve(label, place=(left, top, right, bottom)))
            count += 1
    return placed


def _places(label: Label) -> Floats:
    """Return the possible places of a label, (N, 4), the best one first."""
    x, y = label.anchor
    width = label.text_width
    height = label.letter * LINE_HEIGHT
    if label.is_tag:
        width += label.letter * 0.5
        start = x if label.kind == "corner" else x - width / 2
        corners = [
            (left, y - height * (lines + 1))
            for lines in range(_LINES_AWAY + 1)
            for left in (start, start + width, start - width)
        ]
    else:
        gaps = [label.distance + step * 2 * label.letter for step in range(_STEPS_ASIDE + 1)]
        corners = [
            (x + gap if label.kind == "right" else x - gap - width, y + (lines - 0.5) * height)
            for gap in gaps
            for lines in sorted(range(-_LINES_AWAY, _LINES_AWAY + 1), key=abs)
        ]
    return np.array([(left, top, left + width, top + height) for left, top in corners])


def _inside(places: Floats, size: tuple[int, int]) -> Floats:
    """Return the places moved into the image; one larger than the image starts at its edge."""
    top_left, bottom_right = places[:, :2], places[:, 2:]
    beyond = np.maximum(bottom_right - size, 0.0)
    moved = np.where(top_left < 0, -top_left, -beyond)
    return np.concatenate([top_left + moved, bottom_right + moved], axis=1)


def _overlap(places: Floats, others: Floats) -> Flags:
    """Return whether each place (N, 4) overlaps each other rectangle (M, 4), as (N, M)."""
    first, second = places[:, None], others[None]
    overlap: Flags = (first[..., :2] < second[..., 2:]) & (second[..., :2] < first[..., 2:])
    return overlap[..., 0] & overlap[..., 1]
