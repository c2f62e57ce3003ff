"""A picture as a section of a page: the photo once, and each contestant's people on it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import attrs
import numpy as np
from PIL import Image as PILImage

from posehub.drawing import svg
from posehub.drawing.captions import Show
from posehub.drawing.markup import as_text
from posehub.drawing.plan import canvas_size, plan
from posehub.evaluation.comparison import Picture
from posehub.evaluation.running import Contestant
from posehub.images.image import Image
from posehub.poses.result import PoseResult
from posehub.report.page import fill

_DRAWN = 400
"""Longer side in pixels for which lines and letters are chosen: about as wide as it is shown."""
_PHOTO = 800
"""Longer side in pixels of the photos inside the page: sharp on a phone's dense screen."""
_CANVAS = (238, 238, 238)


def picture_section(
    picture: Picture, row: int, contestants: Sequence[Contestant], photo: Image | None
) -> str:
    """Return one picture: its name, and a figure for each contestant.

    Args:
        picture: what they found together.
        row: of the picture in their results.
        contestants: who found what.
        photo: the picture itself; None for a blank canvas.
    """
    results = [contestant.results[row] for contestant in contestants]
    sizes = [canvas_size(result) for result in results if result is not None]
    size = photo.size if photo is not None else max(sizes, default=(4, 3))
    shrink = _DRAWN / max(size)
    drawn = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    name = f"photo-{row}"
    if photo is None:
        background, hidden = svg.canvas(drawn, _CANVAS), ""
    else:
        background = f'<use href="#{name}"/>'
        hidden = fill(
            "photo.html", name=name, width=str(drawn[0]), height=str(drawn[1]), source=_data(photo)
        )
    return fill(
        "picture.html",
        name=as_text(picture.name),
        agreement="" if picture.agreement is None else f"agreement {picture.agreement:.2f}",
        photo=hidden,
        figures="".join(
            fill(
                "figure.html",
                width=str(drawn[0]),
                height=str(drawn[1]),
                label=as_text(contestant.label),
                background=background,
                people="" if result is None else _people(result, shrink, drawn, ids_of(picture, n)),
                said=as_text(_said(contestant, result, picture.name)),
            )
            for n, (contestant, result) in enumerate(zip(contestants, results, strict=True))
        ),
    )


def ids_of(picture: Picture, contestant: int) -> list[int] | None:
    """Return the picture-wide number of each person of one contestant's result, in its order.

    None where people were not joined, because somebody failed on the picture.
    """
    if picture.agreement is None:
        return None
    numbers = {person[contestant]: number for number, person in enumerate(picture.people)}
    return [numbers[index] for index in range(len(numbers.keys() - {None}))]


def _people(
    result: PoseResult, shrink: float, size: tuple[int, int], ids: Sequence[int] | None
) -> str:
    scaled = attrs.evolve(
        result,
        keypoints=result.keypoints * np.float32(shrink),
        boxes=result.boxes * np.float32(shrink),
        image_size=size,
        ids=ids,
    )
    return svg.people(plan(scaled.mask(), size, Show(ids=ids is not None)))


def _said(contestant: Contestant, result: PoseResult | None, name: str) -> str:
    if result is None:
        return f"failed: {contestant.errors.get(name, '')}"
    return "1 person" if len(result) == 1 else f"{len(result)} people"


def _data(photo: Image) -> str:
    small = PILImage.fromarray(photo.pixels())
    small.thumbnail((_PHOTO, _PHOTO))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
