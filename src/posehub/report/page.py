"""The parts of every page: templates, tables, and formatted numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from string import Template

from attrs import frozen

from posehub.drawing.markup import as_text

NO_VALUE = "–"


@frozen
class Cell:
    """A cell of a table: its text, and the number to sort by, or None to sort by the text."""

    text: str
    value: float | None = None


def number(value: float | None, digits: int = 3, unit: str = "") -> Cell:
    """Return a number as a cell; None becomes a dash, which is sorted below all numbers."""
    if value is None:
        return Cell(NO_VALUE, float("-inf"))
    return Cell(f"{value:,.{digits}f}{unit}", value)


def table(headings: Sequence[str], rows: Sequence[Sequence[Cell | str]]) -> str:
    """Return a table that can be sorted by a click on a heading; the first column holds names."""
    first = rows[0] if rows else headings
    head = "".join(
        f'<th scope="col"{_number_class(item)}><button type="button">{as_text(h)}</button></th>'
        for h, item in zip(headings, first, strict=True)
    )
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table class="sortable"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def fill(template: str, **parts: str) -> str:
    """Return a template of this package, with HTML in the place of its `$names`."""
    return Template(_template(template)).substitute(parts)


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return fill(
        "page.html",
        title=as_text(title),
        body=body,
        style=_template("style.css"),
        script=_template("sort.js"),
    )


def _cells(row: Sequence[Cell | str]) -> Iterator[str]:
    for index, item in enumerate(row):
        cell = Cell(item) if isinstance(item, str) else item
        start, end = ('th scope="row"', "th") if index == 0 else ("td", "td")
        sort = "" if cell.value is None else f' data-value="{cell.value!r}"'
        yield f"<{start}{_number_class(cell)}{sort}>{as_text(cell.text)}</{end}>"


def _number_class(item: Cell | str) -> str:
    # text is aligned left, numbers right
    return ' class="number"' if isinstance(item, Cell) and item.value is not None else ""


@cache
def _template(name: str) -> str:
    return (resources.files("posehub.report") / "templates" / name).read_text(encoding="utf-8")
