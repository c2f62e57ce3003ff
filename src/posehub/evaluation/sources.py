"""Results files: which result belongs to which picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from posehub.errors import ConfigError
from posehub.formats import read
from posehub.poses.result import PoseResult

_LINES_SUFFIXES = (".jsonl", ".ndjson")
RESULTS_SUFFIXES = (*_LINES_SUFFIXES, ".json", ".parquet", ".pq", ".arrow", ".feather", ".pose")


@frozen
class Named:
    """A result and the picture it is about.

    Attributes:
        image: the picture's path as the file has it.
        result: the people, or None where the backend failed on this picture.
    """

    image: str
    result: PoseResult | None


def is_results_file(path: Path) -> bool:
    """Return whether a file holds results, by its name: everything else is a picture."""
    return path.suffix.lower() in RESULTS_SUFFIXES


def read_named(path: Path) -> list[Named]:
    """Return the results of a file that `posehub detect --json` wrote, or of any other format.

    Unlike `posehub.read`, it passes over the lines of pictures on which the backend failed.

    Raises:
        ConfigError: the file cannot be read, a line is malformed, or a picture comes twice; names
            file and line.
        FormatError: a file of another format is malformed.
    """
    if _holds_lines(path):
        return _read_lines(path)
    return [Named(record.image, record.people) for record in read(path)]


def _holds_lines(path: Path) -> bool:
    """Tell whether each line of a file is a result, or the error in its place."""
    suffix = path.suffix.lower()
    if suffix != ".json":
        return suffix in _LINES_SUFFIXES
    _, line = next(_lines(path), (0, ""))
    try:
        data = json.loads(line)
    except ValueError:
        return False
    return isinstance(data, dict) and ("people" in data or "error" in data)


def _read_lines(path: Path) -> list[Named]:
    found: dict[str, Named] = {}
    for number, line in _lines(path):
        where = f"{path}, line {number}"
        try:
            data = json.loads(line)
            image = data["image"]
            result = None if "error" in data else PoseResult.from_dict(data)
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f"{where}: not a result with its picture ({error!r}). Write such a file with "
                "`posehub detect IMAGES... --json`."
            ) from error
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from error
        if not isinstance(image, str):
            raise ConfigError(f"{where}: image must be a path, got {image!r}")
        if image in found:
            raise ConfigError(f"{where}: picture {image!r} comes a second time")
        found[image] = Named(image, result)
    return list(found.values())


def find_picture(image: str, results: Path) -> Path | None:
    """Return where a picture of a results file is: as named, or beside the file, or None."""
    for place in (Path(image), results.parent / image, results.parent / Path(image).name):
        if place.is_file():
            return place
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {path}: {error}") from error
    # not splitlines(), which also breaks at characters that may stand inside a JSON string
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line
