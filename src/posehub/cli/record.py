"""`posehub record`: record a backend's responses to images into a cassette."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from posehub.cli.common import WORKERS, backend_options, echo_json, json_option, option_layer
from posehub.cli.terminal import echo
from posehub.errors import PosehubError
from posehub.recording.record import record_with

if TYPE_CHECKING:
    from posehub.recording.transport import Mode


@click.command("record")
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend_options
@click.option(
    "-c",
    "--cassette",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The cassette file.",
)
@click.option(
    "--mode",
    type=click.Choice(["none", "once", "new", "all"]),
    default="once",
    show_default=True,
    help="As in VCR: once creates a cassette, new adds to it, all records all again, none plays.",
)
@click.option("--workers", default=1, type=WORKERS, help="Images at the same time.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    images: tuple[Path, ...],
    backend: str | None,
    options: tuple[str, ...],
    cassette: Path,
    mode: Mode,
    workers: int,
    as_json: bool,
) -> None:
    """Record a backend's responses to IMAGES into a cassette.

    Error responses are recorded too. The cassette holds digests of the images and no credentials.
    """
    failures = 0
    advice = "Record it too with --mode new."
    with record_with(backend, option_layer(options), cassette, mode, advice) as opened:
        outcomes = opened.detect_many(images, workers=workers, on_error="return")
        for path, outcome in zip(images, outcomes, strict=True):
            if isinstance(outcome, PosehubError):
                failures += 1
                kind, value = "error", str(outcome)
            else:
                kind, value = "people", str(len(outcome))
            if as_json:
                echo_json({"image": str(path), kind: value if kind == "error" else int(value)})
            else:
                echo(f"{path}  {kind}: {value}")
    if cassette.exists():
        echo(f"cassette: {cassette}", err=True)
    if failures:
        context.exit(1)
