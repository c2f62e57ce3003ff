"""`posehub models`: the model files of local backends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from posehub.cli.common import echo_json, json_option
from posehub.errors import ConfigError
from posehub.local.models import WheelModels
from posehub.plugins.registry import get_registry, list_backends


@click.group("models")
def command() -> None:
    """Keep the model files that local backends need."""


@command.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the model files of every installed backend, and whether they are here and whole."""
    _report([info.models for info in list_backends() if info.models], as_json)


@command.command("pull")
@click.argument("name")
@click.option(
    "--from",
    "wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="WHEEL",
    help="Take the files from this wheel instead of fetching it.",
)
@json_option
def pull_models(name: str, wheel: Path | None, as_json: bool) -> None:
    """Fetch the model files of the backend NAME."""
    models = _models_of(name)
    models.pull(wheel)
    _report([models], as_json)


@command.command("verify")
@click.argument("name", required=False)
@json_option
@click.pass_context
def verify_models(context: click.Context, name: str | None, as_json: bool) -> None:
    """Check the model files of the backend NAME, or of all; exit with 1 if any is not whole."""
    every = [info.models for info in list_backends() if info.models]
    rows = _report(every if name is None else [_models_of(name)], as_json)
    if any(row["state"] != "present" for row in rows):
        context.exit(1)


@command.command("remove")
@click.argument("name")
@json_option
def remove_models(name: str, as_json: bool) -> None:
    """Delete the model files of the backend NAME."""
    removed = _models_of(name).remove()
    if as_json:
        echo_json({"backend": name, "removed": removed})
    else:
        click.echo(f"Removed the models of {name}." if removed else f"{name} had no models here.")


def _models_of(name: str) -> WheelModels:
    models = get_registry().find(name).models
    if models is None:
        raise ConfigError(f"The backend {name} needs no model files.")
    return models


def _report(every: list[WheelModels], as_json: bool) -> list[dict[str, Any]]:
    rows = [
        {
            "backend": models.name,
            "file": models.path(member).name,
            "state": state,
            "path": str(models.path(member)),
            "source": f"{models.package} {models.version}",
        }
        for models in every
        for member, state in models.states().items()
    ]
    if as_json:
        echo_json(rows)
        return rows
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("backend", "file", "state", "path"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(row["backend"], row["file"], row["state"], row["path"])
    Console().print(table if rows else "No installed backend needs model files.")
    return rows
