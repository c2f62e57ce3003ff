"""A service's own replies as files, one a picture; the backend's plugin knows their form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from posehub.backend import ReplyFormat
from posehub.formats.folder import read_files, write_files
from posehub.formats.record import Record
from posehub.model import PoseResult

_ENDING = ".json"


def read(path: Path, replies: ReplyFormat) -> Iterator[Record]:
    """Yield a record for each saved reply of a folder, or for the one file."""
    return read_files(path, _ENDING, replies.decode)


def write(records: Iterable[Record], path: Path, replies: ReplyFormat) -> None:
    """Write a folder of replies, or one file if `path` ends in ".json"."""

    def encode(result: PoseResult) -> bytes:
        reply = replies.encode(result)
        return json.dumps(reply, ensure_ascii=False, allow_nan=False).encode() + b"\n"

    write_files(records, path, _ENDING, encode)
