"""`posehub doctor`: is everything there that a detection needs?"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator

import attrs
import click
from attrs import asdict, frozen
from rich.console import Console
from rich.text import Text

import posehub
from posehub.backends.info import BackendInfo
from posehub.backends.layers import Layer, build_options, fields_of
from posehub.cli.common import echo_json, json_option
from posehub.errors import MissingCredentialError, PosehubError
from posehub.plugins.opening import default_backend, require_credentials
from posehub.plugins.registry import get_registry, list_backends
from posehub.plugins.settings import Settings, option_layers, read_settings

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "fail": ("FAIL", "red")}


@frozen
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at.
        state: "ok"; "note" for what only matters to who uses it; "fail".
        detail: what was found, and what to do.
    """

    subject: str
    state: str
    detail: str


@click.command("doctor")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check the installation, settings, plugins and keys; call no service.

    Exits with 1 if something is broken.
    """
    findings = list(examine())
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    else:
        console = Console()
        for finding in findings:
            mark, colour = _MARKS[finding.state]
            line = Text.assemble((mark, colour), f"  {finding.subject}: {finding.detail}")
            console.print(line, soft_wrap=True)
    if any(finding.state == "fail" for finding in findings):
        context.exit(1)


def examine() -> Iterator[Finding]:
    """Yield what `posehub doctor` finds."""
    yield Finding("posehub", "ok", f"{posehub.__version__} on Python {platform.python_version()}")
    settings: list[Settings] = []
    try:
        settings = read_settings()
        sources = ", ".join(str(s.path) for s in settings) or "no posehub.toml, which is fine"
        yield Finding("settings", "ok", sources)
    except PosehubError as error:
        yield Finding("settings", "fail", str(error))
    for problem in get_registry().problems:
        yield Finding(f"plugin {problem.plugin}", "fail", str(problem.error))
    for name in get_registry().blocked:
        yield Finding(f"plugin {name}", "note", "left out by POSEHUB_BLOCK")
    yield _attempt("default backend", lambda: _default(settings), state="note")
    for info in list_backends():
        yield _backend(info, settings)


def _default(settings: list[Settings]) -> str:
    name = default_backend(settings)
    get_registry().find(name)
    return name


def _backend(info: BackendInfo, settings: list[Settings]) -> Finding:
    subject = f"backend {info.name}"
    layers = option_layers(info, Layer("argument", {}), settings)
    missing = [
        name
        for name, field in fields_of(info.options).items()
        if field.default is attrs.NOTHING and not any(name in layer.values for layer in layers)
    ]
    if missing:
        return Finding(subject, "ok", f"ready; opened with the option {', '.join(missing)}")
    try:
        options, _ = build_options(info.name, info.options, layers, info.credentials)
        require_credentials(info, options)
    except MissingCredentialError as error:
        return Finding(subject, "note", str(error))
    except PosehubError as error:
        return Finding(subject, "fail", str(error))
    return Finding(subject, "ok", "ready")


def _attempt(subject: str, check: Callable[[], str], *, state: str = "fail") -> Finding:
    try:
        return Finding(subject, "ok", check())
    except PosehubError as error:
        return Finding(subject, state, str(error))
