"""Opening a backend so that its calls are recorded into a cassette, or played from it."""

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
from posehub.cloud.service import live_transport, retried
from posehub.plugins.opening import require_credentials, resolve, surrounded
from posehub.recording.results import recording_of
from posehub.recording.tape import Mode, Tape


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
    cassette holds digests of images and no credentials. A backend without HTTP is recorded by
    its results. The result cache is not used.

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
    info, options, common = resolve(name, arguments)
    recording = recording_of(info)

    def live() -> Transport:
        require_credentials(info, options)
        return live_transport(recording, options)

    tape = Tape(cassette, recording, mode, live)
    transport = retried(tape, recording, options, waits=tape.records)
    return surrounded(recording.factory(options, transport), evolve(common, cache=False), {})
