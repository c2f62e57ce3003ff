"""People drawn on their picture, or on a blank canvas where there is none.

Left is solid orange with filled points, right is dashed blue with hollow points, and what belongs
to neither side is solid green: hue, dash and shape each tell the sides apart.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub.drawing import svg
from posehub.drawing.plan import Show, canvas_size, plan
from posehub.drawing.raster import paint
from posehub.errors import ImageError, nearest
from posehub.files import write_atomically
from posehub.images.loading import load_image
from posehub.poses.result import PoseResult

_CANVAS = (238, 238, 238)
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".svg": "SVG"}
"""File name endings `save_drawing` knows."""


def draw(
    result: PoseResult,
    image: Any = None,
    *,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> PILImage.Image:
    """Return a new RGB picture with the people of `result` on it.

    Lines and letters grow with the picture and shrink with the person. Large people are drawn
    first, so that small ones stay readable where they overlap.

    Args:
        result: the people, in pixels of the upright picture.
        image: the picture, in any form `Backend.detect` takes; None for a blank canvas of
            `result.image_size`, or as large as the people need.
        names: write the keypoints' names beside them; one with no room is left out. Pillow's
            font has Latin letters only: others show as empty boxes.
        scores: write each person's score above it, and with `names` each keypoint's.
        boxes: draw the bounding boxes.
        ids: write each person's index in `result` above it.

    Raises:
        ImageError: `image` is not a picture.
    """
    if image is None:
        base = PILImage.new("RGB", canvas_size(result), _CANVAS)
    else:
        base = PILImage.fromarray(load_image(image).pixels())
    paint(base, plan(result, base.size, Show(names, scores, boxes, ids)))
    return base


def draw_frame(
    result: PoseResult,
    frame: NDArray[np.uint8],
    *,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> NDArray[np.uint8]:
    """Return a copy of a video frame, uint8 RGB (H, W, 3), with the people on it.

    As `draw`, from array to array: nothing is encoded or decoded, and only the parts of the frame
    with people in them are worked on.

    Raises:
        ImageError: `frame` is not such an array.
    """
    return np.array(draw(result, frame, names=names, scores=scores, boxes=boxes, ids=ids))


def draw_svg(
    result: PoseResult,
    image: Any = None,
    *,
    names: bool = False,
    scores: bool = False,
    boxes: bool = False,
    ids: bool = False,
) -> str:
    """Return an SVG document with the people of `result` on their picture.

    As `draw`, sharp at every size; the picture is embedded, its own bytes if it is a JPEG or PNG.
    Letters are in the viewer's font, which may have Chinese ones.

    Raises:
        ImageError: `image` is not a picture.
    """
    show = Show(names, scores, boxes, ids)
    if image is None:
        size, title = canvas_size(result), repr(result)
        background = svg.canvas(size, _CANVAS)
    else:
        picture = load_image(image)
        size, title = picture.size, picture.name
        background = svg.photo(picture)
    return svg.document(plan(result, size, show), background, title)


def save_drawing(
    result: PoseResult, path: str | os.PathLike[str], image: Any = None, **show: bool
) -> None:
    """Draw into a file, whole or not at all: PNG, JPEG or SVG by the ending of `path`.

    Args:
        result: the people.
        path: of the file to write; its folder must exist.
        image: the picture, or None, as for `draw`.
        show: `names`, `scores`, `boxes` and `ids`, as for `draw`.

    Raises:
        ImageError: `image` is not a picture, or `path` has another ending.
        OSError: the file cannot be written.
    """
    target = Path(path)
    kind = drawing_format(target)
    if kind == "SVG":
        data = draw_svg(result, image, **show).encode()
    else:
        buffer = io.BytesIO()
        # at Pillow's usual 75 and halved colour the thin lines fray
        fine = {"quality": 90, "subsampling": 0} if kind == "JPEG" else {}
        draw(result, image, **show).save(buffer, kind, **fine)
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
