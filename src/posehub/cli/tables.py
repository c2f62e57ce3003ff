"""The rows of reports as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from posehub.cli.terminal import text
from posehub.report.page import Cell


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> Table:
    """Return a table with its first column aligned left, the others right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(text(heading), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*(text(cell.text if isinstance(cell, Cell) else cell) for cell in row))
    return table
