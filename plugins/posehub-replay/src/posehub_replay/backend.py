"""The backend: a recorded backend, speaking through a cassette in place of the network."""

from __future__ import annotations

from collections.abc import Sequence

from posehub import Backend, Image, PoseResult
from posehub.backends.info import BackendInfo
from posehub.cloud.service import retried
from posehub.errors import CassetteError
from posehub.plugins.registry import get_registry
from posehub.recording.cassette import read_cassette
from posehub.recording.player import Player
from posehub.recording.results import recorded_name, recording_of
from posehub_replay import INFO, ReplayOptions


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


def open_cassette(options: ReplayOptions) -> Backend:
    """Return a backend that plays the cassette in `options`.

    Raises:
        CassetteError: the cassette is missing, malformed, or of no backend that is installed.
        UnknownBackendError: the backend named in the options is not installed.
    """
    interactions = read_cassette(options.cassette)
    info = _recorded_backend(options, {interaction.url for interaction in interactions})
    recording = recording_of(info)
    calls = [call for call in interactions if recording.recognises(call.url)]
    if not calls:
        raise CassetteError(f"Cassette {options.cassette} holds no call of {info.name}.")
    player = Player(options.cassette, calls, recording.image_digest, options.match)
    # a recorded error that passed passes again, without the wait
    transport = retried(player, recording, options, waits=False)
    return ReplayBackend(recording.factory(info.options(), transport))


def _recorded_backend(options: ReplayOptions, urls: set[str]) -> BackendInfo:
    registry = get_registry()
    if options.backend is not None:
        return registry.find(options.backend)
    found = [
        info for info in registry.backends.values() if any(map(recording_of(info).recognises, urls))
    ]
    # results play without the plugin they were recorded with
    names = {recorded_name(url) for url in urls} - {None, *(info.name for info in found)}
    found += [_without_plugin(name) for name in sorted(filter(None, names))]
    if len(found) != 1:
        held = ", ".join(info.name for info in found) or "no installed backend"
        raise CassetteError(
            f"Cassette {options.cassette} holds calls of {held}; "
            "install the recorded backend's plugin, or name the one to play: backend='...'."
        )
    return found[0]


def _without_plugin(name: str) -> BackendInfo:
    return BackendInfo(
        name=name,
        summary="known from its recorded results only",
        factory=lambda options: get_registry().find(name).factory(options),
    )
