"""The elements of a JSON array, however long, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from posehub.errors import FormatError


@contextmanager
def located(path: Path, entry: str) -> Iterator[None]:
    """Say in which entry of which file a value was not what it should be.

    Raises:
        FormatError: in the place of a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise FormatError(f"{path}: {entry}: {error}") from error


def elements(path: Path, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and value of each element of the array `key`, or of the file's only array.

    Raises:
        FormatError: the file is no JSON, or has no such array.
    """
    import ijson

    count = 0
    prefix = f"{key}.item" if key else "item"
    with path.open("rb") as file:
        try:
            for element in ijson.items(file, prefix, use_float=True):
                yield f"{key}[{count}]", element
                count += 1
            if count == 0:
                file.seek(0)
                found = any(
                    event == "start_array" for at, event, _ in ijson.parse(file) if at == key
                )
        except (ijson.JSONError, ValueError, OverflowError) as error:
            raise FormatError(f"{path}: {key}[{count}]: is no JSON: {_brief(error)}") from error
    if count == 0 and not found:
        raise FormatError(f"{path}: has no array {key!r}" if key else f"{path}: is no JSON array")


def _brief(error: Exception) -> str:
    """Return the first line; the parser adds the text around the fault below it."""
    value = error.args[0] if error.args else ""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.strip().splitlines()[0].strip() if text.strip() else type(error).__name__
