"""An evaluation as a page."""

from __future__ import annotations

from collections.abc import Sequence

from posehub.drawing.markup import as_text
from posehub.evaluation.calibration import Calibration
from posehub.evaluation.coco import SIZES, Precision
from posehub.evaluation.evaluation import Evaluation
from posehub.evaluation.pck import KeypointError
from posehub.report import charts
from posehub.report.page import Cell, fill, number, page, table


def evaluation_page(evaluation: Evaluation, results: str, truth: str) -> str:
    """Return the page: HTML that needs no other file and no network.

    Args:
        evaluation: what to show.
        results: name of the file of results.
        truth: name of the file of annotations.
    """
    title = f"{results} against {truth}"
    precision = evaluation.precision
    body = fill(
        "evaluate.html",
        title=as_text(title),
        summary=as_text(summary(evaluation)),
        facts="".join(
            fill("fact.html", value=as_text(cell.text), name=as_text(name))
            for name, cell in headlines(evaluation)
        ),
        precision=_no_sigmas() if precision is None else _precision_table(precision),
        precision_chart="" if precision is None else _precision_chart(precision),
        keypoints=_keypoints_table(evaluation.keypoints),
        keypoint_chart=charts.dots(
            [(keypoint.name, [keypoint.pck]) for keypoint in evaluation.keypoints],
            ["PCK@0.1"],
            "PCK@0.1 by keypoint",
        ),
        point_error=_calibration_error(evaluation.point_calibration),
        point_chart=_calibration_chart(evaluation.point_calibration, "Keypoints"),
        person_error=_calibration_error(evaluation.person_calibration),
        person_chart=_calibration_chart(evaluation.person_calibration, "People"),
    )
    return page(title, body)


def summary(evaluation: Evaluation) -> str:
    """Return the numbers of people and images in words."""
    covered = evaluation.images_with_results
    missing = 0 if covered is None else evaluation.images - covered
    note = f" Images without results: {missing:,}; their people count as missed."
    return (
        f"{evaluation.people:,} annotated and {evaluation.found:,} found people in "
        f"{evaluation.images:,} images, skeleton {evaluation.skeleton}; "
        f"{evaluation.matched:,} are paired.{note if missing else ''}"
    )


def headlines(evaluation: Evaluation) -> list[tuple[str, Cell]]:
    """Return the most important numbers, with their names."""
    rows: list[tuple[str, Cell]] = []
    precision = evaluation.precision
    if precision is not None:
        at = dict(zip(precision.thresholds, precision.ap_at["all"], strict=True))
        rows += [("AP", number(precision.ap["all"]))]
        rows += [(f"AP at OKS {t:.2f}", number(at[t])) for t in at if round(t, 2) in (0.5, 0.75)]
        rows += [("AR", number(precision.ar["all"]))]
    rows += [(f"PCK@{share:g}", number(value)) for share, value in evaluation.pck.items()]
    return [*rows, ("PCKh@0.5", number(evaluation.pckh))]


def precision_rows(precision: Precision) -> list[list[str | Cell]]:
    """Return a row for the mean and for each threshold: AP and AR by size."""
    rows: list[list[str | Cell]] = [
        [
            "mean",
            *(number(precision.ap[size]) for size in SIZES),
            *(number(precision.ar[size]) for size in SIZES),
        ]
    ]
    for place, threshold in enumerate(precision.thresholds):
        rows.append(
            [
                f"{threshold:.2f}",
                *(number(precision.ap_at[size][place]) for size in SIZES),
                *(number(precision.ar_at[size][place]) for size in SIZES),
            ]
        )
    return rows


PRECISION_HEADINGS = ["OKS", *(f"{kind} {size}" for kind in ("AP", "AR") for size in SIZES)]
KEYPOINT_HEADINGS = ["keypoint", "labelled", "found", "median px", "90 % px", "OKS term", "PCK@0.1"]


def keypoint_rows(keypoints: Sequence[KeypointError]) -> list[list[str | Cell]]:
    """Return a row for each keypoint."""
    return [
        [
            keypoint.name,
            number(keypoint.labelled, 0),
            number(keypoint.found, 0),
            number(keypoint.median_error, 1),
            number(keypoint.p90_error, 1),
            number(keypoint.similarity),
            number(keypoint.pck),
        ]
        for keypoint in keypoints
    ]


def _precision_table(precision: Precision) -> str:
    return table(PRECISION_HEADINGS, precision_rows(precision))


def _precision_chart(precision: Precision) -> str:
    return charts.lines(
        precision.thresholds,
        [(f"AP {size}", precision.ap_at[size]) for size in SIZES],
        "AP over the OKS threshold",
        "OKS",
    )


def _no_sigmas() -> str:
    return fill("no_sigmas.html")


def _keypoints_table(keypoints: Sequence[KeypointError]) -> str:
    return table(KEYPOINT_HEADINGS, keypoint_rows(keypoints))


def _calibration_chart(calibration: Calibration, title: str) -> str:
    return charts.reliability(
        [
            (b.score, b.correct, b.count)
            for b in calibration.bins
            if b.score is not None and b.correct is not None
        ],
        title,
    )


def _calibration_error(calibration: Calibration) -> str:
    if calibration.error is None:
        return "no scores"
    return f"expected calibration error {calibration.error:.3f}"
