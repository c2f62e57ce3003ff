"""Formats of one JSON file for each image; the file has the image's name without its suffix."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from posehub.errors import FormatError, PosehubError
from posehub.files import make_folder_atomically, write_atomically
from posehub.formats.bounded import BYTE_ORDER_MARK
from posehub.formats.streams import of_one_skeleton
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

_FRAME = re.compile(r"(.+_)([0-9]{1,18})", re.DOTALL)
_NUMBER = re.compile(r"([0-9]+)")


def read_files(path: Path, ending: str, decode: Callable[[bytes], PoseResult]) -> Iterator[Record]:
    """Yield a record for each file of a folder, or for the one file.

    Files are ordered by their names, and the numbers in these by value. If the names of all files
    differ only in a number at their ends, as OpenPose names the frames of a film, the number is the
    record's `frame`.

    Args:
        path: of the folder or file.
        ending: of the files' names, such as "_keypoints.json".
        decode: makes a result of a file's content; raises ValueError or PosehubError.

    Raises:
        FormatError: there is no file, or one cannot be decoded.
    """
    files = _files(path, ending)
    numbers = frame_numbers([_name(file, ending) for file in files])
    for file, frame in zip(files, numbers, strict=True):
        try:
            result = decode(file.read_bytes().removeprefix(BYTE_ORDER_MARK))
        except (ValueError, PosehubError) as error:
            raise FormatError(f"{file}: {error}") from error
        yield Record(_name(file, ending), result, frame=frame)


def _name(file: Path, ending: str) -> str:
    name = file.name.removesuffix(ending)
    return name if name != file.name else file.stem


def frame_numbers(names: Sequence[str]) -> list[int | None]:
    """Return the numbers of the frames of a film by their names, None if they are no frames."""
    matches = [_FRAME.fullmatch(name) for name in names]
    starts = {match[1] for match in matches if match}
    if len(names) < 2 or None in matches or len(starts) != 1:
        return [None] * len(names)
    return [int(match[2]) for match in matches if match]


def by_number(name: str) -> list[tuple[int, str]]:
    """Return the sort key of a name: its numbers by value, the texts between them as they are."""
    return [
        (int(part), "") if number else (-1, part)
        for part, number in ((p, p.isascii() and p.isdigit()) for p in _NUMBER.split(name) if p)
    ]


def _files(path: Path, ending: str) -> list[Path]:
    if not path.is_dir():
        return [path]
    names = [name for name in os.listdir(path) if name.endswith(ending)]  # noqa: PTH208
    if not names:
        raise FormatError(f"{path}: has no files ending in {ending!r}")
    return [path / name for name in sorted(names, key=lambda name: (by_number(name), name))]


def write_files(
    records: Iterable[Record], path: Path, ending: str, encode: Callable[[PoseResult], bytes]
) -> None:
    """Write a folder with a file for each image, or one file if `path` ends in ".json".

    Args:
        records: to write.
        path: of the folder, which must be new or empty, or of the file.
        ending: of the files' names.
        encode: makes a file's content of a result; raises ValueError.

    Raises:
        FormatError: images would share a file, or one cannot be encoded.
    """
    records = of_one_skeleton(records, path)
    if path.suffix.lower() == ".json":
        every = list(records)
        if len(every) != 1:
            raise FormatError(
                f"{path}: is one file for {len(every)} images, and this format has a file for "
                "each; name a folder"
            )
        write_atomically(path, _encoded(every[0], path, encode))
        return
    with make_folder_atomically(path) as folder:
        for record in records:
            file = folder / f"{_stem(record, path)}{ending}"
            data = _encoded(record, path, encode)
            try:
                with file.open("xb") as opened:
                    opened.write(data)
            except FileExistsError:
                raise FormatError(
                    f"{path}: image {record} would share the file {file.name!r} with another image"
                ) from None


def _encoded(record: Record, path: Path, encode: Callable[[PoseResult], bytes]) -> bytes:
    try:
        return encode(record.people)
    except ValueError as error:
        raise FormatError(f"{path}: image {record}: {error}") from error


def _stem(record: Record, path: Path) -> str:
    """Return the image's name without folders, also those of Windows, and suffix."""
    stem = PurePosixPath(record.image.replace("\\", "/")).stem
    if stem in ("", "..") or "\0" in stem:
        raise FormatError(f"{path}: image {record}: its name makes no file name")
    return stem
