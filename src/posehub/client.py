"""Where the pieces meet: a backend's name becomes a backend, with its options and wrappers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from posehub.backend import Backend, BackendInfo
from posehub.config import Settings, environment_name, option_layers, read_settings
from posehub.errors import ConfigError, MissingCredentialError, UnknownBackendError
from posehub.model import PoseResult
from posehub.options import CommonOptions, Layer, ServiceOptions, build_options, result_key
from posehub.registry import get_registry

_PREFERRED = "blazepose"


def open_backend(name: str | None = None, /, **options: Any) -> Backend:
    """Return the backend `name`, ready to detect; close it, or use it in a `with` block.

    Args:
        name: as `posehub backends` lists it; None for the configured default
            (POSEHUB_BACKEND, posehub.toml, else blazepose if installed).
        options: the backend's own options, and `cache` and `max_pixels`. They win over the
            environment, which wins over posehub.toml.

    Raises:
        UnknownBackendError: no installed plugin has this backend.
        UnknownOptionError: the backend has no such option.
        ConfigError: an option's value is not of its type or range.
        MissingCredentialError: the backend needs keys that were not given.
    """
    return open_with(name, Layer("argument", options))


def open_with(name: str | None, arguments: Layer) -> Backend:
    """Do as `open_backend`, with the options as a layer of settings."""
    settings = read_settings()
    info = get_registry().find(name or default_backend(settings))
    layers = option_layers(info, arguments, settings)
    options, common = build_options(info.name, info.options, layers, info.credentials)
    require_credentials(info, options)
    return _wrapped(info.factory(options), info, options, common)


def detect(image: Any, *, backend: str | None = None, **options: Any) -> PoseResult:
    """Return the people in one picture; opens and closes the backend around it.

    Args:
        image: a path, bytes, a binary file object, a PIL image, or a uint8 RGB array (H, W, 3).
        backend: name of a backend; None for the configured default.
        options: as for `open_backend`.

    Raises:
        PosehubError: as `open_backend` and `Backend.detect` say.
    """
    with open_backend(backend, **options) as opened:
        return opened.detect(image)


def default_backend(settings: list[Settings]) -> str:
    """Return the name of the default backend.

    Raises:
        UnknownBackendError: none is configured and blazepose is not installed.
    """
    configured = [os.environ.get("POSEHUB_BACKEND"), *(s.backend for s in settings)]
    for name in configured:
        if name:
            return name
    registry = get_registry()
    if _PREFERRED in registry.backends or any(p.plugin == _PREFERRED for p in registry.problems):
        return _PREFERRED
    raise UnknownBackendError(
        "No backend was named and there is no default. Name one, set POSEHUB_BACKEND, "
        f"or install the local one: pip install posehub-{_PREFERRED}"
    )


def given_credentials(info: BackendInfo, options: Any) -> list[tuple[str, ...]]:
    """Return the complete sets of credentials among `options`."""
    return [s for s in info.credentials if all(getattr(options, name) for name in s)]


def require_credentials(info: BackendInfo, options: Any) -> None:
    """Check that exactly one set of credentials is there.

    Raises:
        MissingCredentialError: none is complete; names the variables.
        ConfigError: several are.
    """
    if not info.credentials:
        return
    variables = {n: environment_name(info, n) for names in info.credentials for n in names}
    complete = given_credentials(info, options)
    if len(complete) > 1:
        found = " and ".join("+".join(variables[name] for name in names) for names in complete)
        raise ConfigError(
            f"{info.name} was given several kinds of credentials ({found}); keep one of them."
        )
    if not complete:
        lacking = [n for n in _half_given(info, options) if not getattr(options, n)]
        missing = (
            f" {', '.join(variables[name] for name in lacking)} is missing." if lacking else ""
        )
        ways = "; or ".join(" and ".join(variables[n] for n in names) for names in info.credentials)
        raise MissingCredentialError(
            f"{info.name} needs credentials.{missing} Set {ways}, "
            "or pass the options of the same meaning."
        )


def _half_given(info: BackendInfo, options: Any) -> tuple[str, ...]:
    for names in info.credentials:
        if any(getattr(options, name) for name in names):
            return names
    return ()


def _wrapped(backend: Backend, info: BackendInfo, options: Any, common: CommonOptions) -> Backend:
    """Put the wrappers on, from the inside out: limit, retry, cache.

    So that a cached answer costs no quota and every attempt takes its turn.
    """
    if not info.capabilities.thread_safe:
        from posehub.wrappers.serialize import Serialize

        backend = Serialize(backend)
    if isinstance(options, ServiceOptions):
        if options.qps is not None:
            from posehub.wrappers.limit import Limit

            backend = Limit(backend, qps=options.qps)
        if options.max_retries:
            from posehub.wrappers.retry import Retry

            backend = Retry(backend, max_retries=options.max_retries, deadline=options.deadline)
    if common.cache is not False:
        from posehub.wrappers.cache import Cache

        backend = Cache(backend, path=common.cache, key=_cache_key(info, options))
    backend.max_pixels = common.max_pixels
    return backend


def _cache_key(info: BackendInfo, options: Any) -> Mapping[str, Any]:
    return {"backend": info.name, "version": info.version, "options": result_key(options)}
