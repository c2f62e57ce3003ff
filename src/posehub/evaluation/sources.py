"""Results files: which record belongs to which image."""

from __future__ import annotations

from pathlib import Path

from posehub.errors import FormatError
from posehub.formats import read
from posehub.formats.notes import Notes
from posehub.formats.table import is_results_name
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton


def is_results_file(path: Path) -> bool:
    """Return whether a file holds results, by its name: every other file is an image."""
    return is_results_name(path)


def read_records(
    path: Path, *, skeleton: Skeleton | None = None, notes: Notes | None = None
) -> list[Record]:
    """Return the records of a results file, those of failed images included.

    Args:
        path: of the file.
        skeleton: of a file that does not name it.
        notes: gets what is skipped; None logs it.

    Raises:
        ConfigError: the format must be named.
        FormatError: the file cannot be read or is malformed, or an image is there twice.
    """
    records = list(read(path, skeleton=skeleton, notes=notes))
    seen: set[str] = set()
    for record in records:
        if record.image and record.image in seen:
            raise FormatError(f"{path}: duplicate image {record.image!r}")
        seen.add(record.image)
    return records


def find_image(image: str, results: Path) -> Path | None:
    """Return where the image of a record is: as named, or beside the results file, or None.

    Where the name as it is finds nothing, a backslash is a separator, as on Windows.
    """
    for name in dict.fromkeys((image, image.replace("\\", "/"))):
        for place in (Path(name), results.parent / name, results.parent / Path(name).name):
            if name and place.is_file():
                return place
    return None
