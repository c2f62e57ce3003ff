"""`posehub draw`: people on their images, detected now or read from a results file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from posehub.cli.common import backend_options, counted, echo_json, json_option, option_layer
from posehub.cli.outputs import STDOUT, check_outputs, file_or_stdout, is_folder, option_paths
from posehub.cli.terminal import echo
from posehub.drawing import drawing_format, save_drawing
from posehub.errors import ImageError, PosehubError
from posehub.evaluation.sources import find_image, is_results_file, read_records
from posehub.plugins.opening import open_with
from posehub.poses.result import DEFAULT_MIN_SCORE, PoseResult


@click.command("draw")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend_options
@click.option(
    "--to",
    "draw_to",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="PATH",
    help="Draw into this folder, or into this file if there is one image; - is stdout. Default: "
    "the current folder.",
)
@click.option(
    "--format",
    "ending",
    type=click.Choice(["png", "jpg", "svg"]),
    default="png",
    show_default=True,
    help="Format of the files in the folder.",
)
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    default=DEFAULT_MIN_SCORE,
    show_default=True,
    help="Do not draw keypoints with a lower score.",
)
@click.option("--names", is_flag=True, help="Write the keypoints' names.")
@click.option("--scores", is_flag=True, help="Write the scores.")
@click.option("--boxes", is_flag=True, help="Draw the bounding boxes.")
@click.option("--ids", is_flag=True, help="Write each person's id, or else the index.")
@click.option("--blank", is_flag=True, help="Draw on a blank canvas, not on the image.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    backend: str | None,
    options: tuple[str, ...],
    draw_to: Path,
    ending: str,
    min_score: float,
    names: bool,
    scores: bool,
    boxes: bool,
    ids: bool,
    blank: bool,
    as_json: bool,
) -> None:
    """Draw the people in FILES.

    A file that ends in .json, .jsonl, .parquet, .arrow or .pose contains results, as written by
    `posehub detect --json` and `posehub convert`. Its images are searched for at the paths in the
    file, and beside the file. Every other file is an image, and a backend detects the people.

    Images that failed when the results file was written are counted and not drawn. The exit code is
    1 only if an image fails now.
    """
    show = {"min_score": min_score, "names": names, "scores": scores, "boxes": boxes, "ids": ids}
    jobs = [job for file in files for job in _jobs(file)]
    images = [job.image or Path(job.name) for job in jobs]
    if draw_to == STDOUT and (as_json or len(jobs) != 1):
        raise click.UsageError("--to - takes one image, and no --json.")
    targets = drawing_targets(images, draw_to, f".{ending}")
    check_outputs([] if draw_to == STDOUT else targets, [*files, *images, *option_paths(options)])
    with ExitStack() as stack:
        tally = stack.enter_context(counted(len(jobs)))
        needed = any(job.result is None for job in jobs)
        opened = stack.enter_context(open_with(backend, option_layer(options))) if needed else None
        for job, target in zip(jobs, targets, strict=True):
            try:
                result = job.result
                if result is None:
                    assert opened is not None, "images are detected in"
                    result = opened.detect(_image(job))
                with file_or_stdout(target, f".{ending}") as path:
                    save_drawn(result, path, None if blank else _image(job), **show)
                echo(f"drawn: {target}", err=True)
                outcome = {"drawing": str(target)}
            except PosehubError as error:
                tally.failed += 1
                outcome = {"error": str(error)}
                echo(f"{job.name}: {error}", err=True)
            tally.done += 1
            if as_json:
                echo_json({"image": job.name, **outcome})
    if tally.failed:
        context.exit(1)


def drawing_targets(images: Sequence[Path], draw_to: Path, ending: str = ".png") -> list[Path]:
    """Return the file for the drawing of each image. Images of the same name get different files.

    Raises:
        click.UsageError: `draw_to` is one file for several images, or its ending is not one of a
            drawing.
    """
    if draw_to == STDOUT:
        return [draw_to] * len(images)
    if draw_to.suffix and not is_folder(draw_to):
        try:
            drawing_format(draw_to)
        except ImageError as error:
            raise click.UsageError(str(error)) from error
        if len(images) > 1:
            raise click.UsageError(
                f"{draw_to} is one file for {len(images)} images. Name a folder."
            )
        return [draw_to] * len(images)
    targets: list[Path] = []
    numbers: Counter[str] = Counter()
    for image in images:
        numbers[image.stem] += 1
        number = numbers[image.stem]
        end = "" if number == 1 else f"-{number}"
        targets.append(draw_to / f"{image.stem}-pose{end}{ending}")
    return targets


def save_drawn(result: PoseResult, target: Path, image: Path | None, **show: Any) -> None:
    """Draw into `target`, creating its folder.

    Raises:
        ImageError: `image` is not an image.
        click.ClickException: the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_drawing(result, target, image, **show)
    except OSError as error:
        raise click.ClickException(f"Cannot write {target}: {error.strerror}.") from error


@frozen
class _Job:
    """One drawing to make.

    Attributes:
        name: of the image, as given.
        image: where it is, or None if it was not found.
        result: from a results file, or None if a backend detects the people.
    """

    name: str
    image: Path | None
    result: PoseResult | None


def _jobs(file: Path) -> Iterator[_Job]:
    if not is_results_file(file):
        yield _Job(str(file), file, None)
        return
    failed = 0
    for record in read_records(file):
        if record.error is None:
            place = find_image(record.image, file)
            yield _Job(record.image, place, record.result)
        else:
            failed += 1
    if failed:
        echo(f"{file}: failed images, not drawn: {failed}", err=True)


def _image(job: _Job) -> Path:
    if job.image is None:
        raise ImageError(
            "the image is neither at the path in the results file nor beside the file. Run the "
            "command in the folder that the path is relative to, put the results file beside the "
            "image, or draw on a blank canvas with --blank."
        )
    return job.image
