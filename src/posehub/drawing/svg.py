"""A plan as SVG text: sharp at every size, one group for each person."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

from PIL import Image as PILImage

from posehub.drawing.labels import Label
from posehub.drawing.markup import as_text
from posehub.drawing.plan import DARK, LIGHT, Colour, Dots, Figure, Lines, Outline, Plan
from posehub.images.image import Image


def document(plan: Plan, background: str, title: str) -> str:
    """Return a whole SVG file: the title for screen readers, the background (SVG), the people."""
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
    leaders = [part for label in plan.labels for part in _leader(label)]
    return "\n".join([*parts, *leaders, *map(_label, plan.labels)])


def canvas(size: tuple[int, int], colour: Colour) -> str:
    """Return a background of one colour."""
    return f'<rect width="{size[0]}" height="{size[1]}" fill="{_hex(colour)}"/>'


def embedded(image: Image) -> str:
    """Return an image as an SVG element that contains its bytes.

    An upright JPEG or PNG file is embedded unchanged, everything else as PNG.
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
    yield f'<g class="person" data-index="{figure.index}">'
    for shape in figure.shapes:
        if isinstance(shape, Lines):
            yield from _lines(shape)
        elif isinstance(shape, Dots):
            yield from _dots(shape)
        else:
            yield _outline(shape)
    yield "</g>"


def _lines(lines: Lines) -> Iterator[str]:
    colour = _hex(lines.colour)
    yield f'<g stroke-width="{lines.width:.2f}">'
    gaps = [(0.0, 0.0)] * len(lines.ends) if lines.dashes is None else lines.dashes.tolist()
    for (start, end), (dash, gap) in zip(lines.ends.tolist(), gaps, strict=True):
        dashed = f' stroke-dasharray="{dash:.2f} {gap:.2f}"' if gap else ""
        yield f'<path {_course(start, end)} stroke="{colour}"{dashed}/>'
    yield "</g>"


def _dots(dots: Dots) -> Iterator[str]:
    yield f'<g fill="{_hex(dots.colour)}">'
    for x, y in dots.centres.tolist():
        yield f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{dots.radius:.2f}"/>'
    yield "</g>"


def _outline(outline: Outline) -> str:
    left, top, right, bottom = outline.box
    return (
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" '
        f'height="{bottom - top:.2f}" fill="none" '
        f'stroke="{_hex(outline.colour)}" stroke-width="{outline.width:.2f}"/>'
    )


def _course(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'd="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}"'


def _leader(label: Label) -> Iterator[str]:
    if label.leader is None:
        return
    for width, colour in ((3 * label.leader_width, LIGHT), (label.leader_width, DARK)):
        course = _course(*label.leader)
        yield f'<path {course} stroke="{_hex(colour)}" stroke-width="{width:.2f}"/>'


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


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
