"""Streams of records, as writers of every format take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from posehub.errors import FormatError
from posehub.formats.fields import shown
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

Results = Iterable[Record | PoseResult] | Record | PoseResult


@frozen
class Written:
    """What `posehub.write` has written.

    Attributes:
        images: images in the file, failed ones included.
        people: people in the file.
        failed: failed images in the file.
        skipped: failed images that are not in the file, because its format cannot hold them.
    """

    images: int
    people: int
    failed: int
    skipped: int


class Counted:
    """Records to write, counted as the writer takes them.

    Args:
        records: to write.
        holds_errors: whether the writer gets the records of failed images.
    """

    def __init__(self, records: Iterable[Record], *, holds_errors: bool) -> None:
        self._records = records
        self._holds_errors = holds_errors
        self._images = self._people = self._failed = self._skipped = 0

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            if record.result is not None:
                self._people += len(record.result)
            elif self._holds_errors:
                self._failed += 1
            else:
                self._skipped += 1
                continue
            self._images += 1
            yield record

    @property
    def written(self) -> Written:
        """What was taken so far."""
        return Written(self._images, self._people, self._failed, self._skipped)


def as_records(results: Results, where: object) -> Iterator[Record]:
    """Yield records; a result becomes a record without an image name.

    Raises:
        FormatError: an entry is neither, or an image name cannot be written as Unicode.
    """
    entries = [results] if isinstance(results, (Record, PoseResult)) else results
    for number, entry in enumerate(entries):
        record = Record("", entry) if isinstance(entry, PoseResult) else entry
        if not isinstance(record, Record):
            raise FormatError(
                f"{where}: entry {number} must be a Record or a PoseResult, got "
                f"{type(record).__name__}: {shown(record)}. Backend.detect_records gives the "
                "records of failed images too."
            )
        try:
            record.image.encode()
        except UnicodeEncodeError as error:
            raise FormatError(
                f"{where}: entry {number}: the image name {record.image!r} is not Unicode text; "
                "rename the file"
            ) from error
        yield record


def of_one_skeleton(records: Iterable[Record], where: object) -> Iterator[Record]:
    """Yield the records while their skeletons are the same; a failed image has none.

    Raises:
        FormatError: a record has another skeleton than the records before it.
    """
    skeleton = None
    for record in records:
        if record.result is not None:
            if skeleton is None:
                skeleton = record.result.skeleton
            if record.result.skeleton != skeleton:
                raise FormatError(
                    f"{where}: image {record} is on the skeleton {record.result.skeleton.name!r}, "
                    f"the images before it on {skeleton.name!r}, and this format holds one "
                    "skeleton. Convert them with result.to(name), or write JSONL, which holds any."
                )
        yield record
