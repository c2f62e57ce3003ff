"""posehub's own format: one JSON object a line, one line a picture.

A line is `PoseResult.to_dict` with `image` and `image_id` beside it, as `posehub detect --json`
prints. Nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from posehub.errors import FormatError
from posehub.files import open_atomically
from posehub.formats import fields
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each line; each line names its skeleton."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield _record(line)
                except ValueError as error:
                    raise FormatError(f"{path}: line {number}: {error}") from error


def _record(line: bytes) -> Record:
    data = fields.parse(line)
    if isinstance(data, dict) and "error" in data:
        raise ValueError(f"is no result but an error: {fields.shown(data['error'])}; remove it")
    result = PoseResult.from_dict(data)
    image_id = None if data.get("image_id") is None else fields.whole_number(data, "image_id")
    return Record(fields.text(data, "image") if "image" in data else "", result, image_id)


def write(records: Iterable[Record], path: Path) -> None:
    """Write a line for each record."""
    with open_atomically(path) as file:
        for record in records:
            identity = {"image": record.image, "image_id": record.image_id}
            try:
                line = json.dumps(
                    identity | record.people.to_dict(), ensure_ascii=False, allow_nan=False
                )
            except (TypeError, ValueError) as error:  # in `raw` and 3-D, which nobody checks
                raise FormatError(f"{path}: picture {record} is no JSON: {error}") from error
            file.write(line.encode() + b"\n")
