"""Where model files are kept, and where they are while they are fetched."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posehub.errors import ConfigError

FOLDER_VARIABLE = "POSEHUB_MODELS_DIR"

_PREFIX = ".pull-"
_STALE = 24 * 3600
"""Seconds after which the workspace of a pull was left by one that was killed."""


def models_folder() -> Path:
    """Return where model files are kept: POSEHUB_MODELS_DIR, or the user's cache folder."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("posehub") / "models"


def downloads_folder() -> Path:
    """Return where parts of interrupted downloads wait to be continued."""
    return models_folder() / ".downloads"


@contextmanager
def workspace() -> Iterator[Path]:
    """Make a temporary folder, on the disk of the model files, for the duration of a pull.

    Raises:
        ConfigError: the folder of model files cannot be written.
    """
    parent = models_folder()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f"{_PREFIX}*"):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
        temporary = tempfile.TemporaryDirectory(
            prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise unwritable(parent, error) from error
    with temporary as folder:
        yield Path(folder)


def unwritable(folder: Path, error: OSError) -> ConfigError:
    """Return the error that says that model files cannot be kept in a folder."""
    return ConfigError(
        f"Cannot keep model files in {folder}: {error.strerror or error}. "
        f"Set {FOLDER_VARIABLE} to a folder that can be written."
    )
