"""`posehub draw`: people on their pictures, found now or read from a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
from attrs import frozen

from posehub.cli.common import backend_options, echo_json, json_option, option_layer
from posehub.drawing import drawing_format, save_drawing
from posehub.errors import ImageError, PosehubError
from posehub.evaluation.sources import find_picture, is_results_file, read_named
from posehub.plugins.opening import open_with
from posehub.poses.result import PoseResult


@click.command("draw")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend_options
@click.option(
    "--to",
    "draw_to",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="PATH",
    help="Into this folder, or into this file if there is one picture. Default: this folder.",
)
@click.option(
    "--format",
    "ending",
    type=click.Choice(["png", "jpg", "svg"]),
    default="png",
    show_default=True,
    help="Of the files drawn into a folder.",
)
@click.option("--names", is_flag=True, help="Write the keypoints' names.")
@click.option("--scores", is_flag=True, help="Write the scores.")
@click.option("--boxes", is_flag=True, help="Draw the bounding boxes.")
@click.option("--ids", is_flag=True, help="Write each person's index in the result.")
@click.option("--blank", is_flag=True, help="On a blank canvas instead of the photo.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    backend: str | None,
    options: tuple[str, ...],
    draw_to: Path,
    ending: str,
    names: bool,
    scores: bool,
    boxes: bool,
    ids: bool,
    blank: bool,
    as_json: bool,
) -> None:
    """Draw the people in FILES.

    A file that ends in .json, .jsonl, .parquet, .arrow or .pose holds results, as `posehub detect
    --json` and `posehub convert` write them; their pictures are looked for where the file says, and
    beside it. Every other file is a picture, and a backend is asked for the people in it.
    """
    show = {"names": names, "scores": scores, "boxes": boxes, "ids": ids}
    jobs = [job for file in files for job in _jobs(file)]
    targets = drawing_targets([Path(job.name) for job in jobs], draw_to, f".{ending}")
    failures = 0
    with ExitStack() as stack:
        asks = any(job.asks for job in jobs)
        opened = stack.enter_context(open_with(backend, option_layer(options))) if asks else None
        for job, target in zip(jobs, targets, strict=True):
            assert target is not None
            try:
                result = opened.detect(_picture(job)) if opened and job.asks else _known(job)
                save_drawn(result, target, None if blank else _picture(job), **show)
                said = {"drawing": str(target)}
            except PosehubError as error:
                failures += 1
                said = {"error": str(error)}
                click.echo(f"{job.name}: {error}", err=True)
            if as_json:
                echo_json({"image": job.name, **said})
    if failures:
        context.exit(1)


def drawing_targets(
    images: Sequence[Path], draw_to: Path | None, ending: str = ".png"
) -> list[Path | None]:
    """Return where each picture's drawing goes; pictures of one name get different files.

    Raises:
        click.UsageError: several pictures would go into one file, or it has an ending that cannot
            be drawn.
    """
    if draw_to is None:
        return [None] * len(images)
    if draw_to.suffix and not draw_to.is_dir():
        try:
            drawing_format(draw_to)
        except ImageError as error:
            raise click.UsageError(str(error)) from error
        if len(images) > 1:
            raise click.UsageError(f"{draw_to} is one file for {len(images)} pictures.")
        return [draw_to] * len(images)
    targets: list[Path | None] = []
    for image in images:
        target, number = draw_to / f"{image.stem}-pose{ending}", 1
        while target in targets:
            number += 1
            target = draw_to / f"{image.stem}-pose-{number}{ending}"
        targets.append(target)
    return targets


def save_drawn(result: PoseResult, target: Path, image: Path | None, **show: bool) -> None:
    """Draw into `target`, whose folder is made if need be, and say so.

    Raises:
        ImageError: `image` is not a picture.
        click.ClickException: the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_drawing(result, target, image, **show)
    except OSError as error:
        raise click.ClickException(f"Cannot write {target}: {error}") from error
    click.echo(f"drawn: {target}", err=True)


@frozen
class _Job:
    name: str
    picture: Path | None
    result: PoseResult | None
    asks: bool


def _jobs(file: Path) -> Iterator[_Job]:
    if not is_results_file(file):
        yield _Job(str(file), file, None, asks=True)
        return
    for named in read_named(file):
        yield _Job(named.image, find_picture(named.image, file), named.result, asks=False)


def _known(job: _Job) -> PoseResult:
    if job.result is None:
        raise ImageError("the backend failed on this picture when the results were written.")
    return job.result


def _picture(job: _Job) -> Path:
    if job.picture is None:
        raise ImageError(
            "this picture is not where the results say. Go to the folder it was found from, put "
            "the results beside it, or draw on a blank canvas with --blank."
        )
    return job.picture
