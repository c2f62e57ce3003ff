"""The hash of a large file, noted beside it, so that the file is not read at every use."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from attrs import asdict, frozen

from posehub.errors import ConfigError
from posehub.files import write_atomically


@frozen
class Note:
    """What was found when a file was hashed.

    Attributes:
        size: bytes of the file.
        mtime_ns: time of its last change.
        sha256: its hash.
        made_from: what it was converted from, and by what; "" if it is as published.
    """

    size: int
    mtime_ns: int
    sha256: str
    made_from: str


def note_path(path: Path) -> Path:
    """Return where the note of a file is."""
    return path.with_name(f".{path.name}.json")


def read_note(path: Path) -> Note | None:
    """Return the note of a file, or None if there is none that can be read."""
    try:
        return Note(**json.loads(note_path(path).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_note(path: Path, sha256: str, made_from: str = "") -> None:
    """Note the hash of a file.

    Raises:
        OSError: the file does not exist.
    """
    _write(path, _note(path.stat(), sha256, made_from))


def has_hash(path: Path, sha256: str, made_from: str = "", *, hashed: bool) -> bool:
    """Return whether a file has a hash; by its note, if size and time say that it is unchanged.

    Args:
        path: of the file.
        sha256: the hash it should have.
        made_from: what it was converted from, for the note.
        hashed: hash the file in any case.

    Raises:
        OSError: the file cannot be read.
    """
    # before the file is read: if it is replaced meanwhile, the note will not fit
    current = _note(path.stat(), sha256, made_from)
    noted = read_note(path) == current
    if noted and not hashed:
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            return False
    if not noted:
        _write(path, current)
    return True


def _note(status: os.stat_result, sha256: str, made_from: str) -> Note:
    return Note(status.st_size, status.st_mtime_ns, sha256, made_from)


def _write(path: Path, note: Note) -> None:
    # in a folder that is read-only the file is hashed again next time
    with suppress(OSError, ConfigError):
        write_atomically(note_path(path), json.dumps(asdict(note)).encode())
