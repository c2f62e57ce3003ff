"""The entry points of installed distributions.

`importlib.metadata` reads them, too, but its import takes a third of the start of the command
line. So the metadata folders on `sys.path` are read here. Only distributions that are not in plain
folders, such as those in zip files, are left to `importlib.metadata`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from attrs import frozen

_METADATA = (".dist-info", ".egg-info")
_VALUE = re.compile(r"(?P<module>[\w.]+)\s*(?::\s*(?P<attribute>[\w.]+))?\s*(?:\[.*\])?")


@frozen
class EntryPoint:
    """What a distribution registers under a name.

    Attributes:
        name: the name.
        value: "module" or "module:attribute".
        version: of the distribution, or "" if unknown.
    """

    name: str
    value: str
    version: str = ""

    def load(self) -> Any:
        """Import and return what `value` names.

        Raises:
            ValueError: `value` is not of that form.
        """
        match = _VALUE.fullmatch(self.value.strip())
        if match is None:
            raise ValueError(f"{self.value!r} is not of the form module:attribute")
        loaded: Any = import_module(match["module"])
        for name in filter(None, (match["attribute"] or "").split(".")):
            loaded = getattr(loaded, name)
        return loaded


def entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, in the order of `sys.path`.

    Of several distributions of one name, only the first counts. Syntax and layout are those of
    packaging.python.org, "Entry points specification" and "Recording installed projects".
    """
    if _has_other_finders() or any(map(_is_archive, sys.path)):
        return _by_importlib(group)
    found: list[EntryPoint] = []
    seen: set[str] = set()
    for folder in _metadata_folders():
        distribution = re.sub(r"[-_.]+", "-", folder.stem.partition("-")[0]).lower()
        if distribution not in seen:
            seen.add(distribution)
            pairs = _pairs(_text(folder / "entry_points.txt"), group)
            found += [EntryPoint(name, value, _version(folder)) for name, value in pairs]
    return found


def _has_other_finders() -> bool:
    return any(
        finder is not PathFinder and hasattr(finder, "find_distributions")
        for finder in sys.meta_path
    )


def _is_archive(place: str) -> bool:
    return place.lower().endswith(".egg") or Path(place).is_file()


def _by_importlib(group: str) -> list[EntryPoint]:
    from importlib.metadata import entry_points

    return [
        EntryPoint(point.name, point.value, point.dist.version if point.dist else "")
        for point in entry_points(group=group)
    ]


def _metadata_folders() -> Iterator[Path]:
    for place in sys.path:
        try:
            # not Path.iterdir(): making a path of every package takes longer than reading
            inside = list(os.scandir(place or "."))
        except OSError:
            continue  # a folder on the path need not exist
        yield from (Path(entry) for entry in inside if entry.name.lower().endswith(_METADATA))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # most distributions have no entry points


def _pairs(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each entry point of `group` in the text of an entry_points.txt."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]").strip()
        elif section == group and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _version(folder: Path) -> str:
    header = _text(folder / "METADATA") or _text(folder / "PKG-INFO")
    match = re.search(r"^Version:\s*(\S+)", header, re.MULTILINE)
    return match[1] if match else ""
