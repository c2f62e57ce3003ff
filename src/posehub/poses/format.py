"""The description of a file format: what `posehub.read` and `posehub.write` know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from posehub.poses.record import Record
    from posehub.poses.skeleton import Skeleton


@frozen
class Format:
    """A format of files that hold results.

    Attributes:
        name: what `read` and `write` call it; not one of posehub's own names.
        summary: one line for people.
        reader: yields the records of a path; gets the skeleton the caller names, or None.
        writer: writes records to a path, whole or not at all; the records of failed images are
            among them only if `holds_errors`.
        lost: what is not there any more when a file is written and read, in words.
        suffixes: of the names of files in this format, in lower case: (".parquet", ".pq").
        keys: keys at the top of a JSON file in this format, "[].key" for a key of the first object
            of an array. A file is in the format that has the most of its keys.
        options: further keyword arguments of `writer`, which `posehub.write` passes on.
        holds_errors: whether a failed image has a place in the file.
    """

    name: str
    summary: str
    reader: Callable[[Path, Skeleton | None], Iterator[Record]]
    writer: Callable[..., None]
    lost: str
    suffixes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    holds_errors: bool = False
