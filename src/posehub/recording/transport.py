"""A transport that plays a cassette, records into it, or both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from posehub.backends.executor import ticket
from posehub.backends.transport import HttpRequest, HttpResponse, Recording, Transport
from posehub.errors import CassetteError, CassetteMissError, ConfigError
from posehub.files import check_output
from posehub.recording.cassette import interactions_in, read_cassette, write_cassette
from posehub.recording.interaction import Interaction
from posehub.recording.journal import Journal, Order, left_journals, lock_path
from posehub.recording.locks import locked
from posehub.recording.player import Player

Mode = Literal["none", "once", "new", "all"]

_KEPT_HEADERS = ("content-type", "retry-after")
"""Other headers (dates, servers, cookies) differ in every response."""
ADVICE = "Record it too: mode='new'."


def plan(mode: str, exists: bool, killed: bool = False) -> tuple[bool, bool]:
    """Return whether to play the cassette, and whether to record what it does not hold.

    As in VCR: "none" only plays; "once" records a cassette that does not exist and plays one that
    does; "new" plays what is there and records the rest; "all" records everything anew.

    Args:
        mode: one of the above.
        exists: whether the cassette does.
        killed: whether a recording of it was killed, and is to be completed.

    Raises:
        ConfigError: `mode` is none of these.
    """
    plans = {
        "none": (True, False),
        "once": (exists or killed, not exists or killed),
        "new": (exists or killed, True),
        "all": (False, True),
    }
    if mode not in plans:
        raise ConfigError(f"mode must be one of {', '.join(plans)}, got {mode!r}.")
    return plans[mode]


class RecordingTransport:
    """A transport that plays recorded responses, or records those of a live transport.

    Each recorded response is on the disk at once, in a journal beside the cassette; the cassette is
    written when the transport is closed. Several transports may record into one cassette.

    Args:
        path: path of the cassette.
        recording: how the backend's requests are recorded.
        mode: when to play and when to record.
        live: opens the live transport; called at the first request that is to be recorded.
        advice: what to do about an image that is not recorded, if the mode does not record.

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
        advice: str = ADVICE,
    ) -> None:
        self._path = path
        self._recording = recording
        self._open_live = live
        self._live: Transport | None = None
        self._lock = threading.Lock()
        self._recorded: list[tuple[Order, Interaction]] = []
        self._pending: list[tuple[Order, Interaction]] = []  # recorded, and not yet in the journal
        self._journal = Journal(path)
        exists, left = path.exists(), left_journals(path)
        plays, self.records = plan(mode, exists, bool(left))
        if self.records:
            check_output(path)
        # what is replaced if everything is recorded again
        self._before = path.read_bytes() if self.records and exists else b""
        self._superseded = set() if plays else {journal.path for journal in left}
        self._completes = self.records and plays and bool(left)
        self._kept: list[Interaction] = []
        self._player: Player | None = None
        if plays:
            held = self._kept = self._read(exists)
            if self.records:
                held = [*held, *(one for journal in left for one in journal.interactions)]
            elif left:
                advice += " A recording of this cassette was interrupted."
            playable = [entry for entry in held if recording.recognises(entry.url)]
            self._player = Player(path, playable, recording.image_digest, advice=advice)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the recorded response, or the live one.

        Raises:
            CassetteMissError: the cassette has no such response and the mode does not record.
            CassetteError: an earlier response cannot be written, so that this request is not sent.
        """
        if self._player is not None:
            try:
                return self._player.send(request)
            except CassetteMissError:
                if not self.records:
                    raise
        # nothing is paid for that could not be kept
        self._write_pending()
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

    def _read(self, exists: bool) -> list[Interaction]:
        if not self.records:
            return read_cassette(self._path, self._recording.recognises)
        # written again, it must have been read completely
        return read_cassette(self._path) if exists else []

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
        entry = (ticket(), interaction)
        with self._lock:
            self._recorded.append(entry)
            self._pending.append(entry)
        # a full disk must not take the response from the caller; the next request reports it
        with suppress(CassetteError):
            self._write_pending()

    def _write_pending(self) -> None:
        """Write to the journal what is not yet there.

        Raises:
            CassetteError: it cannot be written.
        """
        with self._lock:
            try:
                while self._pending:
                    self._journal.append(*self._pending[0])
                    self._pending.pop(0)
            except OSError as error:
                raise CassetteError(
                    f"Cannot record into {self._journal.path}: {error.strerror}. No request is "
                    "sent until this is possible."
                ) from error

    def _save(self) -> None:
        if not self._recorded and not self._completes:
            return
        # Threads finish in any order. Sorted in the order of the calls, the cassette is repeatable.
        ordered = [one for _, one in sorted(self._recorded, key=lambda entry: entry[0])]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(lock_path(self._path)):
                left = left_journals(self._path)
                adopted = [
                    one
                    for journal in left
                    for one in journal.interactions
                    if journal.path not in self._superseded
                ]
                write_cassette(self._path, [*self._held(), *adopted, *ordered])
                for journal in left:
                    journal.path.unlink(missing_ok=True)
        except (OSError, CassetteError) as error:
            self._journal.close()
            reason = f"Cannot write cassette {self._path}: {getattr(error, 'strerror', '')}."
            kept = len(ordered) - len(self._pending)
            raise CassetteError(
                f"{error if isinstance(error, CassetteError) else reason} {kept} of {len(ordered)} "
                f"recorded responses are in {self._journal.path}; the next recording of this "
                "cassette takes them over."
            ) from error
        self._journal.remove()
        self._recorded.clear()
        self._completes = False

    def _held(self) -> list[Interaction]:
        """Return what the cassette has and is to keep, also from recorders that wrote meanwhile."""
        now = self._path.read_bytes() if self._path.exists() else b""
        if now == self._before:
            return self._kept
        found = interactions_in(now, self._path)
        return found if self._player is not None else _beyond(found, self._before, self._path)


def _beyond(found: list[Interaction], before: bytes, path: Path) -> list[Interaction]:
    """Return the interactions that are not in the earlier content of a cassette."""
    try:
        old = interactions_in(before, path)
    except CassetteError:
        return found
    added = []
    for interaction in found:
        if interaction in old:
            old.remove(interaction)
        else:
            added.append(interaction)
    return added
