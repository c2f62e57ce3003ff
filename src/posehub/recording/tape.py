"""A transport that plays a cassette, records into it, or both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from posehub.backends.executor import ticket
from posehub.backends.transport import HttpRequest, HttpResponse, Recording, Transport
from posehub.errors import CassetteMissError, ConfigError
from posehub.recording.cassette import Interaction, read_cassette, write_cassette
from posehub.recording.player import Player

Mode = Literal["none", "once", "new", "all"]

_KEPT_HEADERS = ("content-type", "retry-after")
"""What a response's other headers say (dates, servers, cookies) changes with every call."""
_SAVE_EVERY = 10.0
"""Seconds after which a recording under way is saved, so that a crash loses little."""


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


class Tape:
    """Answers from the cassette where it may, else from the live transport, and remembers that.

    Args:
        path: of the cassette.
        recording: how the backend's calls go onto it.
        mode: when to play and when to record.
        live: opens the live transport; called only if something is to be recorded.

    Attributes:
        records: whether anything can be recorded; if not, the tape only plays.

    Raises:
        CassetteError: the cassette is malformed, or missing and mode is "none".
    """

    def __init__(
        self, path: Path, recording: Recording, mode: Mode, live: Callable[[], Transport]
    ) -> None:
        self._path = path
        self._recording = recording
        self._open_live = live
        self._live: Transport | None = None
        self._lock = threading.Lock()
        self._recorded: list[tuple[tuple[int, ...], Interaction]] = []
        self._saved_at = time.monotonic()
        plays, self.records = plan(mode, path.exists())
        self._kept = read_cassette(path) if plays else []
        calls = [entry for entry in self._kept if recording.recognises(entry.url)]
        self._player = Player(path, calls, recording.image_digest) if plays else None

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the recorded response, or the live one.

        Raises:
            CassetteMissError: the cassette holds none and may not be added to.
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
        """Write what was recorded, and close the live transport."""
        with self._lock:
            self._save()
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
            if time.monotonic() - self._saved_at > _SAVE_EVERY:
                self._save()

    def _save(self) -> None:
        if not self._recorded:
            return
        # threads finish in any order; sorted by when they were asked, a recording can be repeated
        ordered = sorted(self._recorded, key=lambda entry: entry[0])
        write_cassette(self._path, [*self._kept, *(interaction for _, interaction in ordered)])
        self._saved_at = time.monotonic()
