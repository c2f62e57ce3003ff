"""Options and output shared by several commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import define

from posehub.backends.layers import Layer
from posehub.cli.outputs import STDOUT, check_outputs
from posehub.cli.terminal import echo, echo_bytes, echo_json_text

F = TypeVar("F", bound=Callable[..., Any])


# more threads than any service or machine serves; each has images in memory
WORKERS = click.IntRange(1, 1000)


def json_option(function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(
        function
    )


def html_option(function: F) -> F:
    """Add `--html`."""
    return click.option(
        "--html",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="REPORT",
        help="Also write an HTML page: one file that needs no network. With -, print it instead of "
        "the tables.",
    )(function)


def options_option(function: F) -> F:
    """Add `--option`."""
    return click.option(
        "-o",
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="An option of the backend; may be repeated. See `posehub backends NAME`.",
    )(function)


def backend_options(function: F) -> F:
    """Add `--backend` and `--option`."""
    return click.option(
        "-b", "--backend", metavar="NAME", help="The backend to use; else the configured one."
    )(options_option(function))


def option_layer(options: Iterable[str], prefix: str = "") -> Layer:
    """Return `--option key=value` pairs as a layer of settings.

    Args:
        options: the pairs.
        prefix: of every key on the command line, for messages.

    Raises:
        click.UsageError: a pair has no `=`.
    """
    values = {}
    for pair in options:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--option takes KEY=VALUE, got {pair!r}.")
        values[key.strip().replace("-", "_")] = value
    flags = {name: f"--option {prefix}{name}" for name in values}
    return Layer("--option", values, text=True, origins=flags)


def echo_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    import json

    echo_json_text(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str))


def check_page(html: Path | None, inputs: Iterable[Path], *, as_json: bool) -> None:
    """Check where a page is to be written, before any work.

    Raises:
        click.UsageError: the page and JSON would both go to stdout.
        ConfigError: as for `check_outputs`.
    """
    if html == STDOUT:
        if as_json:
            raise click.UsageError("--html - and --json both print to stdout. Give one of them.")
    elif html is not None:
        check_outputs([html], inputs)


def write_page(path: Path, page: str) -> None:
    """Write a page, whole or not at all, and print its path to stderr; `-` prints the page.

    Raises:
        click.ClickException: the file cannot be written.
    """
    from posehub.files import write_atomically

    if path == STDOUT:
        echo_bytes(page.encode())
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page.encode())
    except OSError as error:
        raise click.ClickException(f"Cannot write {path}: {error}") from error
    echo(f"report: {path}", err=True)


@define
class Tally:
    """How many images of a command are done, for its last line.

    Attributes:
        total: number of images.
        done: number of those done so far, failed ones included.
        failed: number of those that failed.
    """

    total: int
    done: int = 0
    failed: int = 0


@contextmanager
def counted(total: int) -> Iterator[Tally]:
    """Count images; an interruption prints to stderr how many are done."""
    tally = Tally(total)
    try:
        yield tally
    except KeyboardInterrupt:
        echo(f"images: {tally.done} of {tally.total} done, failed: {tally.failed}", err=True)
        raise
