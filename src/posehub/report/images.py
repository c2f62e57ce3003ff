"""An image as a section of a page: the pixels once, and the people of each run drawn on them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import attrs
from PIL import Image as PILImage

from posehub.drawing import svg
from posehub.drawing.captions import Show
from posehub.drawing.markup import as_text
from posehub.drawing.plan import canvas_size, plan
from posehub.evaluation.comparison import ComparedImage
from posehub.evaluation.running import Run
from posehub.images.image import Image
from posehub.poses.result import PoseResult
from posehub.report.page import fill

_DRAWN = 400
"""Longer side in pixels for which line widths and font sizes are chosen: about the width on the
page."""
_EMBEDDED = 800
"""Longer side in pixels of the images inside the page: twice as many, for high-density screens."""
_CANVAS = (238, 238, 238)


def image_section(image: ComparedImage, row: int, runs: Sequence[Run], pixels: Image | None) -> str:
    """Return the section of one image: its name, and a figure for each run.

    Args:
        image: what the runs found in it.
        row: its row in the runs' results.
        runs: the compared runs.
        pixels: the image itself; None for a blank canvas.
    """
    results = [run.results[row] for run in runs]
    sizes = [canvas_size(result) for result in results if result is not None]
    size = pixels.size if pixels is not None else max(sizes, default=(4, 3))
    shrink = _DRAWN / max(size)
    drawn = (max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink)))
    name = f"image-{row}"
    if pixels is None:
        background, embedded = svg.canvas(drawn, _CANVAS), ""
    else:
        background = f'<use href="#{name}"/>'
        embedded = fill(
            "embedded.html",
            name=name,
            width=str(drawn[0]),
            height=str(drawn[1]),
            source=_data(pixels),
        )
    return fill(
        "image.html",
        name=as_text(image.name),
        agreement="" if image.agreement is None else f"agreement {image.agreement:.2f}",
        embedded=embedded,
        figures="".join(
            fill(
                "figure.html",
                width=str(drawn[0]),
                height=str(drawn[1]),
                label=as_text(run.label),
                background=background,
                people="" if result is None else _people(result, shrink, drawn, ids_of(image, n)),
                caption=as_text(_caption(run, result, image.name)),
            )
            for n, (run, result) in enumerate(zip(runs, results, strict=True))
        ),
    )


def ids_of(image: ComparedImage, run: int) -> list[int] | None:
    """Return the number of each person of one run's result, the same number in all runs.

    None if the people were not joined, because a run failed on the image.
    """
    if image.agreement is None:
        return None
    numbers = {person[run]: number for number, person in enumerate(image.people)}
    return [numbers[index] for index in range(len(numbers.keys() - {None}))]


def _people(
    result: PoseResult, shrink: float, size: tuple[int, int], ids: Sequence[int] | None
) -> str:
    scaled = attrs.evolve(result.scale(shrink), ids=ids)
    return svg.people(plan(scaled, size, Show(ids=ids is not None)))


def _caption(run: Run, result: PoseResult | None, name: str) -> str:
    if result is None:
        return f"failed: {run.errors.get(name, '')}"
    return "1 person" if len(result) == 1 else f"{len(result)} people"


def _data(image: Image) -> str:
    small = PILImage.fromarray(image.pixels())
    small.thumbnail((_EMBEDDED, _EMBEDDED))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
