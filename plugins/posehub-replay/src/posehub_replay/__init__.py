"""Recorded answers as a posehub backend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs
from attrs import frozen

from posehub import BackendInfo, hookimpl, option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from posehub import Backend


@frozen
class ReplayOptions:
    """Which recording to play, and how."""

    cassette: Path = option(attrs.NOTHING, help="The cassette file, in VCR's YAML format.")
    match: Literal["digest", "sequence"] = option(
        "digest", help="Find answers by the picture's digest, or play them in order."
    )
    backend: str | None = option(
        None, help="The recorded backend, if the cassette's URLs do not tell it."
    )
    max_retries: int = option(
        3,
        help="Repeats of a call whose recorded answer is a passing error.",
        validator=attrs.validators.ge(0),
    )


def _open(options: ReplayOptions) -> Backend:
    # the YAML reader is imported only by who really plays a cassette
    from posehub_replay.backend import open_cassette

    return open_cassette(options)


INFO = BackendInfo(
    name="replay",
    summary="plays recorded answers of other backends (offline)",
    factory=_open,
    options=ReplayOptions,
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `replay`."""
    return [INFO]
