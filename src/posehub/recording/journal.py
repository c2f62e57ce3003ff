"""The journal of a recording: what is recorded is on the disk at once, beside the cassette.

A journal is a hidden file of one JSON object a line. It is locked by its recorder and removed when
the cassette is written. One that is left, and is not locked, is of a recording that was killed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from attrs import frozen

from posehub.backends.transport import HttpResponse
from posehub.recording.interaction import Interaction
from posehub.recording.locks import try_lock

Order = tuple[int, ...]
"""The place of an interaction among those of its recording."""


class Journal:
    """Interactions of one recorder, appended to a file one by one.

    Args:
        cassette: path of the cassette; the journal is in the same folder.
    """

    def __init__(self, cassette: Path) -> None:
        self.path = cassette.with_name(f"{_prefix(cassette)}{secrets.token_hex(8)}.journal")
        self._file: BinaryIO | None = None
        self._whole = 0  # length of the file up to the last complete line

    def append(self, order: Order, interaction: Interaction) -> None:
        """Write one interaction.

        Raises:
            OSError: it cannot be written; those before are not affected.
        """
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
            try_lock(self._file)
        line = _line(order, interaction)
        try:
            written = self._file.write(line)
            if written != len(line):  # the disk is full
                raise OSError(None, "No space left on device")
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._whole)
                self._file.seek(self._whole)
            raise
        self._whole += len(line)

    def close(self) -> None:
        """Close the file, and leave it where it is."""
        if self._file is not None:
            self._file.close()

    def remove(self) -> None:
        """Remove the file: its interactions are in the cassette."""
        self.close()
        self.path.unlink(missing_ok=True)


@frozen
class Left:
    """A journal that its recorder has left.

    Attributes:
        path: the journal.
        interactions: what it holds, in the order of the calls.
    """

    path: Path
    interactions: list[Interaction]


def left_journals(cassette: Path) -> list[Left]:
    """Return the journals of a cassette whose recorders were killed, the oldest first."""
    return [Left(path, _read(path)) for path in _left_paths(cassette)]


def has_left_journals(cassette: Path) -> bool:
    """Return whether a recording of a cassette was killed before the cassette was written."""
    return next(_left_paths(cassette), None) is not None


def lock_path(cassette: Path) -> Path:
    """Return the file whose lock a recorder holds while it writes a cassette."""
    return cassette.with_name(f"{_prefix(cassette)}lock")


def _prefix(cassette: Path) -> str:
    """Return how the names of a cassette's journals begin; its own name may be too long to add."""
    return f".{hashlib.sha256(cassette.name.encode(errors='surrogateescape')).hexdigest()[:16]}."


def _left_paths(cassette: Path) -> Iterator[Path]:
    with suppress(OSError):
        found = cassette.parent.glob(f"{_prefix(cassette)}*.journal")
        for path in sorted(found, key=lambda path: path.stat().st_mtime_ns):
            if _is_left(path):
                yield path


def _is_left(path: Path) -> bool:
    try:
        with path.open("rb+") as file:
            return try_lock(file)
    except OSError:
        return False


def _read(path: Path) -> list[Interaction]:
    entries: list[tuple[Order, Interaction]] = []
    for line in path.read_bytes().splitlines():
        # the last line may be cut
        with suppress(ValueError, KeyError, TypeError):
            entries.append(_entry(json.loads(line)))
    return [interaction for _, interaction in sorted(entries, key=lambda entry: entry[0])]


def _line(order: Order, interaction: Interaction) -> bytes:
    response = interaction.response
    data = {
        "order": order,
        "method": interaction.method,
        "url": interaction.url,
        "body": base64.b64encode(interaction.body).decode(),
        "status": response.status,
        "headers": dict(response.headers),
        "response": base64.b64encode(response.body).decode(),
    }
    return json.dumps(data).encode() + b"\n"


def _entry(data: dict[str, Any]) -> tuple[Order, Interaction]:
    response = HttpResponse(data["status"], data["headers"], base64.b64decode(data["response"]))
    interaction = Interaction(data["method"], data["url"], base64.b64decode(data["body"]), response)
    return tuple(data["order"]), interaction
