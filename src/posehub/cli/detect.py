"""`posehub detect`: the people in images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import click
from rich import box
from rich.console import Console
from rich.table import Table

from posehub.cli.common import WORKERS, backend_options, counted, json_option, option_layer
from posehub.cli.draw import drawing_targets, save_drawn
from posehub.cli.outputs import STDOUT, check_outputs, option_paths
from posehub.cli.terminal import console, echo, echo_json_text, text
from posehub.formats.jsonl import line_of
from posehub.plugins.opening import open_with
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

_LONGEST_ROW = "box, right bottom"
_PERSON_WIDTH = 22  # of the column of a person, with its padding


@click.command("detect")
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend_options
@click.option("--workers", default=1, type=WORKERS, help="Number of threads.")
@click.option(
    "--draw",
    "draw_to",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Draw the people: into this folder, or into this file if there is one image.",
)
@json_option
@click.pass_context
def command(
    context: click.Context,
    images: tuple[Path, ...],
    backend: str | None,
    options: tuple[str, ...],
    workers: int,
    draw_to: Path | None,
    as_json: bool,
) -> None:
    """Detect the people in IMAGES and print their keypoints.

    With --json, one line is printed for each image: its result or its error.
    """
    if draw_to == STDOUT:
        raise click.UsageError("--draw cannot be -: stdout has the results. See `posehub draw`.")
    targets = [None] * len(images) if draw_to is None else drawing_targets(images, draw_to)
    check_outputs([t for t in targets if t is not None], [*images, *option_paths(options)])
    out = console()
    with (
        counted(len(images)) as tally,
        open_with(backend, option_layer(options)) as opened,
    ):
        start = time.perf_counter()
        records = opened.detect_records(images, workers=workers)
        for path, target, record in zip(images, targets, records, strict=True):
            tally.done += 1
            if as_json:
                echo_json_text(line_of(_without_raw(record)).decode())
            if record.result is None:
                tally.failed += 1
                echo(f"{path}: {record.error}", err=True)
                continue
            if not as_json:
                _print_tables(out, path, record.result)
            if target is not None:
                save_drawn(record.result, target, path)
                echo(f"drawn: {target}", err=True)
        elapsed = time.perf_counter() - start
    echo(f"images: {tally.done}, failed: {tally.failed}, {elapsed:.2f} s", err=True)
    if tally.failed:
        context.exit(1)


def _without_raw(record: Record) -> Record:
    if record.result is None:
        return record
    return attrs.evolve(record, result=attrs.evolve(record.result, raw=None))


def _print_tables(out: Console, path: Path, result: PoseResult) -> None:
    people = f"{len(result)} {'person' if len(result) == 1 else 'people'}"
    size = "" if result.image_size is None else "  {} x {}".format(*result.image_size)
    heading = f"{path}{size}  {result.backend}  {people}"
    out.print(text(heading, style="bold"), soft_wrap=True)
    many = _people_per_table(out.width, result.skeleton.keypoints)
    for first in range(0, len(result), many):
        out.print(_table(result, range(len(result))[first : first + many]))
    out.print()


def _people_per_table(width: int, keypoints: Sequence[str]) -> int:
    """Return how many people fit into a table, beside the keypoints' names; one always does."""
    names = max(map(len, [*keypoints, _LONGEST_ROW]))
    return max((width - names - 2) // _PERSON_WIDTH, 1)


def _table(result: PoseResult, rows: range) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("keypoint", overflow="fold")
    for row in rows:
        table.add_column(f"person {row + 1}\n     x      y score", justify="right", no_wrap=True)
    for name in result.skeleton.keypoints:
        table.add_row(text(name), *(_cell(result[row].keypoints.get(name)) for row in rows))
    table.add_section()
    table.add_row("box, left top", *(_numbers(result[row].box, "left", "top") for row in rows))
    table.add_row(
        "box, right bottom", *(_numbers(result[row].box, "right", "bottom") for row in rows)
    )
    table.add_row("score", *(f"{result[row].score:.2f}" for row in rows))
    return table


def _cell(keypoint: Any) -> str:
    if keypoint is None:
        return "-"
    return f"{keypoint.x:6.1f} {keypoint.y:6.1f} {keypoint.score:5.2f}"


def _numbers(value: Any, first: str, second: str) -> str:
    return f"{getattr(value, first):6.1f} {getattr(value, second):6.1f}      "
