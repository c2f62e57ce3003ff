"""A transport that plays a cassette, records into it, or both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from posehub.backends.executor import ticket
from posehub.backends.transport import HttpRequest, HttpResponse, Recording, Transport
from posehub.cloud.clock import CLOCK, Clock
from posehub.errors import CassetteMissError, ConfigError
from posehub.recording.cassette import Interaction, read_cassette, write_cassette
from posehub.recording.player import Player

Mode = Literal["none", "once", "new", "all"]

_KEPT_HEADERS = ("content-type", "retry-after")
"""Other headers (dates, servers, cookies) differ in every response."""
_SAVE_EVERY = 10.0
"""Seconds between two saves while recording, so that a crash loses little."""


def plan(mode: str, exists: bool) -> tuple[bool, bool]:
    """Return whether to play the cassette, and whether to record what it does not hold.

    As in VCR: "none" only plays; "once" records a cassette that does not exist and plays one that
    does; "new" plays what is there and records the rest; "all" records everything anew.

    Raises:
        ConfigError: `mode` is none of these.
    """
    plans = {
        "none": (True, False),
        "once": (exists, not exists),
        "new": (exists, True),
        "all": (False, True),
    }
    if mode not in plans:
        raise ConfigError(f"mode must be one of {', '.join(plans)}, got {mode!r}.")
    return plans[mode]


class RecordingTransport:
    """A transport that plays recorded responses, or records those of a live transport.

    Args:
        path: path of the cassette.
        recording: how the backend's requests are recorded.
        mode: when to play and when to record.
        live: opens the live transport; called at the first request that is to be recorded.
        clock: the time.

    Attributes:
        records: whether requests can be recorded; if not, they are only played.

    Raises:
        CassetteError: the cassette is malformed, or missing and `mode` is "none".
    """

    def __init__(
        self,
        path: Path,
        recording: Recording,
        mode: Mode,
        live: Callable[[], Transport],
        clock: Clock = CLOCK,
    ) -> None:
        self._path = path
        self._recording = recording
        self._open_live = live
        self._live: Transport | None = None
        self._lock = threading.Lock()
        self._recorded: list[tuple[tuple[int, ...], Interaction]] = []
        self._clock = clock
        self._saved_at = clock.now()
        plays, self.records = plan(mode, path.exists())
        self._kept = read_cassette(path) if plays else []
        playable = [entry for entry in self._kept if recording.recognises(entry.url)]
        self._player = Player(path, playable, recording.image_digest) if plays else None

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the recorded response, or the live one.

        Raises:
            CassetteMissError: the cassette has no such response and the mode does not record.
        """
        if self._player is not None:
            try:
                return self._player.send(request)
            except CassetteMissError:
                if not self.records:
                    raise
        response = self._live_transport().send(request)
        self._add(request, response)
        return response

    def close(self) -> None:
        """Write the cassette if anything was recorded, and close the live transport."""
        try:
            with self._lock:
                self._save()
        finally:
            if self._live is not None:
                self._live.close()

    def _live_transport(self) -> Transport:
        with self._lock:
            if self._live is None:
                self._live = self._open_live()
            return self._live

    def _add(self, request: HttpRequest, response: HttpResponse) -> None:
        headers = {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        }
        interaction = Interaction(
            method=request.method,
            url=request.url,
            body=self._recording.reduced_body(request),
            response=HttpResponse(response.status, headers, response.body),
        )
        with self._lock:
            self._recorded.append((ticket(), interaction))
            if self._clock.now() - self._saved_at > _SAVE_EVERY:
                self._save()

    def _save(self) -> None:
        if not self._recorded:
            return
        # Threads finish in any order. Sorted in the order of the calls, the cassette is repeatable.
        ordered = sorted(self._recorded, key=lambda entry: entry[0])
        write_cassette(self._path, [*self._kept, *(interaction for _, interaction in ordered)])
        self._saved_at = self._clock.now()
