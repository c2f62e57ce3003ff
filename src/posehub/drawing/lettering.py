"""Texts and their backgrounds as coverage of pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from attrs import frozen
from PIL import Image as PILImage
from PIL import ImageDraw, ImageFont

from posehub.drawing.coverage import Alpha, alpha_of
from posehub.drawing.geometry import Rectangle

Anchor = Literal["lm", "mm", "rm"]
"""The point of a text that is given: left, centre or right, in the middle of the line."""


@frozen(eq=False)
class Text:
    """A text as the part of each pixel that it covers.

    Attributes:
        alpha: (H, W).
        offset: x and y from the anchor to the first pixel.
    """

    alpha: Alpha
    offset: tuple[int, int]

    def at(self, x: float, y: float) -> tuple[Alpha, int, int]:
        """Return alpha, left and top for a text with its anchor at (x, y)."""
        return self.alpha, round(x) + self.offset[0], round(y) + self.offset[1]


@lru_cache(maxsize=512)
def written(text: str, height: int, anchor: Anchor, border: int = 0) -> Text:
    """Return a line of text in letters of this height, with a border around them, in pixels."""
    font = _font(height)
    probe = ImageDraw.Draw(PILImage.new("L", (1, 1)))
    box = probe.textbbox((0, 0), text, font, anchor=anchor, stroke_width=border)
    left, top, right, bottom = np.floor(box[0]), np.floor(box[1]), np.ceil(box[2]), np.ceil(box[3])
    mask = PILImage.new("L", (max(int(right - left), 1), max(int(bottom - top), 1)))
    ImageDraw.Draw(mask).text((-left, -top), text, 255, font, anchor=anchor, stroke_width=border)
    alpha = alpha_of(np.array(mask) / 255)
    alpha.flags.writeable = False
    return Text(alpha, (int(left), int(top)))


def rounded(place: Rectangle, radius: float) -> tuple[Alpha, int, int]:
    """Return alpha, left and top of a rectangle with rounded corners."""
    left, top, right, bottom = place
    x, y = int(np.floor(left)), int(np.floor(top))
    columns = np.arange(x, int(np.ceil(right))) + 0.5
    rows = np.arange(y, int(np.ceil(bottom))) + 0.5
    across = np.maximum(np.abs(columns - (left + right) / 2) - (right - left) / 2 + radius, 0)
    down = np.maximum(np.abs(rows - (top + bottom) / 2) - (bottom - top) / 2 + radius, 0)
    part = np.clip(radius + 0.5 - np.hypot(down[:, None], across), 0, 1)
    return alpha_of(part), x, y


@lru_cache(maxsize=16)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)
