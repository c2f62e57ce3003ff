"""Results to files and back, in the formats of other tools.

One small module a format; `table` lists them. Records are read and written one after the other, so
that a file may be larger than memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posehub.errors import ConfigError, FormatError
from posehub.formats.streams import Results, as_records
from posehub.formats.table import find, of_source, of_target
from posehub.plugins.format import Format
from posehub.poses.catalogue import get_skeleton
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton


def read(
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    skeleton: str | Skeleton | None = None,
) -> Iterator[Record]:
    """Yield the records of a file or folder of results, reading as they are asked for.

    Coordinates are pixels of the upright picture, origin top left, x right, y down.

    Args:
        path: of the file, or of a folder for formats of one file a picture.
        format: its name, as the page "Formats" lists them; None finds it by suffix or content
            where these leave no doubt.
        skeleton: of files that do not name theirs; never guessed from the number of points.

    Raises:
        ConfigError: nobody knows the format or skeleton, or they must be named.
        FormatError: the file is malformed, or on another skeleton; names file, entry and field.
            Raised when the malformed entry is reached.
        PluginError: the format's library or plugin is not installed.
    """
    source = Path(path)
    named = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    with _faults_of_the_disk(source, "read"):
        source.stat()
        chosen = of_source(source) if format is None else find(format)
    return _read(chosen, source, named)


def _read(format: Format, path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    with _faults_of_the_disk(path, "read"):
        for record in format.reader(path, skeleton):
            if skeleton is not None and record.people.skeleton != skeleton:
                raise FormatError(
                    f"{path}: picture {record} is on the skeleton "
                    f"{record.people.skeleton.name!r}, not on {skeleton.name!r}. Leave `skeleton` "
                    "out, and convert with result.to(name)."
                )
            yield record


def write(
    results: Results,
    path: str | os.PathLike[str],
    format: str | None = None,
    *,
    fps: float | None = None,
) -> None:
    """Write results to a file or folder, drawn from one after the other.

    The file takes its place when it is whole; after an error there is what was there before.

    Args:
        results: records; or results, whose pictures then have no name.
        path: of the file, or of a new or empty folder for formats of one file a picture.
        format: its name, as the page "Formats" lists them; None finds it by the suffix.
        fps: frames a second of a .pose clip; 25 if not given.

    Raises:
        ConfigError: nobody knows the format, it must be named, or it has no `fps`.
        FormatError: the format cannot hold a result, which the message names, or the file cannot
            be written.
        PluginError: the format's library or plugin is not installed.
    """
    target = Path(path)
    chosen = of_target(target) if format is None else find(format)
    options = {} if fps is None else {"fps": fps}
    if not set(options) <= set(chosen.options):
        raise ConfigError(f"The format {chosen.name} has no fps.")
    with _faults_of_the_disk(target, "written"):
        chosen.writer(as_records(results, target), target, **options)


@contextmanager
def _faults_of_the_disk(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FormatError(f"{path}: cannot be {done}: {error.strerror or error}") from error
