"""The description of a file format: what `posehub.read` and `posehub.write` know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def format_faults(format: Format) -> Iterator[str]:
    """Yield what is wrong with a description, each as "field ..." in words."""
    for field in ("name", "summary", "lost"):
        value = getattr(format, field)
        if not isinstance(value, str):
            yield f"{field} must be a string, got {value!r:.60}"
    for field in ("reader", "writer"):
        value = getattr(format, field)
        if not callable(value):
            yield f"{field} must be a function, got {value!r:.60}"
    for field in ("suffixes", "keys", "options"):
        value = getattr(format, field)
        if not _are_strings(value):
            yield f"{field} must be a tuple of strings, got {value!r:.60}"
        elif field == "suffixes" and any(s != s.lower() or not s.startswith(".") for s in value):
            yield f"suffixes must begin with a dot and be in lower case, got {value!r:.60}"
    if type(format.holds_errors) is not bool:
        yield f"holds_errors must be True or False, got {format.holds_errors!r:.60}"


def _are_strings(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(item, str) for item in value)
