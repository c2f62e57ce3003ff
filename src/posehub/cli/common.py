"""Options and output shared by several commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from posehub.backends.layers import Layer

F = TypeVar("F", bound=Callable[..., Any])


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
        help="Also write an HTML page: one file that needs no network.",
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


def option_layer(options: Iterable[str]) -> Layer:
    """Return `--option key=value` pairs as a layer of settings.

    Raises:
        click.UsageError: a pair has no `=`.
    """
    values = {}
    for pair in options:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--option takes KEY=VALUE, got {pair!r}.")
        values[key.strip().replace("-", "_")] = value
    return Layer("--option", values, text=True)


def echo_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str))


def write_page(path: Path, page: str) -> None:
    """Write a page, whole or not at all, and print its path to stderr.

    Raises:
        click.ClickException: the file cannot be written.
    """
    from posehub.files import write_atomically

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page.encode())
    except OSError as error:
        raise click.ClickException(f"Cannot write {path}: {error}") from error
    click.echo(f"report: {path}", err=True)
