"""Results to files and back, in the formats of other tools.

A small module for each format; `table` lists them. Records are read and written one after the
other, so that a file may be larger than memory.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from posehub.errors import ConfigError, FormatError, nearest
from posehub.formats.faults import disk_faults
from posehub.formats.notes import Notes
from posehub.formats.streams import Counted, Results, Written, as_records
from posehub.formats.table import FORMATS, find, of_source, of_target
from posehub.poses.catalogue import get_skeleton
from posehub.poses.format import Format
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

_LOG = logging.getLogger("posehub.formats")

_LOG = logging.getLogger("posehub.formats")

OnError = Literal["return", "skip"]


def read(
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    skeleton: str | Skeleton | None = None,
    on_error: OnError = "return",
    strict: bool = False,
    notes: Notes | None = None,
) -> Iterator[Record]:
    """Yield the records of a file or folder of results, reading it while they are consumed.

    Coordinates are pixels of the upright image, origin top left, x right, y down.

    Args:
        path: of the file, or of a folder for formats of one file for each image.
        format: its name, as in the page "Formats"; None finds it by suffix or content.
        skeleton: of files that do not name theirs; never guessed from the number of keypoints.
        strict: refuse a file with odd entries. They are skipped otherwise, and counted in a warning
            of the logger "posehub.formats" at the end.
        notes: counts odd entries, in the place of `strict` and of the log.
        on_error: "return" yields the record of a failed image, which has `error` in the place of
            `result`; "skip" skips it.

    Raises:
        ConfigError: the format or skeleton is unknown, or must be named; `on_error` is neither.
        FormatError: the file is malformed, or on another skeleton; names file, entry and field.
            Raised when the malformed entry is reached.
        PluginError: the format's package or plugin is not installed.
    """
    source = Path(path)
    if on_error not in ("return", "skip"):
        raise ConfigError(f"on_error must be 'return' or 'skip', got {on_error!r}.")
    named = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    with disk_faults(source, "read"):
        source.stat()
        chosen = of_source(source) if format is None else find(format)
    records = _read(chosen, source, named, notes or Notes(strict=strict), log=notes is None)
    return records if on_error == "return" else (r for r in records if r.error is None)


def _read(
    format: Format, path: Path, skeleton: Skeleton | None, notes: Notes, *, log: bool
) -> Iterator[Record]:
    # posehub's own readers take the notes, those of plugins do not
    more = (notes,) if FORMATS.get(format.name) is format else ()
    with disk_faults(path, "read"):
        for record in format.reader(path, skeleton, *more):
            if skeleton is not None and record.result is not None:
                _refuse_other(record.result.skeleton, skeleton, f"{path}: image {record}")
            yield record
    if log:
        for line in notes.lines:
            _LOG.warning("%s", line)


def _refuse_other(its: Skeleton, named: Skeleton, where: str) -> None:
    if its != named:
        raise FormatError(
            f"{where} is on the skeleton {its.name!r}, not on {named.name!r}. Do not give "
            "`skeleton`, and convert the results with result.to(name)."
        )


def write(
    results: Results,
    path: str | os.PathLike[str],
    format: str | None = None,
    **options: Any,
) -> Written:
    """Write results to a file or folder, taking them one after the other.

    The file replaces an older one when it is complete; after an error the older one is unchanged.
    Failed images are skipped if the format cannot hold them; what is returned counts them.

    Args:
        results: records; or results, which are written without an image name.
        path: of the file, or of a new or empty folder for formats of one file for each image.
        format: its name, as in the page "Formats"; None finds it by the suffix.
        options: of the format. "coco" has `min_score` (default 0.3): keypoints that score less are
            written as not labelled. "pose" has `fps` (default 25): frames per second of the clip.

    Raises:
        ConfigError: the format is unknown, must be named, or does not have an option.
        FormatError: the format cannot hold a result, which the message names, or the file cannot
            be written.
        PluginError: the format's package or plugin is not installed.
    """
    target = Path(path)
    chosen = of_target(target) if format is None else find(format)
    for option in options:
        if option not in chosen.options:
            known = ", ".join(chosen.options) or "none"
            raise ConfigError(
                f"The format {chosen.name} has no option {option!r}."
                f"{nearest(option, chosen.options)} Known: {known}."
            )
    records = Counted(as_records(results, target), holds_errors=chosen.holds_errors)
    with disk_faults(target, "written"):
        chosen.writer(records, target, **options)
    return records.written
