"""The elements of a JSON array of any length, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posehub.errors import FormatError
from posehub.formats.bounded import BoundedFile


def elements(path: Path, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and value of each element of the array `key`, or of the file's only array.

    Raises:
        FormatError: the file is not JSON, or has no such array.
    """
    import ijson

    count = 0
    with path.open("rb") as file:
        try:
            for element in ijson.items(
                BoundedFile(file), f"{key}.item" if key else "item", use_float=True
            ):
                yield f"{key}[{count}]", element
                count += 1
        except (ijson.JSONError, ValueError) as error:
            raise FormatError(
                f"{path}: {_place_of_fault(path)}invalid JSON: {_brief(error)}"
            ) from error
        if count == 0:
            file.seek(0)
            events = ijson.parse(BoundedFile(file), use_float=True)
            if not any(at == key and kind == "start_array" for at, kind, _ in events):
                raise FormatError(
                    f"{path}: has no array {key!r}" if key else f"{path}: is not a JSON array"
                )


def _place_of_fault(path: Path) -> str:
    """Return the element where a file stops being JSON, such as "images[3]: ", or ""."""
    import ijson

    place, count = "", 0
    with path.open("rb") as file:
        try:
            for at, kind, _ in ijson.parse(BoundedFile(file), use_float=True):
                if kind == "start_array" and "." not in at:
                    place, count = at, 0
                elif kind == "end_map" and at in ("item", f"{place}.item"):
                    count += 1
        except (ijson.JSONError, ValueError):
            pass  # the place is found
    return f"{place}[{count}]: " if place or count else ""


def _brief(error: Exception) -> str:
    """Return the first line; the parser adds the text around the fault below it."""
    value = error.args[0] if error.args else ""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.strip().partition("\n")[0]
