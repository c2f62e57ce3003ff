"""A comparison as a page: tables, plots, and the pictures side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from posehub.drawing.markup import as_text
from posehub.evaluation.comparison import Comparison, Pair, Picture
from posehub.evaluation.running import Contestant
from posehub.images.image import Image
from posehub.report import charts
from posehub.report.page import Cell, fill, number, page, table
from posehub.report.pictures import picture_section


def comparison_page(
    comparison: Comparison, photo: Callable[[str], Image | None], most_pictures: int
) -> str:
    """Return the page: HTML that needs no other file and no network.

    Args:
        comparison: what to show.
        photo: finds a picture by its name, None where there is none.
        most_pictures: how many to show, those with the least agreement first.
    """
    contestants = comparison.contestants
    rows = worst_first(comparison.pictures)[:most_pictures]
    body = fill(
        "compare.html",
        title=as_text(title(comparison)),
        summary=as_text(summary(comparison)),
        skeleton=as_text(comparison.skeleton),
        contestants=table(CONTESTANT_HEADINGS, contestant_rows(contestants)),
        found_by=charts.bars(
            [(" + ".join(by.labels), by.people) for by in comparison.found_by],
            "People by who found them",
        ),
        pairs=table(PAIR_HEADINGS, pair_rows(comparison.pairs)),
        keypoint_chart=_keypoint_chart(comparison.pairs),
        keypoints=_keypoints_table(comparison.pairs),
        shown=_shown(len(rows), len(comparison.pictures)),
        pictures="".join(
            picture_section(
                comparison.pictures[row], row, contestants, photo(comparison.pictures[row].name)
            )
            for row in rows
        ),
    )
    return page(title(comparison), body)


def title(comparison: Comparison) -> str:
    """Return what the page is called: "baidu and blazepose compared"."""
    *others, last = [contestant.label for contestant in comparison.contestants]
    return f"{', '.join(others)} and {last} compared"


def summary(comparison: Comparison) -> str:
    """Return in a sentence what the numbers are about."""
    total, compared = len(comparison.pictures), comparison.compared
    pictures = "1 picture" if total == 1 else f"{total:,} pictures"
    if compared == total:
        return f"On {pictures}."
    return f"On {pictures}; numbers of agreement are of the {compared:,} that everybody answered."


def worst_first(pictures: Sequence[Picture]) -> list[int]:
    """Return the rows of pictures by rising agreement; those somebody failed on come first."""

    def agreement(row: int) -> float:
        value = pictures[row].agreement
        return -1.0 if value is None else value

    return sorted(range(len(pictures)), key=agreement)


def pair_name(pair: Pair) -> str:
    """Return what two contestants are called together."""
    return f"{pair.first} – {pair.second}"


CONTESTANT_HEADINGS = ["backend", "people", "failed", "median ms", "90 % ms", "first ms", "cost"]
PAIR_HEADINGS = ["pair", "both found", "only first", "only second", "mean OKS"]
KEYPOINT_HEADINGS = ["keypoint", "distance %", "similarity", "both", "only first", "only second"]


def contestant_rows(contestants: Sequence[Contestant]) -> list[list[str | Cell]]:
    """Return a row for each contestant: how it did by itself."""
    return [
        [
            one.label,
            number(one.people, 0),
            number(len(one.errors), 0),
            *(_milliseconds(one, name) for name in ("median", "p90", "first")),
            number(None)
            if one.cost is None
            else number(one.cost.amount, 4, f" {one.cost.currency}"),
        ]
        for one in contestants
    ]


def pair_rows(pairs: Sequence[Pair]) -> list[list[str | Cell]]:
    """Return a row for each pair of contestants."""
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
            point.name,
            number(_percent(point.distance), 2),
            number(point.similarity),
            number(point.both, 0),
            number(point.only_first, 0),
            number(point.only_second, 0),
        ]
        for point in pair.keypoints
    ]


def _milliseconds(contestant: Contestant, name: str) -> Cell:
    latency = contestant.latency
    return number(None if latency is None else getattr(latency, name) * 1000, 1)


def _keypoint_chart(pairs: Sequence[Pair]) -> str:
    rows = [
        (points[0].name, [_percent(point.distance) for point in points])
        for points in zip(*(pair.keypoints for pair in pairs), strict=True)
    ]
    return charts.dots(rows, [pair_name(pair) for pair in pairs], "Distance by keypoint", " %")


def _keypoints_table(pairs: Sequence[Pair]) -> str:
    headings = [f"{pair_name(pair)}, {kind}" for pair in pairs for kind in ("%", "OKS term")]
    return table(
        ["keypoint", *headings],
        [
            [
                points[0].name,
                *(
                    cell
                    for point in points
                    for cell in (number(_percent(point.distance), 2), number(point.similarity))
                ),
            ]
            for points in zip(*(pair.keypoints for pair in pairs), strict=True)
        ],
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _shown(shown: int, total: int) -> str:
    if shown == total:
        return "All of them, the least agreement first."
    return f"{shown:,} of {total:,}, the least agreement first."
