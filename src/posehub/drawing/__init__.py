"""Draw people on their image, or on a blank canvas without an image.

The left side is solid orange with filled keypoints, the right side dashed blue with hollow
keypoints, and what belongs to neither side is solid green. So colour, dashes and shape each
distinguish the sides.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub.drawing import svg
from posehub.drawing.captions import Show
from posehub.drawing.plan import Plan, canvas_size, plan
from posehub.drawing.raster import paint
from posehub.errors import ImageError, nearest
from posehub.files import write_atomically
from posehub.images.image import Image
from posehub.images.limits import DEFAULT_MAX_PIXELS
from posehub.images.loading import load_image
from posehub.poses.result import DEFAULT_MIN_SCORE, PoseResult

CANVAS = (238, 238, 238)
"""Colour of the canvas where there is no image."""
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".svg": "SVG"}
"""File name endings that `save_drawing` accepts."""


def draw(
    result: PoseResult,
    image: Any = None,
    *,
    min_score: float = DEFAULT_MIN_SCORE,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> PILImage.Image:
    """Return a new RGB image with the people of `result` on it.

    Lines and letters grow with the image and shrink with the person. Large people are drawn
    first, so that small people stay readable where they overlap.

    Args:
        result: the people, in pixels of the upright image.
        image: the image, in any form that `Backend.detect` takes; None for a blank canvas of
            `result.image_size`, or as large as the people need.
        min_score: keypoints with a lower score are not drawn; a keypoint without a score (NaN)
            is drawn.
        names: write the keypoints' names beside them; a name without a free place is omitted.
            Pillow's font has Latin letters only: other letters appear as empty boxes.
        scores: write each person's score above the person, and with `names` each keypoint's.
        boxes: draw the bounding boxes.
        ids: write each person's id above the person, or the index where `result` has no ids.

    Raises:
        ImageError: `image` is not an image.
    """
    show = Show(names=names, scores=scores, boxes=boxes, ids=ids)
    return PILImage.fromarray(_Drawing.of(result, image, min_score, show).pixels())


def draw_frame(
    result: PoseResult,
    frame: NDArray[np.uint8],
    *,
    min_score: float = DEFAULT_MIN_SCORE,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> NDArray[np.uint8]:
    """Return a copy of a video frame, uint8 RGB (H, W, 3), with the people on it.

    The arguments are those of `draw`. No image is encoded or decoded, and only the pixels near
    the people are computed.

    Raises:
        ImageError: `frame` is not such an array.
    """
    show = Show(names=names, scores=scores, boxes=boxes, ids=ids)
    return _Drawing.of(result, frame, min_score, show).pixels()


def draw_svg(
    result: PoseResult,
    image: Any = None,
    *,
    min_score: float = DEFAULT_MIN_SCORE,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> str:
    """Return an SVG document with the people of `result` on their image.

    The arguments are those of `draw`. The drawing is sharp at every size. The image is embedded:
    an upright JPEG or PNG file unchanged, everything else as PNG. Letters are in the viewer's
    font, which may have Chinese letters.

    Raises:
        ImageError: `image` is not an image.
    """
    show = Show(names=names, scores=scores, boxes=boxes, ids=ids)
    return _Drawing.of(result, image, min_score, show).svg()


def save_drawing(
    result: PoseResult,
    path: str | os.PathLike[str],
    image: Any = None,
    *,
    min_score: float = DEFAULT_MIN_SCORE,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> None:
    """Draw into a PNG, JPEG or SVG file, chosen by the ending of `path`.

    The other arguments are those of `draw`. The file is written completely or not at all.

    Args:
        result: the people.
        path: of the file to write; its folder must exist.
        image: the image, or None for a blank canvas.
        min_score: as for `draw`.
        names: as for `draw`.
        scores: as for `draw`.
        boxes: as for `draw`.
        ids: as for `draw`.

    Raises:
        ImageError: `image` is not an image, or `path` has another ending.
        OSError: the file cannot be written.
    """
    target = Path(path)
    kind = drawing_format(target)
    show = Show(names=names, scores=scores, boxes=boxes, ids=ids)
    drawing = _Drawing.of(result, image, min_score, show)
    if kind == "SVG":
        data = drawing.svg().encode()
    else:
        buffer = io.BytesIO()
        # Pillow's defaults, quality 75 and colours at half the size, blur thin lines
        fine = {"quality": 90, "subsampling": 0} if kind == "JPEG" else {}
        PILImage.fromarray(drawing.pixels()).save(buffer, kind, **fine)
        data = buffer.getvalue()
    write_atomically(target, data)


def drawing_format(path: Path) -> str:
    """Return "PNG", "JPEG" or "SVG" for a file to draw into.

    Raises:
        ImageError: its ending is none of these.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ImageError(
            f"Cannot draw into {path.name!r}: its ending must be one of "
            f"{', '.join(FORMATS)}.{nearest(ending, FORMATS)}"
        )
    return FORMATS[ending]


def _canvas_size(result: PoseResult) -> tuple[int, int]:
    """Return the size of a blank canvas, which a results file may name.

    Raises:
        ImageError: it has no pixels, or too many.
    """
    width, height = canvas_size(result)
    if not 0 < width * height <= DEFAULT_MAX_PIXELS:
        raise ImageError(
            f"A blank canvas of {width} x {height} pixels cannot be drawn; it may have 1 to "
            f"{DEFAULT_MAX_PIXELS:,} pixels."
        )
    return width, height


@frozen(eq=False)
class _Drawing:
    """A plan, and what it is drawn on: an image, or a blank canvas for None."""

    plan: Plan
    image: Image | None
    title: str

    @classmethod
    def of(cls, result: PoseResult, image: Any, min_score: float, show: Show) -> _Drawing:
        shown = result.mask(min_score=min_score)
        if image is None:
            return cls(plan(shown, _canvas_size(shown), show), None, repr(result))
        loaded = load_image(image)
        return cls(plan(shown, loaded.size, show), loaded, loaded.name)

    def pixels(self) -> NDArray[np.uint8]:
        if self.image is None:
            width, height = self.plan.size
            pixels = np.full((height, width, 3), CANVAS, np.uint8)
        else:
            pixels = self.image.pixels().copy()
        paint(pixels, self.plan)
        return pixels

    def svg(self) -> str:
        if self.image is None:
            background = svg.canvas(self.plan.size, CANVAS)
        else:
            background = svg.embedded(self.image)
        return svg.document(self.plan, background, self.title)
