"""Settings from outside the program: environment variables and posehub.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from posehub.backend import BackendInfo
from posehub.errors import ConfigError, nearest
from posehub.options import Layer, fields_of

FILE_NAME = "posehub.toml"
_KEYS = ("backend", "backends")


@frozen
class Settings:
    """One posehub.toml: the default backend, and options by backend.

    Attributes:
        source: where it was read, for messages.
        backend: name of the default backend, or None.
        backends: backend name -> option name -> value.
    """

    source: str
    backend: str | None = None
    backends: Mapping[str, Mapping[str, Any]] = field(factory=dict)


def read_settings() -> list[Settings]:
    """Return the project's settings, then the user's; missing files are left out.

    The project's is the nearest posehub.toml in the working directory or above it.

    Raises:
        ConfigError: a file cannot be read or has a key posehub does not know.
    """
    from platformdirs import user_config_path

    folder = Path.cwd()
    project = [parent / FILE_NAME for parent in (folder, *folder.parents)]
    nearest_file = next((path for path in project if path.is_file()), None)
    user_file = user_config_path("posehub") / FILE_NAME
    paths = [nearest_file] if nearest_file else []
    if user_file.is_file() and user_file not in paths:
        paths.append(user_file)
    return [_read(path) for path in paths]


def option_layers(info: BackendInfo, arguments: Layer, settings: list[Settings]) -> list[Layer]:
    """Return the sources of a backend's options, strongest first."""
    files = [Layer(s.source, s.backends[info.name]) for s in settings if info.name in s.backends]
    return [arguments, _environment(info), *files]


def environment_name(info: BackendInfo, option: str) -> str:
    """Return the environment variable that sets an option of a backend."""
    explicit = fields_of(info.options)[option].metadata.get("env")
    return explicit or f"{_prefix(info)}{option.upper()}"


def _prefix(info: BackendInfo) -> str:
    return f"POSEHUB_{info.name.upper().replace('-', '_')}_"


def _environment(info: BackendInfo) -> Layer:
    values = {}
    for option in fields_of(info.options):
        text = os.environ.get(environment_name(info, option))
        if text:  # an empty variable is how a shell unsets one
            values[option] = text
    known = {environment_name(info, option) for option in fields_of(info.options)}
    for variable in os.environ:
        if variable.startswith(_prefix(info)) and variable not in known:
            # left to the options' own check, which names the valid ones
            values[variable.removeprefix(_prefix(info)).lower()] = os.environ[variable]
    return Layer("environment", values, text=True)


def _read(path: Path) -> Settings:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Cannot read {path}: {error}.") from error
    for key in data:
        if key not in _KEYS:
            raise ConfigError(
                f"{path} has the unknown key {key!r}.{nearest(key, _KEYS)} "
                f"Known: {', '.join(_KEYS)}; options go into [backends.NAME]."
            )
    backend, backends = data.get("backend"), data.get("backends", {})
    if backend is not None and not isinstance(backend, str):
        raise ConfigError(f"{path}: backend must be a name, got {backend!r}.")
    if not isinstance(backends, dict) or not all(isinstance(v, dict) for v in backends.values()):
        raise ConfigError(f"{path}: backends must hold tables, such as [backends.baidu].")
    return Settings(str(path), backend, backends)
