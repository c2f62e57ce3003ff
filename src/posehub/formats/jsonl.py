"""posehub's own format: a JSON object on each line, one for each image.

The line of an image has `image` (its name); `image_id`, `digest`, `frame` and `time` if they are
known; and the fields of `PoseResult.to_dict`. `size` is there only if it is not the result's
`image_size`. The line of a failed image has `size` if it is known and, in the place of the result,
`error`: an object of `type`, `message` and, if known, `code` and `request_id`. Nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from posehub.errors import FormatError, PosehubError
from posehub.files import open_atomically
from posehub.formats import fields
from posehub.formats.bounded import BYTE_ORDER_MARK
from posehub.formats.error_values import error_of, values_of
from posehub.formats.faults import located
from posehub.formats.notes import Notes
from posehub.poses.json import dumps, loads
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton


def read(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield a record for each line; each line names its skeleton, and none is skipped."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            if line.strip():
                try:
                    yield record_of(loads(line))
                except ValueError as error:
                    raise FormatError(f"{path}: line {number}: {error}") from error


def write(records: Iterable[Record], path: Path) -> None:
    """Write a line for each record."""
    with open_atomically(path) as file:
        for record in records:
            with located(path, f"image {record}"):  # `raw` can be anything
                file.write(line_of(record) + b"\n")


def line_of(record: Record) -> bytes:
    """Return a record as one line of strict JSON in UTF-8, without the line end.

    Raises:
        ValueError: JSON cannot express the result's `raw`.
    """
    outcome = {"error": values_of(record.error)} if record.error else record.people.to_dict()
    return dumps(_facts(record) | outcome)


def _facts(record: Record) -> dict[str, Any]:
    facts: dict[str, Any] = {"image": record.image}
    known = {
        "image_id": record.image_id,
        "digest": record.digest,
        "frame": record.frame,
        "time": record.time,
    }
    facts |= {name: value for name, value in known.items() if value is not None}
    if record.size != (None if record.result is None else record.result.image_size):
        facts["size"] = None if record.size is None else list(record.size)
    return facts


def record_of(data: Any) -> Record:
    """Return the record of a parsed line.

    Raises:
        ValueError: it is not of the layout above; names the field.
    """
    if not isinstance(data, dict):
        raise ValueError(f"a line must be a JSON object, got {fields.shown(data)}")
    facts: dict[str, Any] = {
        "image": fields.text(data, "image") if "image" in data else "",
        "image_id": fields.optional(fields.whole_number, data, "image_id"),
        "digest": fields.optional(fields.text, data, "digest"),
        "frame": fields.optional(fields.whole_number, data, "frame"),
        "time": fields.optional(fields.exact_number, data, "time"),
    }
    if "size" in data:
        facts["size"] = fields.optional(fields.size, data, "size")
    if data.get("error") is not None:
        return Record(error=_error(data["error"]), **facts)
    return Record(result=PoseResult.from_dict(data), **facts)


def _error(values: Any) -> PosehubError:
    try:
        return error_of(values)
    except ValueError as error:
        raise ValueError(f"error: {error}") from error
