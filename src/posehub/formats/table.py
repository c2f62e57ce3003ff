"""The table of formats, and which format a file is in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Set
from importlib import import_module
from pathlib import Path
from typing import Any

from posehub.errors import ConfigError, FormatError, nearest
from posehub.formats.bounded import BoundedFile, UnboundedError
from posehub.plugins.known import KNOWN
from posehub.plugins.registry import get_registry
from posehub.poses.format import Format


def _late(module: str, function: str) -> Callable[..., Any]:
    """Return a function that imports its module when it is called."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(f"posehub.formats.{module}"), function)(*arguments, **options)

    return call


_TABLE_LOSES = (
    "`raw`; 3-D keypoints and ids of an image without people; an image size that only the record "
    "or only the result has becomes that of both; links and sigmas of a skeleton that is neither "
    "built in nor a plugin's"
)
FORMATS = {
    format.name: format
    for format in (
        Format(
            "jsonl",
            "posehub's own, a JSON object on each line",
            _late("jsonl", "read"),
            _late("jsonl", "write"),
            "nothing",
            suffixes=(".jsonl", ".ndjson"),
            keys=("image", "image_size", "skeleton", "error"),
            holds_errors=True,
        ),
        Format(
            "parquet",
            "Parquet, a row for each person",
            _late("arrow", "read_parquet"),
            _late("arrow", "write_parquet"),
            _TABLE_LOSES,
            suffixes=(".parquet", ".pq"),
            holds_errors=True,
        ),
        Format(
            "arrow",
            "Arrow IPC, also called Feather 2, a row for each person",
            _late("arrow", "read_arrow"),
            _late("arrow", "write_arrow"),
            _TABLE_LOSES,
            suffixes=(".arrow", ".feather"),
            holds_errors=True,
        ),
        Format(
            "coco",
            "COCO keypoint annotations",
            _late("coco", "read"),
            _late("coco", "write"),
            "failed images; keypoints that score below `min_score` or are outside their image; "
            "backend, request id, `raw` and 3-D keypoints; a missing box becomes the extent of the "
            "keypoints; of an unknown skeleton its name, flip pairs and sigmas; of other tools' "
            "files visibility 1 and 2, segmentation, area and crowds",
            keys=("images", "annotations", "categories"),
            options=("min_score",),
        ),
        Format(
            "coco-results",
            "COCO keypoint results",
            _late("coco_results", "read"),
            _late("coco_results", "write"),
            "everything but image id, keypoints, scores and ids: failed images, file name, size, "
            "boxes, images without people; the skeleton must be named; a missing keypoint score "
            "becomes 1",
            keys=("[]", "[].image_id", "[].keypoints"),
        ),
        Format(
            "openpose",
            "OpenPose JSON, a file for each image",
            _late("openpose", "read"),
            _late("openpose", "write"),
            "everything but keypoints, their scores and ids: failed images, a person's box and "
            "score; the image's name has neither folder nor suffix; a missing keypoint score "
            "becomes 1",
            keys=("people",),
        ),
        Format(
            "pose",
            ".pose, a clip, a frame for each image",
            _late("pose_file", "read"),
            _late("pose_file", "write"),
            "everything but keypoints, their scores, the size and the number and time of a frame: "
            "failed images, people without keypoints; a missing keypoint score becomes 1, a "
            "keypoint of score 0 is not reported; depth",
            suffixes=(".pose",),
            options=("fps",),
        ),
    )
}


def every_format() -> Mapping[str, Format]:
    """Return posehub's formats and those of the installed plugins, by name."""
    plugins = get_registry().formats
    return FORMATS | {name: format for name, format in plugins.items() if name not in FORMATS}


def find(name: str) -> Format:
    """Return the format `name`, posehub's own or a plugin's.

    Raises:
        ConfigError: there is no format of that name; names the nearest.
        PluginError: a known plugin of that name is not installed, or does not load.
    """
    if name in FORMATS:  # needs no plugin to be loaded
        return FORMATS[name]
    formats = every_format()
    if name in formats:
        return formats[name]
    if name in KNOWN:
        get_registry().find(name)
    raise ConfigError(f"No format {name!r}.{nearest(name, formats)} Known: {', '.join(formats)}.")


def of_target(path: Path, option: str = "format=...") -> Format:
    """Return the format to write to `path`, by its suffix.

    Args:
        path: of the file or folder.
        option: how the caller names a format, for the message.

    Raises:
        ConfigError: the suffix is not that of one format.
    """
    found = _of_suffix(path)
    if found is None:
        raise ConfigError(f"{path}: the name does not show the format; {_choice(option)}")
    return found


def of_source(path: Path, option: str = "format=...") -> Format:
    """Return the format of the file or folder at `path`, by its suffix or its content.

    Args:
        path: of the file or folder.
        option: how the caller names a format, for the message.

    Raises:
        ConfigError: neither shows the format.
        FormatError: the folder has no JSON files.
    """
    found = _of_suffix(path)
    if found is not None:
        return found
    sample = path
    if path.is_dir():
        sample = min(path.glob("*.json"), default=path)
        if sample == path:
            raise FormatError(f"{path}: is a folder without JSON files")
    with sample.open("rb") as file:
        try:
            keys = leading_keys(file.read(_SAMPLE))
        except UnboundedError as error:
            raise FormatError(f"{sample}: invalid JSON: {error}") from error
    matches = formats_of_keys(keys)
    if len(matches) != 1:
        raise ConfigError(f"{path}: the content does not show the format; {_choice(option)}")
    return find(matches[0])


def is_results_name(path: Path) -> bool:
    """Return whether a file is one of results, by its name alone."""
    return path.suffix.lower() == ".json" or _of_suffix(path) is not None


def _of_suffix(path: Path) -> Format | None:
    suffix = path.suffix.lower()

    def having_it(formats: Iterable[Format]) -> list[Format]:
        return [format for format in formats if suffix in format.suffixes]

    # no plugin is loaded for a suffix of posehub's own formats
    found = having_it(FORMATS.values()) or having_it(get_registry().formats.values())
    return found[0] if len(found) == 1 else None


def _choice(option: str) -> str:
    return f"name it: {option} ({', '.join(every_format())})."


_SAMPLE = 1 << 16  # bytes


def leading_keys(sample: bytes) -> frozenset[str]:
    """Return the keys of the JSON object that begins in `sample`, as far as they are in it.

    Those of the first object of an array are returned with "[]." before them, an empty array as
    "[]". What is not JSON has none.

    Raises:
        UnboundedError: a number has too many digits, or the nesting is too deep.
    """
    import ijson

    keys = set()
    previous = ""
    try:
        for prefix, event, value in ijson.parse(BoundedFile(io.BytesIO(sample)), use_float=True):
            if event == "map_key" and prefix in ("", "item"):
                keys.add(f"[].{value}" if prefix else value)
            if (prefix, previous, event) == ("", "start_array", "end_array"):
                keys.add("[]")
            if event == "end_map" and prefix == "item":
                break
            previous = event
    except (ijson.JSONError, UnicodeDecodeError):
        pass  # the sample ends in the middle, is several values, or is neither JSON nor UTF-8
    return frozenset(keys)


def formats_of_keys(keys: Set[str]) -> list[str]:
    """Return the names of the formats that have the most of these keys, none if none has any."""
    counts = {name: len(keys & set(format.keys)) for name, format in every_format().items()}
    most = max(counts.values())
    return [name for name, count in counts.items() if count == most > 0]
