"""Where the pieces meet: a backend's name becomes a backend, with its options and wrappers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from posehub.backend import Backend, BackendInfo
from posehub.config import Settings, environment_name, option_layers, read_settings
from posehub.errors import (
    ConfigError,
    MissingCredentialError,
    MissingDependencyError,
    PluginError,
    PosehubError,
    UnknownBackendError,
)
from posehub.model import PoseResult
from posehub.options import CommonOptions, Layer, ServiceOptions, build_options, result_key
from posehub.registry import get_registry

if TYPE_CHECKING:
    from posehub.recording.tape import Mode
    from posehub.transport import Transport

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
        PluginError: the plugin is broken, or lacks a package.
    """
    return open_with(name, Layer("argument", options))


def open_with(name: str | None, arguments: Layer) -> Backend:
    """Do as `open_backend`, with the options as a layer of settings."""
    info, options, common = _resolve(name, arguments)
    require_credentials(info, options)
    backend = _made(info, options)
    try:
        return _wrapped(backend, info, options, common)
    except BaseException:
        backend.close()
        raise


def record(
    name: str | None = None,
    /,
    *,
    cassette: str | os.PathLike[str],
    mode: Mode = "once",
    options: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> Backend:
    """Return the backend `name` with its calls recorded into a cassette, or played from it.

    Close it, or use it in a `with` block: closing writes the cassette, whole or not at all. A
    cassette holds digests of pictures and no credentials. A backend without HTTP is recorded by
    its results. The result cache is left out.

    Args:
        name: as for `open_backend`.
        cassette: path of the cassette.
        mode: as in VCR: "once" records a cassette that does not exist and plays one that does;
            "new" plays what is there and records the rest; "all" records everything anew; "none"
            only plays, and needs no credentials.
        options: options of the backend; needed for one whose name is taken here, such as `mode`.
        more: options of the backend, as for `open_backend`.

    Raises:
        CassetteError: the cassette is malformed, or missing and `mode` is "none".
        PosehubError: as for `open_backend`.
    """
    return record_with(name, Layer("argument", {**options, **more}), Path(cassette), mode)


def record_with(name: str | None, arguments: Layer, cassette: Path, mode: Mode) -> Backend:
    """Do as `record`, with the options as a layer of settings."""
    # the YAML reader is imported only by who records
    from posehub.recording.results import recording_of
    from posehub.recording.tape import PacedTransport, Tape

    info, options, common = _resolve(name, arguments)
    recording = recording_of(info)

    def live() -> Transport:
        require_credentials(info, options)
        transport = recording.transport(options)
        qps = _qps(options)
        return transport if qps is None else PacedTransport(transport, qps)

    tape = Tape(cassette, recording, mode, live)
    backend = _serialized(recording.factory(options, tape), info)
    backend = _retried(backend, options, waits=tape.records)
    backend.max_pixels = common.max_pixels
    return backend


def _resolve(name: str | None, arguments: Layer) -> tuple[BackendInfo, Any, CommonOptions]:
    settings = read_settings()
    info = get_registry().find(name or default_backend(settings))
    layers = option_layers(info, arguments, settings)
    options, common = build_options(info.name, info.options, layers, info.credentials)
    return info, options, common


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


def _made(info: BackendInfo, options: Any) -> Backend:
    """Call the factory of a plugin, which is other people's code."""
    try:
        return info.factory(options)
    except PosehubError:
        raise
    except ImportError as error:
        raise MissingDependencyError(
            f"{info.name} needs a package that is not installed: {error}. Install the plugin again."
        ) from error
    except Exception as error:
        raise PluginError(
            f"{info.name} failed to open with {type(error).__name__}: {error}. "
            "This is a fault of the plugin; please report it to its authors."
        ) from error


def _wrapped(backend: Backend, info: BackendInfo, options: Any, common: CommonOptions) -> Backend:
    """Put the wrappers on, from the inside out: limit, retry, cache.

    So that a cached answer costs no quota and every attempt takes its turn.
    """
    backend = _serialized(backend, info)
    qps = _qps(options)
    if qps is not None:
        from posehub.wrappers.limit import Limit

        backend = Limit(backend, qps=qps)
    backend = _retried(backend, options)
    if common.cache is not False:
        from posehub.wrappers.cache import Cache

        backend = Cache(backend, path=common.cache, key=_cache_key(info, options))
    backend.max_pixels = common.max_pixels
    return backend


def _serialized(backend: Backend, info: BackendInfo) -> Backend:
    if info.capabilities.thread_safe:
        return backend
    from posehub.wrappers.serialize import Serialize

    return Serialize(backend)


def _retried(backend: Backend, options: Any, *, waits: bool = True) -> Backend:
    if not isinstance(options, ServiceOptions) or not options.max_retries:
        return backend
    from posehub.wrappers.retry import Retry

    return Retry(backend, max_retries=options.max_retries, deadline=options.deadline, waits=waits)


def _qps(options: Any) -> float | None:
    return options.qps if isinstance(options, ServiceOptions) else None


def _cache_key(info: BackendInfo, options: Any) -> Mapping[str, Any]:
    return {"backend": info.name, "version": info.version, "options": result_key(options)}
