"""`posehub backends`: the installed backends, and the errors of plugins that do not load."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

import attrs
import click

from posehub.backends.layers import fields_of
from posehub.backends.options import CommonOptions
from posehub.backends.values import describe_type, plain
from posehub.cli.common import echo_json, json_option
from posehub.cli.terminal import echo, shown
from posehub.plugins.registry import get_registry, list_backends
from posehub.plugins.settings import environment_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posehub.backends.info import BackendInfo


@click.command("backends")
@click.argument("name", required=False)
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, as_json: bool) -> None:
    """List the installed backends, or one backend's options.

    Plugins that do not load are listed with their errors.
    """
    if name is not None:
        info = get_registry().find(name)
        if as_json:
            echo_json({**describe(info), "options": option_rows(info)})
        else:
            _print_backend(info)
    elif as_json:
        echo_json(
            {
                "backends": [describe(info) for info in list_backends()],
                "problems": [
                    {"plugin": problem.plugin, "error": str(problem.error)}
                    for problem in get_registry().problems
                ],
                "blocked": get_registry().blocked,
            }
        )
    else:
        _print_list(context)


def describe(info: BackendInfo) -> dict[str, Any]:
    """Return a backend's description as JSON-ready values."""
    return {
        "name": info.name,
        "version": info.version,
        "api_version": info.api_version,
        "summary": info.summary,
        "skeleton": info.skeleton,
        "capabilities": attrs.asdict(info.capabilities),
        "price": None if info.price is None else attrs.asdict(info.price),
        "credentials": [[environment_name(info, n) for n in names] for names in info.credentials],
    }


def option_rows(info: BackendInfo) -> list[dict[str, Any]]:
    """Return a backend's options as JSON-ready values; secret options without their default."""
    types = typing.get_type_hints(info.options) | typing.get_type_hints(CommonOptions)
    return [
        {
            "name": name,
            "type": describe_type(types[name]),
            "default": _default(field),
            "required": field.default is attrs.NOTHING,
            "environment": environment_name(info, name),
            "help": field.metadata["help"],
        }
        for name, field in fields_of(info.options).items()
    ]


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if default is attrs.NOTHING:
        return None
    return plain(default.factory() if hasattr(default, "factory") else default)


def _print_list(context: click.Context) -> None:
    # click's own formatter, because rich takes as long to import as all the rest
    formatter = context.make_formatter()
    rows = list(_list_rows())
    if rows:
        formatter.write_dl([(shown(term), shown(text)) for term, text in rows])
        echo(formatter.getvalue(), nl=False)
    else:
        echo("No backend is installed.")
    for problem in get_registry().problems:
        echo(f"{problem.plugin}: {problem.error}", fg="red")


def _list_rows() -> Iterator[tuple[str, str]]:
    for info in list_backends():
        yield f"{info.name} {info.version}", info.summary
        network = "needs the network" if info.capabilities.needs_network else "offline"
        yield "", f"skeleton {_skeleton(info)}, {network}"


def _skeleton(info: BackendInfo) -> str:
    return info.skeleton or "by options"


def _print_backend(info: BackendInfo) -> None:
    echo(f"{info.name} {info.version}  {info.summary}", bold=True)
    echo(f"skeleton: {_skeleton(info)}")
    if info.capabilities.image_limits:
        echo(f"images: {info.capabilities.image_limits}")
    if info.credentials:
        sets = [" and ".join(names) for names in describe(info)["credentials"]]
        echo(f"credentials: {', or '.join(sets)}")
    echo("options:")
    for row in option_rows(info):
        default = "required" if row["required"] else f"default {_text(row['default'])}"
        echo(f"  {row['name']}", nl=False, bold=True)
        echo(f"  {row['type']}, {default}")
        echo(f"      {row['help']}  [{row['environment']}]")


def _text(default: Any) -> str:
    """Return a default as it is written on the command line."""
    if isinstance(default, list):
        return ",".join(map(_text, default)) or "empty"
    if default is None or isinstance(default, bool):
        return str(default).lower()
    return str(default)
