"""Opening: a backend's name becomes a backend with its options, and the result cache around it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from posehub.backends.base import Backend
from posehub.backends.credentials import check_credentials
from posehub.backends.info import BackendInfo
from posehub.backends.layers import Layer, build_options, fields_of, result_key
from posehub.backends.options import CommonOptions
from posehub.backends.spec import BackendSpec
from posehub.errors import (
    MissingDependencyError,
    PluginError,
    PosehubError,
    UnknownBackendError,
    described,
)
from posehub.images.loading import ImageSource
from posehub.plugins.known import DEFAULTS, KNOWN, install_command
from posehub.plugins.registry import Registry, get_registry
from posehub.plugins.settings import Settings, environment_name, option_layers, read_settings
from posehub.poses.result import PoseResult


def open_backend(name: str | None = None, /, **options: Any) -> Backend:
    """Return the backend `name`, ready to detect; close it, or use it in a `with` block.

    Args:
        name: as `posehub backends` lists it; None for the configured default
            (POSEHUB_BACKEND, posehub.toml, else the first of `posehub.plugins.known.DEFAULTS`
            that is installed).
        options: the backend's own options, and `cache` and `max_pixels`. They win over the
            environment, which wins over posehub.toml.

    Raises:
        UnknownBackendError: no installed plugin has this backend.
        UnknownOptionError: the backend has no such option.
        ConfigError: an option's value is not of its type or range.
        MissingCredentialError: the backend needs keys that were not given.
        PluginError: the plugin is broken, or lacks a package.
    """
    return open_with(name, Layer("argument", options))


def open_with(name: str | None, arguments: Layer) -> Backend:
    """Do as `open_backend`, with the options as a layer of settings."""
    info, options, common = resolve(name, arguments)
    require_credentials(info, options)
    backend = opened(info, info.factory, options)
    try:
        backend = surrounded(backend, common, _cache_key(info, options))
    except BaseException:
        backend.close()
        raise
    backend.spec = _spec(info, arguments, options, common)
    return backend


def detect(image: ImageSource, *, backend: str | None = None, **options: Any) -> PoseResult:
    """Return the people in one image; opens and closes the backend around it.

    Args:
        image: a path, bytes, a binary file object, a PIL image, or a uint8 RGB array (H, W, 3).
        backend: name of a backend; None for the configured default.
        options: as for `open_backend`.

    Raises:
        PosehubError: as `open_backend` and `Backend.detect` say.
    """
    with open_backend(backend, **options) as opened:
        return opened.detect(image)


def resolve(name: str | None, arguments: Layer) -> tuple[BackendInfo, Any, CommonOptions]:
    """Return a backend's description, its own options and the common ones.

    Raises:
        PosehubError: as `open_backend` says.
    """
    settings = read_settings()
    info = get_registry().find(name or default_backend(settings))
    layers = option_layers(info, arguments, settings)
    options, common = build_options(info.name, info.options, layers, info.credentials)
    return info, options, common


def surrounded(backend: Backend, common: CommonOptions, cache_key: Mapping[str, Any]) -> Backend:
    """Put around a backend what its description and the common options ask for."""
    if not backend.capabilities.thread_safe:
        from posehub.backends.serialize import Serialize

        backend = Serialize(backend)
    if common.cache is not False:
        from posehub.backends.cache import Cache

        backend = Cache(backend, path=common.cache, key=cache_key)
    backend.max_pixels = common.max_pixels
    return backend


def default_backend(settings: list[Settings], registry: Registry | None = None) -> str:
    """Return the name of the default backend, of the installed plugins unless given.

    Raises:
        UnknownBackendError: none is configured, and none of the default ones is installed.
    """
    configured = [os.environ.get("POSEHUB_BACKEND"), *(s.backend for s in settings)]
    for name in configured:
        if name:
            return name
    registry = registry or get_registry()
    installed = {*registry.backends, *(problem.plugin for problem in registry.problems)}
    for name in DEFAULTS:
        if name in installed:
            return name
    local = next(name for name in DEFAULTS if name in KNOWN)
    raise UnknownBackendError(
        "No backend was named and there is no default. Name one, set POSEHUB_BACKEND, "
        f"or install a local one: {install_command(local)}"
    )


def require_credentials(info: BackendInfo, options: Any) -> None:
    """Check that exactly one set of credentials is given.

    Raises:
        MissingCredentialError: none is complete; names the variables.
        ConfigError: several are.
    """
    variables = {n: environment_name(info, n) for names in info.credentials for n in names}
    check_credentials(info, options, variables)


def opened(info: BackendInfo, factory: Callable[..., Backend], *arguments: Any) -> Backend:
    """Call a factory of the plugin that has the backend `info`; it may raise anything.

    Raises:
        PosehubError: as the factory raised it, or in the place of any other error.
    """
    try:
        backend = factory(*arguments)
    except PosehubError:
        raise
    except ImportError as error:
        raise MissingDependencyError(
            f"{info.name} needs a package that is not installed: {described(error)}. "
            "Install the plugin again."
        ) from error
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{info.name} failed to open with {described(error)}. "
            "This is a fault of the plugin; please report it to its authors."
        ) from error
    if not isinstance(backend, Backend):
        raise PluginError(
            f"The factory of {info.name} returned a {type(backend).__name__} instead of a Backend. "
            "This is a fault of the plugin; please report it to its authors."
        )
    return backend


def _cache_key(info: BackendInfo, options: Any) -> Mapping[str, Any]:
    return {"backend": info.name, "version": info.version, "options": result_key(options)}


def _spec(info: BackendInfo, arguments: Layer, options: Any, common: CommonOptions) -> BackendSpec:
    """Return what opens an equal backend: every option, but secrets only if they are arguments."""
    resolved = {
        name: getattr(options if hasattr(options, name) else common, name)
        for name, field in fields_of(info.options).items()
        if not field.metadata["secret"] or name in arguments.values
    }
    return BackendSpec(info.name, resolved, info.version)
