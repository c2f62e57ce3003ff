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
from posehub.formats.notes import Notes
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
@click.option(
    "--source-skeleton", metavar="NAME", help="The skeleton of RESULTS, if RESULTS do not name it."
)
@click.option(
    "--truth-skeleton",
    metavar="NAME",
    help="The skeleton of the annotations, if their names of keypoints do not show it.",
)
@click.option(
    "--category",
    metavar="NAME",
    help="The category to measure, if several of the annotations have keypoints.",
)
@click.option(
    "--sigmas",
    metavar="N[,N...]",
    help="OKS's sigmas, one for each keypoint or one for all. AP and AR need them; default: those "
    "of the skeleton, if any are published.",
)
@click.option("--strict", is_flag=True, help="Refuse odd entries, which are skipped otherwise.")
@html_option
@json_option
def command(
    results: Path,
    truth: Path,
    source_skeleton: str | None,
    truth_skeleton: str | None,
    category: str | None,
    sigmas: str | None,
    strict: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Measure RESULTS against annotations: AP, AR, PCK, errors and calibration.

    RESULTS are a file or folder in any format that `posehub convert` reads.

    Needs the extra: pip install "posehub[evaluate]"
    """
    check_page(html, [results, truth], as_json=as_json)
    notes = Notes(strict=strict)
    evaluation = evaluate(
        results,
        truth,
        source_skeleton=source_skeleton,
        truth_skeleton=truth_skeleton,
        category=category,
        sigmas=None if sigmas is None else _numbers(sigmas),
        notes=notes,
    )
    if html is not None:
        write_page(html, evaluation_page(evaluation, results.name, truth.name))
    if as_json:
        echo_json(attrs.asdict(evaluation))
    elif html != STDOUT:
        _print(evaluation)
    for line in notes.lines:
        echo(line, err=True)
    if evaluation.precision is None:
        echo(
            f"no AP and AR: no sigmas are published for {evaluation.skeleton}; give them with "
            "--sigmas",
            err=True,
        )
    if evaluation.failed:
        echo(f"failed images, whose people count as missed: {evaluation.failed}", err=True)


def _numbers(value: str) -> list[float]:
    try:
        return [float(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"must be numbers, separated by commas, got {value!r}", param_hint="--sigmas"
        ) from None


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
