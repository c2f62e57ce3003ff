"""A comparison as a page: tables, charts, and the images side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posehub.drawing.markup import as_text
from posehub.evaluation.agreement import Pair
from posehub.evaluation.comparison import ComparedImage, Comparison
from posehub.evaluation.running import Run
from posehub.images.image import Image
from posehub.report import charts
from posehub.report.images import image_section
from posehub.report.page import Cell, fill, number, page, table


def comparison_page(
    comparison: Comparison, load: Callable[[str], Image | None], max_images: int
) -> str:
    """Return the page: HTML that needs no other file and no network.

    Args:
        comparison: what to show.
        load: returns an image by its name, or None if it cannot be loaded.
        max_images: how many images to show, those with the least agreement first.
    """
    runs = comparison.runs
    rows = least_agreement_first(comparison.images)[:max_images]
    body = fill(
        "compare.html",
        title=as_text(title(comparison)),
        summary=as_text(summary(comparison)),
        skeleton=as_text(comparison.skeleton),
        min_score=f"{comparison.min_score:g}",
        runs=table(RUN_HEADINGS, run_rows(runs)),
        found_by=charts.bars(
            [(" + ".join(by.labels), by.people) for by in comparison.found_by],
            "Number of people by the backends that found them",
        ),
        pairs=table(PAIR_HEADINGS, pair_rows(comparison.pairs)),
        keypoint_chart=_keypoint_chart(comparison.pairs),
        keypoints=_keypoints_table(comparison.pairs),
        shown=_shown(len(rows), len(comparison.images)),
        images="".join(
            image_section(comparison.images[row], row, runs, load(comparison.images[row].name))
            for row in rows
        ),
    )
    return page(title(comparison), body)


def title(comparison: Comparison) -> str:
    """Return the title of the page: "baidu and blazepose compared"."""
    *others, last = [run.label for run in comparison.runs]
    return f"{', '.join(others)} and {last} compared"


def summary(comparison: Comparison) -> str:
    """Return a sentence with the number of images."""
    total, compared = len(comparison.images), comparison.compared
    images = "1 image" if total == 1 else f"{total:,} images"
    if compared == total:
        return f"{images} compared."
    return f"{images}; agreement is measured on the {compared:,} without a failure."


def least_agreement_first(images: Sequence[ComparedImage]) -> list[int]:
    """Return the rows of images by rising agreement; images on which a run failed come first."""

    def agreement(row: int) -> float:
        value = images[row].agreement
        return -1.0 if value is None else value

    return sorted(range(len(images)), key=agreement)


def pair_name(pair: Pair) -> str:
    """Return the labels of a pair as one name."""
    return f"{pair.first} – {pair.second}"


RUN_HEADINGS = ["backend", "people", "failed", "median ms", "90 % ms", "first ms", "cost"]
PAIR_HEADINGS = ["pair", "both found", "only first", "only second", "mean OKS"]
KEYPOINT_HEADINGS = ["keypoint", "distance %", "OKS term", "both", "only first", "only second"]


def run_rows(runs: Sequence[Run]) -> list[list[str | Cell]]:
    """Return a row for each run: its people, failures, latency and cost."""
    return [
        [
            run.label,
            number(run.people, 0),
            number(len(run.errors), 0),
            *(_milliseconds(run, name) for name in ("median", "p90", "first")),
            number(None)
            if run.cost is None
            else number(run.cost.amount, 4, f" {run.cost.currency}"),
        ]
        for run in runs
    ]


def pair_rows(pairs: Sequence[Pair]) -> list[list[str | Cell]]:
    """Return a row for each pair of runs."""
    return [
        [
            pair_name(pair),
            number(pair.both, 0),
            number(pair.only_first, 0),
            number(pair.only_second, 0),
            number(pair.oks),
        ]
        for pair in pairs
    ]


def keypoint_rows(pair: Pair) -> list[list[str | Cell]]:
    """Return a row for each keypoint of a pair."""
    return [
        [
            keypoint.name,
            number(_percent(keypoint.distance), 2),
            number(keypoint.similarity),
            number(keypoint.both, 0),
            number(keypoint.only_first, 0),
            number(keypoint.only_second, 0),
        ]
        for keypoint in pair.keypoints
    ]


def _milliseconds(run: Run, name: str) -> Cell:
    latency = run.latency
    return number(None if latency is None else getattr(latency, name) * 1000, 1)


def _keypoint_chart(pairs: Sequence[Pair]) -> str:
    rows = [
        (keypoints[0].name, [_percent(keypoint.distance) for keypoint in keypoints])
        for keypoints in zip(*(pair.keypoints for pair in pairs), strict=True)
    ]
    return charts.dots(rows, [pair_name(pair) for pair in pairs], "Distance by keypoint", " %")


def _keypoints_table(pairs: Sequence[Pair]) -> str:
    headings = [f"{pair_name(pair)}, {kind}" for pair in pairs for kind in ("%", "OKS term")]
    return table(
        ["keypoint", *headings],
        [
            [
                keypoints[0].name,
                *(
                    cell
                    for keypoint in keypoints
                    for cell in (
                        number(_percent(keypoint.distance), 2),
                        number(keypoint.similarity),
                    )
                ),
            ]
            for keypoints in zip(*(pair.keypoints for pair in pairs), strict=True)
        ],
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _shown(shown: int, total: int) -> str:
    if shown == total:
        return "All images, those with the least agreement first."
    return f"{shown:,} of {total:,} images, those with the least agreement first."
