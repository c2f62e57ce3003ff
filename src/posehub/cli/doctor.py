"""`posehub doctor`: is everything in place that a detection needs?"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import click
from attrs import asdict, frozen

import posehub
from posehub.backends.info import BackendInfo
from posehub.backends.layers import Layer, build_options, fields_of, is_personal
from posehub.cli.commands import plugin_commands
from posehub.cli.common import echo_json, json_option
from posehub.cli.models import declared_files
from posehub.cli.terminal import echo
from posehub.errors import MissingCredentialError, PosehubError, nearest_name
from posehub.local.models import FOLDER_VARIABLE, result_state_of, state_of, with_others
from posehub.local.runtime_checks import examine_runtime
from posehub.plugins.opening import default_backend, require_credentials
from posehub.plugins.registry import get_registry, list_backends
from posehub.plugins.settings import Settings, environment_name, option_layers, read_settings

_MARKS = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "fail": ("FAIL", "red")}
_PREFIX = "POSEHUB_"
_VARIABLES = ("POSEHUB_BACKEND", "POSEHUB_BLOCK", FOLDER_VARIABLE)


@frozen
class Finding:
    """The result of one check.

    Attributes:
        subject: what was checked.
        state: "ok"; "note" for what matters only in some uses; "fail".
        detail: what was found, and what to do.
    """

    subject: str
    state: str
    detail: str


@click.command("doctor")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check the installation, settings, plugins and credentials.

    No service is called. Exits with 1 if a check fails.
    """
    findings = list(examine())
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark, colour = _MARKS[finding.state]
            echo(mark, nl=False, fg=colour)
            echo(f"  {finding.subject}: {finding.detail}")
    if any(finding.state == "fail" for finding in findings):
        context.exit(1)


def examine() -> Iterator[Finding]:
    """Yield the result of each check."""
    yield Finding("posehub", "ok", f"{posehub.__version__} on Python {platform.python_version()}")
    settings: list[Settings] = []
    try:
        settings = read_settings()
    except PosehubError as error:
        yield Finding("settings", "fail", str(error))
    else:
        yield from _settings(settings)
    yield from _environment(dict(os.environ))
    yield from _plugins()
    for found in examine_runtime():
        yield Finding("onnxruntime", found.state, found.detail)
    try:
        name = default_backend(settings)
        get_registry().find(name)
        yield Finding("default backend", "ok", name)
    except PosehubError as error:
        yield Finding("default backend", "note", str(error))
    for info in list_backends():
        yield _backend(info, settings)


def _settings(settings: Sequence[Settings]) -> Iterator[Finding]:
    if not settings:
        yield Finding("settings", "ok", "no posehub.toml, none is needed")
    backends = get_registry().backends
    for one in settings:
        parts = [] if one.backend is None else [f"backend = {one.backend!r}"]
        for name, values in one.backends.items():
            shown = ", ".join(_setting(backends.get(name), *pair) for pair in values.items())
            parts.append(f"[backends.{name}] {shown}")
        yield Finding(f"settings {one.path}", "ok", "; ".join(parts) or "sets nothing")
        for name in one.backends.keys() - backends.keys():
            meant = nearest_name(name, backends)
            hint = "" if meant is None else f" Did you mean {meant!r}?"
            detail = f"[backends.{name}] is ignored: no backend {name!r} is installed.{hint}"
            yield Finding(f"settings {one.path}", "note", detail)


def _setting(info: BackendInfo | None, option: str, value: object) -> str:
    """Return an option with its value, which is shown only if it is known to be no secret."""
    field = None if info is None else fields_of(info.options).get(option)
    shown = field is not None and not is_personal(field)
    return f"{option} = {value!r}" if shown else f"{option} (value not shown)"


def _environment(environment: dict[str, str]) -> Iterator[Finding]:
    known = {
        *_VARIABLES,
        *(environment_name(info, option) for info, option in _options_of_all()),
    }
    used = sorted(name for name in known if environment.get(name))
    if used:
        yield Finding("environment", "ok", ", ".join(used))
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known:
            meant = nearest_variable(name, known)
            hint = "" if meant is None else f" Did you mean {meant}?"
            detail = f"ignored: neither posehub nor an installed backend has this variable.{hint}"
            yield Finding(f"environment {name}", "note", detail)


def _options_of_all() -> Iterator[tuple[BackendInfo, str]]:
    for info in list_backends():
        for option in fields_of(info.options):
            yield info, option


def nearest_variable(name: str, known: set[str]) -> str | None:
    """Return the known variable closest to `name`, or None if none is close."""
    # without the common prefix, which would make any two of them look alike
    by_end = {variable.removeprefix(_PREFIX): variable for variable in sorted(known)}
    end = nearest_name(name.removeprefix(_PREFIX), by_end)
    return None if end is None else by_end[end]


def _plugins() -> Iterator[Finding]:
    registry = get_registry()
    plugin_commands()  # adds the faults in commands to the problems
    problems = dict.fromkeys((one.plugin, str(one.error)) for one in registry.problems)
    for plugin, message in problems:
        yield Finding(f"plugin {plugin}", "fail", message)
    for name in registry.blocked:
        yield Finding(f"plugin {name}", "note", "not loaded because of POSEHUB_BLOCK")


def _backend(info: BackendInfo, settings: list[Settings]) -> Finding:
    subject = f"backend {info.name}"
    try:
        layers = option_layers(info, Layer("--option", {}), settings)
        missing = [
            name
            for name, field in fields_of(info.options).items()
            if field.default is attrs.NOTHING and not any(name in layer.values for layer in layers)
        ]
        if missing:
            return Finding(subject, "ok", f"ready; needs the option {', '.join(missing)}")
        options, _ = build_options(info.name, info.options, layers, info.credentials)
        require_credentials(info, options)
        return Finding(subject, "ok", f"ready{_models(info, options)}")
    except MissingCredentialError as error:
        return Finding(subject, "note", str(error))
    except PosehubError as error:
        return Finding(subject, "fail", str(error))


def _models(info: BackendInfo, options: Any) -> str:
    """Return in words which model files are still to be fetched, and their size.

    Raises:
        PosehubError: the plugin's function fails, or a file cannot be read.
    """
    files = [] if info.models is None else declared_files(info, options)
    files = with_others(files)
    lacking = [file for file in files if {state_of(file), result_state_of(file)} != {"present"}]
    if not lacking:
        return ""
    names = ", ".join(f"{file.name} ({file.size / 1e6:.1f} MB)" for file in lacking)
    return (
        f"; {len(lacking)} of {len(files)} model files are missing or damaged: {names}. They are "
        f"fetched when it is opened, or now: posehub models pull {info.name}"
    )
