"""Parts of downloads: kept when one is cut, and continued by whichever pull comes next."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posehub.files import PART_SUFFIX
from posehub.local.folders import downloads_folder

_IDLE = 600
"""Seconds without a byte after which no download writes to a part any more: far more than the
timeout."""

_EXPIRED = 7 * 24 * 3600
"""Seconds after which a part is deleted."""


@contextmanager
def claimed_part(url: str, validator: str) -> Iterator[Path]:
    """Reserve the part of a download; it is empty, or holds the first bytes of the content.

    A part belongs to one download at a time, because it is renamed to reserve it. When the block
    ends, the part is released, unless it was moved away.

    Args:
        url: address of the content.
        validator: changes when the content does; if "", nothing is kept.

    Raises:
        OSError: the folder of downloads cannot be written.
    """
    folder = downloads_folder()
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{url}\n{validator}".encode()).hexdigest()[:24]
    released = folder / f"{key}{PART_SUFFIX}"
    own = folder / f"{key}.{secrets.token_hex(4)}{PART_SUFFIX}"
    for part in _left(folder, key, released):
        with suppress(OSError):  # another process was quicker
            part.rename(own)
            break
    own.touch()
    try:
        yield own
    finally:
        with suppress(FileNotFoundError):
            if validator and own.stat().st_size:
                own.replace(released)
            else:
                own.unlink()
        with suppress(OSError):  # parts of other downloads stay
            folder.rmdir()


def _left(folder: Path, key: str, released: Path) -> Iterator[Path]:
    """Yield the parts that no download uses; delete those too old to be continued."""
    for part in folder.glob(f"*{PART_SUFFIX}"):
        with suppress(FileNotFoundError):
            age = time.time() - part.stat().st_mtime
            if age > _EXPIRED:
                part.unlink(missing_ok=True)
            elif part.name.startswith(key) and (part == released or age > _IDLE):
                yield part
