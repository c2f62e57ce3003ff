"""`posehub models`: the model files of local backends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from attrs import frozen
from rich import box, filesize
from rich.table import Table

from posehub.backends.info import BackendInfo
from posehub.backends.model_files import ModelFile
from posehub.cli.common import echo_json, json_option, option_layer, options_option
from posehub.cli.terminal import console, echo, text
from posehub.errors import ConfigError, PluginError, PosehubError, described
from posehub.local.models import (
    models_folder,
    path_of,
    pull,
    remove,
    result_path_of,
    result_state_of,
    state_of,
    with_others,
)
from posehub.plugins.opening import resolve
from posehub.plugins.registry import list_backends


@frozen
class _Needs:
    """A backend and the files it needs with the options given."""

    backend: str
    files: Sequence[ModelFile]


@click.group("models")
def command() -> None:
    """Manage the model files that local backends need.

    Which files a backend needs may depend on its options, from --option, the environment and
    posehub.toml.
    """


@command.command("list")
@click.argument("name", required=False)
@options_option
@json_option
@click.pass_context
def list_models(
    context: click.Context, name: str | None, options: tuple[str, ...], as_json: bool
) -> None:
    """List the model files of the backend NAME, or of every installed backend.

    The state is judged by size and time; `posehub models verify` reads every file.
    """
    needs, complete = _chosen(name, options)
    _report(needs, as_json, hashed=False)
    if not complete:
        context.exit(1)


@command.command("pull")
@click.argument("name")
@options_option
@click.option(
    "--from",
    "given",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Take the model files from this file, archive or folder instead of fetching them.",
)
@click.option("--force", is_flag=True, help="Replace files that are present, too.")
@json_option
def pull_models(
    name: str, options: tuple[str, ...], given: Path | None, force: bool, as_json: bool
) -> None:
    """Fetch the model files of the backend NAME that are missing or damaged."""
    needs = _needs_of(name, options)
    pull(needs.files, backend=name, given=given, force=force)
    _report([needs], as_json, hashed=False)


@command.command("verify")
@click.argument("name", required=False)
@options_option
@json_option
@click.pass_context
def verify_models(
    context: click.Context, name: str | None, options: tuple[str, ...], as_json: bool
) -> None:
    """Check the model files of the backend NAME, or of every installed backend.

    Exits with 1 unless all are present and undamaged.
    """
    needs, complete = _chosen(name, options)
    rows = _report(needs, as_json, hashed=True)
    if not complete or any(row["state"] != "present" for row in rows):
        context.exit(1)


@command.command("remove")
@click.argument("name")
@options_option
@json_option
def remove_models(name: str, options: tuple[str, ...], as_json: bool) -> None:
    """Delete the model files of the backend NAME."""
    removed = remove(_needs_of(name, options).files)
    if as_json:
        echo_json({"backend": name, "removed": removed})
    elif removed:
        echo(f"Removed the model files of {name}.")
    else:
        echo(f"No model files of {name} are on this machine.")


def _chosen(name: str | None, options: tuple[str, ...]) -> tuple[list[_Needs], bool]:
    """Return what one backend needs, or what all need, and whether no backend failed.

    Raises:
        click.UsageError: options are given for all backends.
        PosehubError: the one backend failed; if all are meant, the error goes to stderr.
    """
    if name is not None:
        return [_needs_of(name, options)], True
    if options:
        raise click.UsageError("--option needs the NAME of a backend.")
    needs, complete = [], True
    for info in list_backends():
        if info.models is None:
            continue
        try:
            needs.append(_needs_of(info.name, ()))
        except PosehubError as error:
            complete = False
            echo(f"{info.name}: {error}", err=True)
    return needs, complete


def _needs_of(name: str, options: tuple[str, ...]) -> _Needs:
    info, chosen, _ = resolve(name, option_layer(options))
    if info.models is None:
        raise ConfigError(f"The backend {name} needs no model files.")
    return _Needs(name, declared_files(info, chosen))


def declared_files(info: BackendInfo, options: Any) -> list[ModelFile]:
    """Return the files that a plugin declares for some options.

    Raises:
        PluginError: its function fails, or returns something else.
    """
    assert info.models is not None, "asked only of backends that have model files"
    try:
        files = list(info.models(options))
    except Exception as error:
        raise PluginError(
            f"The models of {info.name} cannot be listed: its plugin failed with "
            f"{described(error)}. Please report it to the plugin's authors."
        ) from error
    others = [file for file in files if not isinstance(file, ModelFile)]
    if others:
        raise PluginError(
            f"The models of {info.name} cannot be listed: its plugin returned a "
            f"{type(others[0]).__name__} instead of a ModelFile. Please report it to the plugin's "
            "authors."
        )
    return files


def _report(every: Sequence[_Needs], as_json: bool, *, hashed: bool) -> list[dict[str, Any]]:
    rows = [
        {"backend": needs.backend, **row}
        for needs in every
        for file in with_others(needs.files)
        for row in _rows(file, hashed=hashed)
    ]
    if as_json:
        echo_json(rows)
        return rows
    titles = "backend", "file", "size", "state"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=text(f"kept in {models_folder()}"))
    for title in titles:
        table.add_column(title, no_wrap=True, overflow="fold")
    table.add_column("licence and source", overflow="fold")
    for row in rows:
        size = "" if row["size"] is None else filesize.decimal(row["size"])
        shown = {**row, "size": size}
        origin = f"{row['licence']}, from {' or '.join(row['sources'])}"
        table.add_row(*(text(shown[title]) for title in titles), text(origin))
    console().print(table if rows else "No model files are needed.")
    return rows


def _rows(file: ModelFile, *, hashed: bool) -> Iterator[dict[str, Any]]:
    """Yield a row for a file as published, and one for the result of its conversion."""
    yield {
        "file": file.name,
        "size": file.size,
        "licence": file.licence,
        "state": state_of(file, hashed=hashed),
        "path": str(path_of(file)),
        "sources": [str(source) for source in file.sources],
    }
    if file.conversion is not None:
        path = result_path_of(file)
        made_of = " and ".join(other.name for other in (file, *file.conversion.others))
        yield {
            "file": file.conversion.name,
            "size": path.stat().st_size if path.exists() else None,
            "licence": file.licence,
            "state": result_state_of(file, hashed=hashed),
            "path": str(path),
            "sources": [made_of],
        }
