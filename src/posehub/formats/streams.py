"""What readers and writers of several formats ask of their streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from posehub.errors import FormatError
from posehub.formats.fields import shown
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

Results = Iterable[Record | PoseResult] | Record | PoseResult


def as_records(results: Results, where: object) -> Iterator[Record]:
    """Yield records; a result becomes one without a name.

    Raises:
        FormatError: an entry is neither, or its picture's name is no text files can hold.
    """
    entries = [results] if isinstance(results, (Record, PoseResult)) else results
    for number, entry in enumerate(entries):
        record = Record("", entry) if isinstance(entry, PoseResult) else entry
        if not isinstance(record, Record):
            raise FormatError(
                f"{where}: entry {number} must be a Record or a PoseResult, got "
                f"{type(record).__name__}: {shown(record)}. Leave pictures that failed out."
            )
        try:
            record.image.encode()
        except UnicodeEncodeError as error:
            raise FormatError(
                f"{where}: entry {number}: the picture's name {record.image!r} is no Unicode text; "
                "rename the file"
            ) from error
        yield record


def of_one_skeleton(records: Iterable[Record], where: object) -> Iterator[Record]:
    """Yield the records, as long as their skeletons are the same.

    Raises:
        FormatError: a record has another skeleton than the first one.
    """
    skeleton = None
    for record in records:
        if skeleton is None:
            skeleton = record.people.skeleton
        elif record.people.skeleton != skeleton:
            raise FormatError(
                f"{where}: picture {record} is on the skeleton {record.people.skeleton.name!r}, "
                f"those before on {skeleton.name!r}, and this format holds one. Convert them with "
                "result.to(name), or write JSONL, which holds any."
            )
        yield record
