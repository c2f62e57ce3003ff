"""`posehub evaluate`: results against annotations."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from posehub.cli.common import check_page, echo_json, html_option, json_option, write_page
from posehub.cli.outputs import STDOUT
from posehub.cli.tables import text_table
from posehub.cli.terminal import console, echo, text
from posehub.evaluation.evaluation import Evaluation, evaluate
from posehub.report.evaluation import (
    KEYPOINT_HEADINGS,
    PRECISION_HEADINGS,
    evaluation_page,
    headlines,
    keypoint_rows,
    precision_rows,
    summary,
)
from posehub.report.page import number


@click.command("evaluate")
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--truth",
    required=True,
    type=click.Path(path_type=Path),
    metavar="COCO.json",
    help="COCO keypoint annotations of the same images.",
)
@html_option
@json_option
def command(results: Path, truth: Path, html: Path | None, as_json: bool) -> None:
    """Measure RESULTS against annotations: AP, AR, PCK, errors and calibration.

    RESULTS are COCO results (a JSON array), or the lines that `posehub detect --json` prints.

    Needs the extra: pip install "posehub[evaluate]"
    """
    check_page(html, [results, truth], as_json=as_json)
    evaluation = evaluate(results, truth)
    if html is not None:
        write_page(html, evaluation_page(evaluation, results.name, truth.name))
    if as_json:
        echo_json(attrs.asdict(evaluation))
    elif html != STDOUT:
        _print(evaluation)
    if evaluation.failed:
        echo(f"failed images, whose people count as missed: {evaluation.failed}", err=True)


def _print(evaluation: Evaluation) -> None:
    out = console()
    out.print(text(summary(evaluation)), soft_wrap=True)
    out.print(text_table(["", "value"], [[name, cell] for name, cell in headlines(evaluation)]))
    if evaluation.precision is not None:
        out.print(text_table(PRECISION_HEADINGS, precision_rows(evaluation.precision)))
    out.print(text_table(KEYPOINT_HEADINGS, keypoint_rows(evaluation.keypoints)))
    out.print(
        text_table(
            ["calibration", "error"],
            [
                ["keypoint scores", number(evaluation.point_calibration.error)],
                ["person scores", number(evaluation.person_calibration.error)],
            ],
        )
    )
