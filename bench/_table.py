"""Rows of a benchmark: printed for people, written for programs."""

from __future__ import annotations

import json
import operator
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table


@attrs.frozen
class Row:
    """One figure beside the bar it is held to."""

    what: str
    measured: float
    bar: float
    unit: str
    met: bool


def at_most(what: str, measured: float, bar: float, unit: str = "x") -> Row:
    return _row(what, measured, bar, unit, operator.le)


def at_least(what: str, measured: float, bar: float, unit: str = "x") -> Row:
    return _row(what, measured, bar, unit, operator.ge)


def _row(
    what: str, measured: float, bar: float, unit: str, holds: Callable[[float, float], bool]
) -> Row:
    return Row(what, round(measured, 4), bar, unit, holds(measured, bar))


def report(title: str, rows: Iterable[Row], path: Path) -> None:
    """Print the rows as a table and write them as JSON."""
    rows = list(rows)
    table = Table(title=title)
    for heading in ("what", "measured", "bar", "unit", "met"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        met = "yes" if row.met else "NO"
        table.add_row(row.what, f"{row.measured:.3g}", f"{row.bar:g}", row.unit, met)
    Console(width=140).print(table)
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
    }
    Console(width=140).print(f"{machine['cores']} cores of {machine['cpu']}")
    content = {"title": title, "machine": machine, "rows": [attrs.asdict(row) for row in rows]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def cpu_model() -> str:
    """Return what the processor calls itself, where the system tells."""
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in described if "model name" in line), "")
