"""The backend: a recorded backend, speaking through a cassette in place of the network."""

from __future__ import annotations

from collections.abc import Sequence

from posehub import Backend, Image, PoseResult
from posehub.backend import BackendInfo
from posehub.errors import CassetteError, ConfigError
from posehub.registry import get_registry
from posehub_replay import INFO, ReplayOptions
from posehub_replay.cassette import Interaction, read_cassette
from posehub_replay.player import Player


class ReplayBackend(Backend):
    """Hands pictures to the recorded backend; its requests end at the cassette."""

    info = INFO

    def __init__(self, recorded: Backend) -> None:
        self._recorded = recorded

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the recorded people of each picture."""
        return self._recorded.detect_batch(images)

    def close(self) -> None:
        """Close the recorded backend."""
        self._recorded.close()


def open_cassette(options: ReplayOptions) -> ReplayBackend:
    """Return a backend that plays the cassette in `options`.

    Raises:
        CassetteError: the cassette is missing, malformed, or of no backend that is installed.
        UnknownBackendError: the backend named in the options is not installed.
        ConfigError: the backend named in the options cannot be recorded.
    """
    interactions = read_cassette(options.cassette)
    info = _recorded_backend(options, interactions)
    assert info.recording is not None
    calls = [i for i in interactions if info.recording.recognises(i.url)]
    player = Player(options.cassette, calls, info.recording.image_digest, options.match)
    return ReplayBackend(info.recording.factory(player))


def _recorded_backend(options: ReplayOptions, interactions: Sequence[Interaction]) -> BackendInfo:
    registry = get_registry()
    if options.backend is not None:
        info = registry.find(options.backend)
        if info.recording is None:
            raise ConfigError(f"Backend {info.name!r} cannot be recorded or replayed.")
        return info
    urls = {interaction.url for interaction in interactions}
    found = [
        info
        for info in registry.backends.values()
        if info.recording is not None and any(map(info.recording.recognises, urls))
    ]
    if len(found) != 1:
        names = ", ".join(info.name for info in found) or "no installed backend"
        raise CassetteError(
            f"Cassette {options.cassette} holds calls of {names}; "
            "install the recorded backend's plugin, or name the one to play: backend='...'."
        )
    return found[0]
