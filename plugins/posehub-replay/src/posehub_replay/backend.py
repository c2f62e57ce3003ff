"""The backend: a recorded backend whose requests go to a cassette and not to the network."""

from __future__ import annotations

import math
from collections.abc import Sequence

from posehub import Backend, Image, PoseResult
from posehub.backends.info import BackendInfo
from posehub.cloud.clock import NO_WAITING
from posehub.cloud.retry import RetryingTransport, RetryPolicy
from posehub.errors import CassetteError
from posehub.plugins.registry import get_registry
from posehub.recording.cassette import read_cassette
from posehub.recording.player import Player
from posehub.recording.results import recorded_name, recording_of
from posehub_replay import INFO, ReplayOptions


class ReplayBackend(Backend):
    """Passes images to the recorded backend.

    Args:
        recorded: the recorded backend, on a transport that plays the cassette.
    """

    info = INFO

    def __init__(self, recorded: Backend) -> None:
        self._recorded = recorded

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the recorded people in each image."""
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
    interactions = read_cassette(options.cassette, _is_known)
    info = _recorded_backend(options, {interaction.url for interaction in interactions})
    recording = recording_of(info)
    playable = [one for one in interactions if recording.recognises(one.url)]
    if not playable:
        raise CassetteError(f"Cassette {options.cassette} has no request of {info.name}.")
    player = Player(options.cassette, playable, recording.image_digest, options.match)
    policy = RetryPolicy(options.max_retries, deadline=math.inf)
    transport = RetryingTransport(player, recording.fault, policy, NO_WAITING)
    # a backend that is recorded by its results needs no options, and some may be required
    own_options = None if info.recording is None else info.options()
    return ReplayBackend(recording.factory(own_options, transport))


def _is_known(url: str) -> bool:
    """Return whether a request is one of a backend, and so must be readable."""
    if recorded_name(url) is not None:
        return True
    return any(recording_of(info).recognises(url) for info in get_registry().backends.values())


def _recorded_backend(options: ReplayOptions, urls: set[str]) -> BackendInfo:
    registry = get_registry()
    if options.backend is not None:
        return registry.find(options.backend)
    found = [
        info for info in registry.backends.values() if any(map(recording_of(info).recognises, urls))
    ]
    # recorded results can be played without the plugin
    names = {recorded_name(url) for url in urls} - {None, *(info.name for info in found)}
    found += [_without_plugin(name) for name in sorted(filter(None, names))]
    if len(found) != 1:
        held = ", ".join(info.name for info in found) or "no installed backend"
        raise CassetteError(
            f"Cassette {options.cassette} has requests of {held}. Install the plugin of the "
            "recorded backend, or name the backend to play: backend='...'."
        )
    return found[0]


def _without_plugin(name: str) -> BackendInfo:
    return BackendInfo(
        name=name,
        summary="known only from recorded results",
        factory=lambda options: get_registry().find(name).factory(options),
    )
