"""`posehub compare`: backends and results files on the same pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
from attrs import frozen
from rich.console import Console
from rich.text import Text

from posehub.cli.common import echo_json, html_option, json_option, option_layer, write_page
from posehub.cli.tables import text_table
from posehub.errors import ImageError
from posehub.evaluation.comparison import Comparison, compare
from posehub.evaluation.running import Contestant, ask, from_file
from posehub.evaluation.sources import find_picture, is_results_file, read_named
from posehub.images.image import Image
from posehub.images.loading import load_image
from posehub.plugins.opening import open_with
from posehub.plugins.registry import get_registry
from posehub.report.comparison import (
    CONTESTANT_HEADINGS,
    KEYPOINT_HEADINGS,
    PAIR_HEADINGS,
    comparison_page,
    contestant_rows,
    keypoint_rows,
    pair_name,
    pair_rows,
    summary,
)

_BACKEND_NAME = re.compile(r"[^./\\]+")


@frozen
class Call:
    """What the arguments mean: backends by name, results files, and pictures."""

    sources: tuple[str, ...]
    pictures: tuple[str, ...]


@click.command("compare")
@click.argument("arguments", nargs=-1, required=True, metavar="A B [C...] IMAGES...")
@click.option(
    "-o",
    "--option",
    "options",
    multiple=True,
    metavar="NAME.KEY=VALUE",
    help="An option of the backend NAME; may be repeated.",
)
@click.option(
    "--pictures",
    "most_pictures",
    type=click.IntRange(min=0),
    default=24,
    show_default=True,
    help="How many pictures the page shows, those with the least agreement first.",
)
@html_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    arguments: tuple[str, ...],
    options: tuple[str, ...],
    most_pictures: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare backends A, B, ... on IMAGES: who found whom, how far they agree, how fast.

    What an argument is can be seen from it alone. Without a dot or a slash it names a backend:
    baidu. If it ends in .json, .jsonl, .parquet, .arrow or .pose it is a results file, as `posehub
    detect --json` and `posehub convert` write it. Everything else is a picture; write ./photo for a
    file called photo. Pictures come last; without any, those of the first results file are
    compared.

    Needs the extra: pip install "posehub[evaluate]"
    """
    call = read_call(arguments)
    options_of = _options_by_backend(options, call.sources)
    for source in call.sources:
        if not is_results_file(Path(source)):
            get_registry().find(source)
    pictures, places = _pictures(call)
    contestants = [
        _contestant(source, label, pictures, options_of.get(source, ()))
        for source, label in zip(call.sources, labels_of(call.sources), strict=True)
    ]
    comparison = compare([str(picture) for picture in pictures], contestants)
    if html is not None:
        write_page(html, comparison_page(comparison, lambda n: _photo(places[n]), most_pictures))
    if as_json:
        echo_json(as_values(comparison))
    else:
        _print(Console(), comparison)
    for contestant in contestants:
        for picture, message in contestant.errors.items():
            click.echo(f"{contestant.label}: {picture}: {message}", err=True)
    if any(contestant.errors for contestant in contestants):
        context.exit(1)


def read_call(arguments: Sequence[str]) -> Call:
    """Return what the arguments mean, each told by its form alone.

    Raises:
        click.UsageError: fewer than two to compare, one given twice, one behind a picture, or
            nothing to compare them on.
    """
    sources = [a for a in arguments if _is_source(a)]
    pictures = [a for a in arguments if not _is_source(a)]
    late = [s for s in sources if pictures and arguments.index(s) > arguments.index(pictures[0])]
    if late:
        raise click.UsageError(
            f"{late[0]!r} names a backend or a results file and stands behind the picture "
            f"{pictures[0]!r}. Name what to compare first; write ./{late[0]} if it is a picture."
        )
    if len(sources) < 2:
        raise click.UsageError(
            f"Name at least two backends or results files to compare, got {len(sources)}. "
            "See `posehub backends`."
        )
    doubled = [source for source in sources if sources.count(source) > 1]
    if doubled:
        raise click.UsageError(f"{doubled[0]!r} is named twice.")
    if not pictures and not any(is_results_file(Path(source)) for source in sources):
        raise click.UsageError("Name the pictures to compare the backends on.")
    return Call(tuple(sources), tuple(pictures))


def labels_of(sources: Sequence[str]) -> list[str]:
    """Return what to call backends and results files; files of one name get numbers."""
    labels: list[str] = []
    for source in sources:
        path = Path(source)
        label = plain = path.stem if is_results_file(path) else source
        number = 1
        while label in labels:
            number += 1
            label = f"{plain}-{number}"
        labels.append(label)
    return labels


def as_values(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-ready values, without the people's coordinates."""

    def kept(field: attrs.Attribute[Any], value: Any) -> bool:
        return field.name != "results"

    values = attrs.asdict(comparison, filter=kept)
    for one, contestant in zip(values["contestants"], comparison.contestants, strict=True):
        one["people"] = contestant.people
    return values


def _is_source(argument: str) -> bool:
    return is_results_file(Path(argument)) or _BACKEND_NAME.fullmatch(argument) is not None


def _options_by_backend(options: Iterable[str], sources: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for option in options:
        name, dot, pair = option.partition(".")
        if not dot or name not in sources or is_results_file(Path(name)):
            raise click.UsageError(
                f"--option takes NAME.KEY=VALUE with NAME one of the compared backends, "
                f"got {option!r}."
            )
        found.setdefault(name, []).append(pair)
    return found


def _pictures(call: Call) -> tuple[list[Path], dict[str, Path | None]]:
    """Return the pictures, and where each is by its name, None where it is not there."""
    if call.pictures:
        pictures = [Path(picture) for picture in call.pictures]
        return pictures, {str(picture): picture for picture in pictures}
    file = next(Path(source) for source in call.sources if is_results_file(Path(source)))
    names = [Path(named.image) for named in read_named(file)]
    places = {str(name): find_picture(str(name), file) for name in names}
    return names, places


def _contestant(
    source: str, label: str, pictures: Sequence[Path], options: Sequence[str]
) -> Contestant:
    if is_results_file(Path(source)):
        return from_file(label, read_named(Path(source)), pictures)
    with open_with(source, option_layer(options)) as backend:
        return ask(label, backend, pictures)


def _photo(place: Path | None) -> Image | None:
    if place is None:
        return None
    try:
        return load_image(place)
    except ImageError:
        return None  # reported as the backends' failure


def _print(console: Console, comparison: Comparison) -> None:
    console.print(Text(summary(comparison)), soft_wrap=True)
    console.print(text_table(CONTESTANT_HEADINGS, contestant_rows(comparison.contestants)))
    found = [[" + ".join(by.labels), str(by.people)] for by in comparison.found_by]
    console.print(text_table(["found by", "people"], found))
    console.print(text_table(PAIR_HEADINGS, pair_rows(comparison.pairs)))
    for pair in comparison.pairs:
        console.print(Text(pair_name(pair), style="bold"))
        console.print(text_table(KEYPOINT_HEADINGS, keypoint_rows(pair)))
