"""`posehub backends`: what is installed, and what is wrong with it."""

from __future__ import annotations

import typing
from typing import Any

import attrs
import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from posehub.backends.info import BackendInfo
from posehub.backends.layers import fields_of
from posehub.backends.options import CommonOptions
from posehub.backends.values import describe_type
from posehub.cli.common import echo_json, json_option
from posehub.plugins.registry import Problem, get_registry, list_backends
from posehub.plugins.settings import environment_name


@click.command("backends")
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the installed backends, or one backend's options.

    Plugins that could not be loaded are listed with their error.
    """
    if name is not None:
        info = get_registry().find(name)
        if as_json:
            echo_json({**describe(info), "options": option_rows(info)})
        else:
            _print_backend(Console(), info)
        return
    problems = get_registry().problems
    if as_json:
        echo_json(
            {
                "backends": [describe(info) for info in list_backends()],
                "problems": [
                    {"plugin": problem.plugin, "error": str(problem.error)} for problem in problems
                ],
                "blocked": get_registry().blocked,
            }
        )
        return
    _print_list(Console(), list_backends(), problems)


def describe(info: BackendInfo) -> dict[str, Any]:
    """Return a backend's description as JSON-ready values."""
    return {
        "name": info.name,
        "version": info.version,
        "summary": info.summary,
        "skeleton": info.skeleton,
        "capabilities": attrs.asdict(info.capabilities),
        "price": None if info.price is None else attrs.asdict(info.price),
        "credentials": [[environment_name(info, n) for n in names] for names in info.credentials],
    }


def option_rows(info: BackendInfo) -> list[dict[str, Any]]:
    """Return a backend's options as JSON-ready values; secret ones without their default."""
    types = typing.get_type_hints(info.options) | typing.get_type_hints(CommonOptions)
    return [
        {
            "name": name,
            "type": describe_type(types[name]),
            "default": None if field.default is attrs.NOTHING else field.default,
            "required": field.default is attrs.NOTHING,
            "environment": environment_name(info, name),
            "help": field.metadata["help"],
        }
        for name, field in fields_of(info.options).items()
    ]


def _print_list(console: Console, backends: list[BackendInfo], problems: list[Problem]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("backend", "version", "skeleton", "network", "summary"):
        table.add_column(title, overflow="fold")
    for info in backends:
        network = "yes" if info.capabilities.needs_network else "no"
        table.add_row(info.name, info.version, info.skeleton, network, info.summary)
    console.print(table if backends else Text("No backend is installed."))
    for problem in problems:
        console.print(Text(f"{problem.plugin}: {problem.error}", style="red"), soft_wrap=True)


def _print_backend(console: Console, info: BackendInfo) -> None:
    console.print(Text(f"{info.name} {info.version}  {info.summary}", style="bold"))
    if info.capabilities.image_limits:
        console.print(Text(f"pictures: {info.capabilities.image_limits}"))
    for row in option_rows(info):
        default = "required" if row["required"] else f"default {str(row['default']).lower()}"
        heading = Text.assemble((row["name"], "bold"), f"  {row['type']}, {default}")
        console.print(heading, soft_wrap=True)
        console.print(Text(f"    {row['help']}  [{row['environment']}]"), soft_wrap=True)
