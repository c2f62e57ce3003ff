"""Recorded responses as a posehub backend. Importing this module loads no image or YAML code."""

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
    """The cassette to play, and how."""

    cassette: Path = option(attrs.NOTHING, help="The cassette file, in VCR's YAML format.")
    match: Literal["digest", "sequence"] = option(
        "digest", help="Find responses by the image's digest, or play them in sequence."
    )
    backend: str | None = option(
        None, help="The recorded backend, if the URLs in the cassette do not identify it."
    )
    max_retries: int = option(
        3,
        help="Repeats of a request whose recorded response is a temporary error.",
        validator=attrs.validators.ge(0),
    )


def _open(options: ReplayOptions) -> Backend:
    # the YAML reader is imported only if a cassette is played
    from posehub_replay.backend import open_cassette

    return open_cassette(options)


INFO = BackendInfo(
    name="replay",
    summary="plays recorded responses of other backends (offline)",
    factory=_open,
    options=ReplayOptions,
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `replay`."""
    return [INFO]
