"""The table of formats, and which one a file is of."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Set
from importlib import import_module
from pathlib import Path
from typing import Any

from posehub.errors import ConfigError, FormatError, nearest
from posehub.plugins.format import Format
from posehub.plugins.known import KNOWN
from posehub.plugins.registry import get_registry


def _late(module: str, function: str) -> Callable[..., Any]:
    """Return a function that imports its module when called."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(f"posehub.formats.{module}"), function)(*arguments, **options)

    return call


_TABLE_LOSES = (
    "the backend's reply (`raw`); that a picture with nobody could have had 3-D keypoints; links "
    "and sigmas of a skeleton that neither posehub nor a plugin knows"
)
FORMATS = {
    format.name: format
    for format in (
        Format(
            "jsonl",
            "posehub's own, a JSON object a line",
            _late("jsonl", "read"),
            _late("jsonl", "write"),
            "nothing",
            (".jsonl", ".ndjson"),
        ),
        Format(
            "parquet",
            "Parquet, a person a row",
            _late("arrow", "read_parquet"),
            _late("arrow", "write_parquet"),
            _TABLE_LOSES,
            (".parquet", ".pq"),
        ),
        Format(
            "arrow",
            "Arrow IPC, also called Feather 2, a person a row",
            _late("arrow", "read_arrow"),
            _late("arrow", "write_arrow"),
            _TABLE_LOSES,
            (".arrow", ".feather"),
        ),
        Format(
            "coco",
            "COCO keypoint annotations",
            _late("coco", "read"),
            _late("coco", "write"),
            "backend, request id, reply and 3-D keypoints; a missing box becomes the extent of the "
            "keypoints; of an unknown skeleton its name, flip pairs and sigmas; of others' files "
            "visibility 1 and 2, segmentation, area and crowds",
        ),
        Format(
            "coco-results",
            "COCO keypoint results",
            _late("coco_results", "read"),
            _late("coco_results", "write"),
            "everything but image id, keypoints and scores: file name, size, boxes, pictures with "
            "nobody; the skeleton must be named; a missing keypoint score becomes 1",
        ),
        Format(
            "openpose",
            "OpenPose JSON, a file a picture",
            _late("openpose", "read"),
            _late("openpose", "write"),
            "everything but keypoints and their scores; the picture's name keeps neither folder "
            "nor suffix; a person's boxes and score; a missing keypoint score becomes 1; hands "
            "and faces",
        ),
        Format(
            "pose",
            ".pose, a clip, a picture a frame",
            _late("pose_file", "read"),
            _late("pose_file", "write"),
            "everything but keypoints, their scores and the size; people without keypoints; a "
            "missing keypoint score becomes 1, a point of score 0 is not reported; depth and fps",
            (".pose",),
            options=("fps",),
        ),
    )
}


def find(name: str) -> Format:
    """Return the format `name`: one of posehub's own, or a backend's saved replies.

    Raises:
        ConfigError: there is none of that name; names the nearest.
        PluginError: it is that of a backend whose plugin is not installed, or does not load.
    """
    if name in FORMATS:  # needs no plugin to be loaded
        return FORMATS[name]
    formats = _every()
    if name in formats:
        return formats[name]
    if name in KNOWN:
        get_registry().find(name)
    raise ConfigError(f"No format {name!r}.{nearest(name, formats)} Known: {', '.join(formats)}.")


def _every() -> dict[str, Format]:
    """Return posehub's formats and those of the installed plugins."""
    plugins = get_registry().formats
    return FORMATS | {name: format for name, format in plugins.items() if name not in FORMATS}


def of_target(path: Path) -> Format:
    """Return the format to write to `path`, by its suffix.

    Raises:
        ConfigError: the suffix does not tell.
    """
    found = _by_suffix(path)
    if found is None:
        raise ConfigError(f"{path}: the name does not tell the format; {_choice(_every())}")
    return found


def of_source(path: Path) -> Format:
    """Return the format of the file or folder at `path`, by its suffix or its content.

    Raises:
        ConfigError: neither tells.
        FormatError: the folder has nothing in it.
    """
    found = _by_suffix(path)
    if found is not None:
        return found
    sample = path
    if path.is_dir():
        sample = min(path.glob("*.json"), default=path)
        if sample == path:
            raise FormatError(f"{path}: is a folder without JSON files")
    with sample.open("rb") as file:
        keys = leading_keys(file.read(_SAMPLE))
    matches = formats_of_keys(keys)
    if len(matches) != 1:
        raise ConfigError(f"{path}: the content does not tell the format; {_choice(_every())}")
    return find(matches[0])


def _by_suffix(path: Path) -> Format | None:
    suffix = path.suffix.lower()
    return next((format for format in FORMATS.values() if suffix in format.suffixes), None)


def _choice(names: Iterable[str]) -> str:
    return f"name it: format=... ({', '.join(names)})."


_SAMPLE = 1 << 16  # bytes


def leading_keys(sample: bytes) -> frozenset[str]:
    """Return the keys of the JSON object that begins in `sample`, as far as it goes.

    Those of the first object of an array are returned with "[]." before them; what is no JSON has
    none.
    """
    import ijson

    keys = set()
    try:
        for prefix, event, value in ijson.parse(io.BytesIO(sample)):
            if event == "map_key" and prefix in ("", "item"):
                keys.add(f"[].{value}" if prefix else value)
            if event == "end_map" and prefix == "item":
                break
    except ijson.JSONError:
        pass  # the sample ends in the middle, or is no JSON
    return frozenset(keys)


def formats_of_keys(keys: Set[str]) -> list[str]:
    """Return the names of the formats whose JSON has these keys at the top."""
    found = []
    if {"skeleton", "people"} <= keys:
        found.append("jsonl")
    elif "people" in keys:
        found.append("openpose")
    if keys & {"images", "annotations", "categories"}:
        found.append("coco")
    if {"[].image_id", "[].keypoints"} <= keys:
        found.append("coco-results")
    found += [format.name for format in get_registry().formats.values() if keys & set(format.keys)]
    return found
