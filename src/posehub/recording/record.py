"""Opening a backend so that its requests are recorded into a cassette, or played from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import evolve

from posehub.backends.base import Backend
from posehub.backends.layers import Layer
from posehub.backends.transport import Transport
from posehub.cloud.clock import CLOCK, NO_WAITING
from posehub.cloud.retry import RetryingTransport
from posehub.cloud.service import live_transport, policy_of
from posehub.plugins.opening import opened, require_credentials, resolve, surrounded
from posehub.recording.results import recording_of
from posehub.recording.transport import ADVICE, Mode, RecordingTransport


def record(
    name: str | None = None,
    /,
    *,
    cassette: str | os.PathLike[str],
    mode: Mode = "once",
    options: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> Backend:
    """Return the backend `name` with its requests recorded into a cassette, or played from it.

    Close it, or use it in a `with` block: closing writes the cassette, whole or not at all. Each
    response is on the disk at once, in a hidden journal beside the cassette. If the process is
    killed, the next recording of the cassette takes over what the journal has. Several recordings
    may add to one cassette at the same time. A cassette holds digests of images and no
    credentials. A backend without HTTP is recorded by its results. The result cache is not used.

    Args:
        name: as for `open_backend`.
        cassette: path of the cassette.
        mode: as in VCR: "once" records a cassette that does not exist and plays one that does;
            "new" plays recorded images and records others; "all" records everything again; "none"
            only plays, and needs no credentials.
        options: options of the backend; needed for an option that has the name of an argument of
            this function, such as `mode`.
        more: options of the backend, as for `open_backend`.

    Raises:
        CassetteError: the cassette is malformed, or missing and `mode` is "none".
        PosehubError: as for `open_backend`.
    """
    return record_with(name, Layer("argument", {**options, **more}), Path(cassette), mode)


def record_with(
    name: str | None, arguments: Layer, cassette: Path, mode: Mode, advice: str = ADVICE
) -> Backend:
    """Do as `record`, with the options as a layer of settings.

    `advice` is what to do about an image that is not recorded, in the words of the caller's user.
    """
    info, options, common = resolve(name, arguments)
    recording = recording_of(info)

    def live() -> Transport:
        require_credentials(info, options)
        return live_transport(recording, options)

    recorder = RecordingTransport(cassette, recording, mode, live, advice)
    clock = CLOCK if recorder.records else NO_WAITING
    transport = RetryingTransport(recorder, recording.fault, policy_of(options), clock)
    backend = opened(info, recording.factory, options, transport)
    return surrounded(backend, evolve(common, cache=False), {})
