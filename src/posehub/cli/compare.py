"""`posehub compare`: backends and results files, compared on the same images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
from attrs import frozen

from posehub.cli.common import (
    check_page,
    echo_json,
    html_option,
    json_option,
    option_layer,
    write_page,
)
from posehub.cli.outputs import STDOUT, option_paths
from posehub.cli.tables import text_table
from posehub.cli.terminal import console, echo, text
from posehub.errors import ImageError
from posehub.evaluation.comparison import Comparison, compare
from posehub.evaluation.running import Run, from_file, run_backend
from posehub.evaluation.sources import find_image, is_results_file, read_records
from posehub.images.image import Image
from posehub.images.loading import load_image
from posehub.plugins.opening import open_with
from posehub.plugins.registry import get_registry
from posehub.poses.result import DEFAULT_MIN_SCORE
from posehub.report.comparison import (
    KEYPOINT_HEADINGS,
    PAIR_HEADINGS,
    RUN_HEADINGS,
    comparison_page,
    keypoint_rows,
    pair_name,
    pair_rows,
    run_rows,
    summary,
)

_BACKEND_NAME = re.compile(r"[^./\\]+")


@frozen
class Call:
    """The meaning of the arguments.

    Attributes:
        sources: names of backends, and paths of results files.
        images: paths of images.
    """

    sources: tuple[str, ...]
    images: tuple[str, ...]


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
    "--min-score",
    type=click.FloatRange(0, 1),
    default=DEFAULT_MIN_SCORE,
    show_default=True,
    help="Do not compare keypoints with a lower score; those without a score are compared.",
)
@click.option(
    "--max-images",
    "max_images",
    type=click.IntRange(min=0),
    default=24,
    show_default=True,
    help="Most images on the page, those with the least agreement first.",
)
@html_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    arguments: tuple[str, ...],
    options: tuple[str, ...],
    min_score: float,
    max_images: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare backends or results files on the same images.

    Prints the people found, the agreement, the latency and the cost of A, B, ... on IMAGES.

    The kind of an argument follows from its form. Without a dot or a slash it is the name of a
    backend: baidu. With the suffix .json, .jsonl, .parquet, .arrow or .pose it is a results file,
    as written by `posehub detect --json` and `posehub convert`. Everything else is an image; write
    ./photo for a file called photo. Images come last. Without images, those of the first results
    file are compared.

    Needs the extra: pip install "posehub[evaluate]"
    """
    call = read_call(arguments)
    options_of = _options_by_backend(options, call.sources)
    for source in call.sources:
        if not is_results_file(Path(source)):
            get_registry().find(source)
    images, places = _images(call)
    read = [*map(Path, arguments), *filter(None, places.values()), *option_paths(options)]
    check_page(html, read, as_json=as_json)
    runs = [
        _run(source, label, images, options_of.get(source, ()))
        for source, label in zip(call.sources, labels_of(call.sources), strict=True)
    ]
    comparison = compare([str(image) for image in images], runs, min_score)
    if html is not None:
        write_page(html, comparison_page(comparison, lambda n: _loaded(places[n]), max_images))
    if as_json:
        echo_json(as_values(comparison))
    elif html != STDOUT:
        _print(comparison)
    failures = 0
    for source, run in zip(call.sources, runs, strict=True):
        if is_results_file(Path(source)):
            if run.errors:
                echo(f"{run.label}: failed images in the file: {len(run.errors)}", err=True)
            continue
        failures += len(run.errors)
        for image, message in run.errors.items():
            echo(f"{run.label}: {image}: {message}", err=True)
    if failures:
        context.exit(1)


def read_call(arguments: Sequence[str]) -> Call:
    """Return the meaning of the arguments, each by its form alone.

    Raises:
        click.UsageError: fewer than two backends or results files are named, one is named twice or
            after an image, or there are no images to compare them on.
    """
    sources = [a for a in arguments if _is_source(a)]
    images = [a for a in arguments if not _is_source(a)]
    late = [s for s in sources if images and arguments.index(s) > arguments.index(images[0])]
    if late:
        raise click.UsageError(
            f"{late[0]!r} is the name of a backend or a results file, after the image "
            f"{images[0]!r}. Images come last; write ./{late[0]} if it is an image."
        )
    if len(sources) < 2:
        raise click.UsageError(
            f"Name at least two backends or results files to compare, got {len(sources)}. "
            "See `posehub backends`."
        )
    repeated = [source for source in sources if sources.count(source) > 1]
    if repeated:
        raise click.UsageError(f"{repeated[0]!r} is named twice.")
    if not images and not any(is_results_file(Path(source)) for source in sources):
        raise click.UsageError("Name the images to compare the backends on.")
    return Call(tuple(sources), tuple(images))


def labels_of(sources: Sequence[str]) -> list[str]:
    """Return a label for each backend and results file; files of the same name get numbers."""
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
    """Return a comparison as JSON-ready values, without coordinates."""

    def kept(field: attrs.Attribute[Any], value: Any) -> bool:
        return field.name != "results"

    values = attrs.asdict(comparison, filter=kept)
    for one, run in zip(values["runs"], comparison.runs, strict=True):
        one["people"] = run.people
    return values


def _is_source(argument: str) -> bool:
    return is_results_file(Path(argument)) or _BACKEND_NAME.fullmatch(argument) is not None


def _options_by_backend(options: Iterable[str], sources: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for option in options:
        name, dot, pair = option.partition(".")
        if not dot or name not in sources or is_results_file(Path(name)):
            raise click.UsageError(
                f"--option takes NAME.KEY=VALUE, NAME being one of the compared backends, "
                f"got {option!r}."
            )
        found.setdefault(name, []).append(pair)
    return found


def _images(call: Call) -> tuple[list[Path], dict[str, Path | None]]:
    """Return the images, and the place of each by its name, None for one that is not found."""
    if call.images:
        images = [Path(image) for image in call.images]
        return images, {str(image): image for image in images}
    file = next(Path(source) for source in call.sources if is_results_file(Path(source)))
    names = [Path(named.image) for named in read_records(file)]
    places = {str(name): find_image(str(name), file) for name in names}
    return names, places


def _run(source: str, label: str, images: Sequence[Path], options: Sequence[str]) -> Run:
    if is_results_file(Path(source)):
        return from_file(label, read_records(Path(source)), images)
    with open_with(source, option_layer(options, f"{source}.")) as backend:
        return run_backend(label, backend, images)


def _loaded(place: Path | None) -> Image | None:
    if place is None:
        return None
    try:
        return load_image(place)
    except ImageError:
        return None  # reported as the backends' error


def _print(comparison: Comparison) -> None:
    out = console()
    out.print(text(summary(comparison)), soft_wrap=True)
    out.print(text_table(RUN_HEADINGS, run_rows(comparison.runs)))
    found = [[" + ".join(by.labels), str(by.people)] for by in comparison.found_by]
    out.print(text_table(["found by", "people"], found))
    out.print(text_table(PAIR_HEADINGS, pair_rows(comparison.pairs)))
    for pair in comparison.pairs:
        out.print(text(pair_name(pair), style="bold"))
        out.print(text_table(KEYPOINT_HEADINGS, keypoint_rows(pair)))
