"""A plan as SVG text: sharp at every size, one group a person."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

from PIL import Image as PILImage

from posehub.drawing.labels import Label
from posehub.drawing.markup import as_text
from posehub.drawing.plan import COLOURS, Figure, Plan, Point
from posehub.drawing.raster import DARK, LIGHT
from posehub.images.image import Image


def document(plan: Plan, background: str, title: str) -> str:
    """Return a whole SVG file: `background` (SVG), the people, and `title` for who cannot see."""
    width, height = plan.size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n'
        f"<title>{as_text(title)}</title>\n"
        f"{background}\n{people(plan)}\n</svg>\n"
    )


def people(plan: Plan) -> str:
    """Return the people and labels of a plan as SVG, for an `<svg>` of the plan's size."""
    parts = [part for figure in plan.figures for part in _figure(figure)]
    leaders = [_leader(label.leader, label.letter) for label in plan.labels if label.leader]
    return "\n".join([*parts, *leaders, *map(_label, plan.labels)])


def canvas(size: tuple[int, int], colour: tuple[int, int, int]) -> str:
    """Return a plain background."""
    return f'<rect width="{size[0]}" height="{size[1]}" fill="{_hex(colour)}"/>'


def photo(image: Image) -> str:
    """Return a picture as an SVG element that holds its bytes.

    A JPEG or PNG file that needs no turning is embedded as it is, everything else as PNG.
    """
    if image.encoded is not None and image.format in ("JPEG", "PNG") and image.orientation == 1:
        kind, data = image.format, image.encoded
    else:
        buffer = io.BytesIO()
        PILImage.fromarray(image.pixels()).save(buffer, "PNG")
        kind, data = "PNG", buffer.getvalue()
    text = base64.b64encode(data).decode()
    width, height = image.size
    return (
        f'<image width="{width}" height="{height}" href="data:image/{kind.lower()};base64,{text}"/>'
    )


def _figure(figure: Figure) -> Iterator[str]:
    halo = figure.width + 2 * figure.halo
    yield f'<g class="person" data-index="{figure.index}">'
    if figure.box is not None:
        left, top, right, bottom = figure.box
        frame = (
            f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" '
            f'height="{bottom - top:.2f}" fill="none" '
        )
        around = figure.box_width + 2 * figure.halo
        yield f'{frame}stroke="{_hex(LIGHT)}" stroke-width="{around:.2f}"/>'
        yield f'{frame}stroke="{_hex(DARK)}" stroke-width="{figure.box_width:.2f}"/>'
    yield f'<g stroke="{_hex(LIGHT)}" stroke-width="{halo:.2f}" fill="{_hex(LIGHT)}">'
    yield from (f"<path {_course(line.start, line.end)}/>" for line in figure.lines)
    for dot in figure.dots:
        yield _circle(dot.centre, figure.radius, "")
    yield f'</g><g stroke-width="{figure.width:.2f}">'
    for line in figure.lines:
        dash = "" if line.dash is None else ' stroke-dasharray="{:.2f} {:.2f}"'.format(*line.dash)
        yield f'<path {_course(line.start, line.end)} stroke="{_hex(COLOURS[line.side])}"{dash}/>'
    yield "</g>"
    for dot in figure.dots:
        yield _circle(dot.centre, figure.radius, f' fill="{_hex(COLOURS[dot.side])}"')
        if dot.side == "right":
            yield _circle(dot.centre, figure.radius * 0.45, f' fill="{_hex(LIGHT)}"')
    yield "</g>"


def _course(start: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'd="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}"'


def _circle(centre: tuple[float, float], radius: float, fill: str) -> str:
    return f'<circle cx="{centre[0]:.2f}" cy="{centre[1]:.2f}" r="{radius:.2f}"{fill}/>'


def _leader(ends: tuple[Point, Point], letter: float) -> str:
    course = _course(*ends)
    thin = letter / 12
    return (
        f'<path {course} stroke="{_hex(LIGHT)}" stroke-width="{3 * thin:.2f}"/>'
        f'<path {course} stroke="{_hex(DARK)}" stroke-width="{thin:.2f}"/>'
    )


def _label(label: Label) -> str:
    left, top, right, bottom = label.place
    # the viewer's font may be wider than the one the places were chosen for
    fitted = f'textLength="{label.text_width:.2f}" lengthAdjust="spacingAndGlyphs"'
    font = (
        f'font-family="sans-serif" font-size="{label.letter:.2f}" dominant-baseline="central" '
        f"{fitted}"
    )
    text, y = as_text(label.text), (top + bottom) / 2
    if label.is_tag:
        return (
            f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" '
            f'height="{bottom - top:.2f}" rx="{label.letter * 0.2:.2f}" fill="{_hex(DARK)}"/>'
            f'<text x="{(left + right) / 2:.2f}" y="{y:.2f}" {font} text-anchor="middle" '
            f'fill="{_hex(LIGHT)}">{text}</text>'
        )
    x, anchor = (left, "start") if label.kind == "right" else (right, "end")
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" {font} text-anchor="{anchor}" fill="{_hex(DARK)}" '
        f'stroke="{_hex(LIGHT)}" stroke-width="{label.letter / 4:.2f}" '
        f'stroke-linejoin="round" paint-order="stroke">{text}</text>'
    )


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
