"""Settings from outside the program: environment variables and posehub.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from posehub.backends.info import BackendInfo
from posehub.backends.layers import Layer, fields_of, is_personal
from posehub.errors import ConfigError, nearest

FILE_NAME = "posehub.toml"
_KEYS = ("backend", "backends")


@frozen
class Settings:
    """One posehub.toml: the default backend, and options by backend.

    Attributes:
        path: of the file.
        is_project: whether it is the project's file and not the user's own.
        backend: name of the default backend, or None.
        backends: backend name -> option name -> value.
    """

    path: Path
    is_project: bool
    backend: str | None = None
    backends: Mapping[str, Mapping[str, Any]] = field(factory=dict)


def read_settings() -> list[Settings]:
    """Return the project's settings, then the user's; missing files are skipped.

    The project's is the nearest posehub.toml in the working directory or above it.

    Raises:
        ConfigError: a file cannot be read or has a key posehub does not know.
    """
    project = [folder / FILE_NAME for folder in _working_folders()]
    nearest_file = next(filter(_is_file, project), None)
    own_file = user_file()
    settings = []
    if nearest_file and nearest_file != own_file:
        settings.append(_read(nearest_file, is_project=True))
    if _is_file(own_file):
        settings.append(_read(own_file, is_project=False))
    return settings


def _working_folders() -> list[Path]:
    """Return the working folder and those above it; none if it was deleted."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        return []
    return [folder, *folder.parents]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # such as of a folder that may not be read
        raise ConfigError(f"Cannot read {path}: {error.strerror}.") from error


def user_file() -> Path:
    """Return where the user's own settings are, whether the file exists or not."""
    from platformdirs import user_config_path

    return user_config_path("posehub") / FILE_NAME


def option_layers(info: BackendInfo, arguments: Layer, settings: list[Settings]) -> list[Layer]:
    """Return the sources of a backend's options, strongest first.

    Raises:
        ConfigError: a project's file sets what only the user may: keys, and where requests go.
    """
    files = [_layer(info, one) for one in settings if info.name in one.backends]
    return [arguments, _environment(info), *files]


def _layer(info: BackendInfo, settings: Settings) -> Layer:
    values = settings.backends[info.name]
    for name, option in fields_of(info.options).items():
        if settings.is_project and name in values and is_personal(option):
            raise ConfigError(
                f"{settings.path} may not set the option {name!r} of {info.name}: a project's file "
                "would decide where keys and images are sent. Set it as an argument, by the "
                f"variable {environment_name(info, name)}, or in {user_file()}."
            )
    return Layer(str(settings.path), values, folder=settings.path.parent)


def environment_name(info: BackendInfo, option: str) -> str:
    """Return the environment variable that sets an option of a backend."""
    explicit = fields_of(info.options)[option].metadata.get("env")
    return explicit or f"POSEHUB_{info.name.upper().replace('-', '_')}_{option.upper()}"


def _environment(info: BackendInfo) -> Layer:
    values = {}
    for option in fields_of(info.options):
        text = os.environ.get(environment_name(info, option))
        if text:  # an empty variable is how a shell unsets one
            values[option] = text
    variables = {option: environment_name(info, option) for option in values}
    return Layer("environment", values, text=True, origins=variables)


def _read(path: Path, *, is_project: bool) -> Settings:
    import tomllib

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
        raise ConfigError(f"{path}: backends must hold tables, such as [backends.NAME].")
    return Settings(path, is_project, backend, backends)
