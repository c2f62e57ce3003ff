"""Storing results in a file, so that no image is paid for twice."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from posehub.backends.base import Backend
from posehub.backends.calling import call
from posehub.backends.wrapper import Wrapper
from posehub.errors import ConfigError
from posehub.images.image import Image
from posehub.poses.checks import Float32Array
from posehub.poses.result import PoseResult

_log = logging.getLogger("posehub.cache")

_BUSY_TIMEOUT = 30.0  # seconds to wait for another process's write, which takes milliseconds
_LAYOUT = 1  # of the stored JSON; raise it when `posehub.poses.json` changes its layout


class Cache(Wrapper):
    """Returns results from an SQLite file where it has them, and stores every new one.

    Safe with several threads and processes on one file, which must be on a local disk: SQLite's
    write-ahead log does not work over a network. Errors are not stored.

    Args:
        inner: the backend to call for an image whose result is not stored.
        path: the SQLite file; it and its folder are made if necessary.
        key: JSON-ready values that distinguish results of one backend, version and options from
            others.

    Raises:
        ConfigError: the file cannot be opened, or is not SQLite.
    """

    def __init__(self, inner: Backend, *, path: Path, key: Mapping[str, Any]) -> None:
        super().__init__(inner)
        self._path = path
        self._prefix = json.dumps([_LAYOUT, key], sort_keys=True)
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            self._avoid_waiting_for_the_disk()
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, result TEXT)"
            )
        except sqlite3.Error as error:
            self._file.close()
            raise self._unusable(error) from error

    def detect_batch(
        self, images: Sequence[Image], boxes: Sequence[Float32Array] | None = None
    ) -> list[PoseResult]:
        """Return stored results, and call the backend once for the other images."""
        given = [b""] * len(images) if boxes is None else [array.tobytes() for array in boxes]
        keys = [self._key(image, extra) for image, extra in zip(images, given, strict=True)]
        found = {key: result for key in set(keys) if (result := self._load(key)) is not None}
        new = {key: row for row, key in enumerate(keys) if key not in found}
        if new:
            rows = new.values()
            of_new = None if boxes is None else [boxes[row] for row in rows]
            # checked already here, because only results can be stored
            results = call(self.inner, [images[row] for row in rows], of_new)
            for key, result in zip(new, results, strict=True):
                self._store(key, result)
                found[key] = result
        return [found[key] for key in keys]

    def close(self) -> None:
        """Close the file and the backend inside."""
        self._file.close()
        super().close()

    def _avoid_waiting_for_the_disk(self) -> None:
        """Let a write return before it is on the disk.

        With a write-ahead log, a power cut can lose the last results but never damages the file.
        The switch to it fails while another process uses the file; that process then makes it.
        """
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            with suppress(sqlite3.OperationalError):
                self._file.execute(f"PRAGMA {pragma}")

    def _key(self, image: Image, boxes: bytes) -> str:
        return hashlib.sha256(f"{self._prefix}{image.digest}".encode() + boxes).hexdigest()

    def _load(self, key: str) -> PoseResult | None:
        rows = self._execute("SELECT result FROM results WHERE key = ?", key)
        try:
            return PoseResult.from_json(rows[0][0]) if rows else None
        except (TypeError, ValueError) as error:
            raise self._unusable(error) from error

    def _store(self, key: str, result: PoseResult) -> None:
        try:
            self._execute("INSERT OR REPLACE INTO results VALUES (?, ?)", key, result.to_json())
        except (ConfigError, ValueError) as error:
            # the result is paid for: neither a full disk nor a value in `raw` that JSON cannot
            # hold may take it from the caller
            _log.warning("result not stored: %s", error)

    def _execute(self, statement: str, *values: str) -> list[tuple[str]]:
        try:
            with self._lock:
                return self._file.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> ConfigError:
        return ConfigError(
            f"Cannot use {self._path} as a cache: {error}. "
            "Delete the file, or name another with the option cache."
        )
