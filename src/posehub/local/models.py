"""Model files of local backends: fetched once, checked by their hash, kept in a folder.

A file takes its place by one rename after its hash was checked, and `ensure` checks it again at
every use. So an interrupted pull, several pulls at once and a damaged file do no harm.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from posehub.backends.info import ModelFile
from posehub.errors import ConfigError, MissingDependencyError
from posehub.files import PART_SUFFIX, open_atomically

FOLDER_VARIABLE = "POSEHUB_MODELS_DIR"

State = Literal["present", "missing", "damaged"]

_pulling = threading.Lock()


def models_folder() -> Path:
    """Return where model files are kept: POSEHUB_MODELS_DIR, or the user's cache folder."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("posehub") / "models"


def path_of(file: ModelFile) -> Path:
    """Return where a file is kept, whether it is there or not."""
    return models_folder() / file.folder / file.name


def state_of(file: ModelFile) -> State:
    """Return whether a file is there, and whether its content has the right hash.

    Raises:
        ConfigError: the file is there but cannot be read.
    """
    path = path_of(file)
    try:
        return "present" if _digest(path) == file.sha256 else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        raise ConfigError(
            f"Cannot read the model file {path}: {error.strerror}. "
            f"Set {FOLDER_VARIABLE} to another folder."
        ) from error


def ensure(files: Sequence[ModelFile], *, backend: str) -> list[Path]:
    """Return the paths of files; those missing or damaged are pulled first.

    Args:
        files: what is needed.
        backend: name of the backend that needs them, for the messages.

    Raises:
        ConfigError: the folder cannot be used.
        MissingDependencyError: a file is not there and cannot be fetched.
    """
    pull(files, backend=backend)
    return [path_of(file) for file in files]


def pull(
    files: Sequence[ModelFile], *, backend: str, given: Path | None = None, force: bool = False
) -> None:
    """Fetch the files that are missing or damaged, with a progress bar on stderr.

    Args:
        files: what is needed.
        backend: name of the backend that needs them, for the messages.
        given: what the user has fetched elsewhere; the files are taken from it.
        force: replace files that are whole, too.

    Raises:
        ConfigError: a file does not have the expected hash, `given` does not hold it, or the folder
            cannot be written.
        MissingDependencyError: a file cannot be fetched.
    """
    if not force and not _lacking(files):
        return
    # threads that need the same files wait for one pull
    with _pulling, tempfile.TemporaryDirectory(prefix="posehub-") as temporary:
        folder = Path(temporary)
        for file in files if force else _lacking(files):
            if given is None:
                _keep(file, _fetched(file, folder, backend), str(file.source))
            else:
                _keep(file, file.source.extract(given, folder), str(given))


def remove(files: Sequence[ModelFile]) -> bool:
    """Delete the files and what interrupted pulls left; return whether anything was there.

    Raises:
        ConfigError: a file cannot be deleted.
    """
    paths = {path_of(file) for file in files}
    folders = {path.parent for path in paths}
    parts = {part for folder in folders for part in folder.glob(f"*{PART_SUFFIX}")}
    found = [path for path in paths | parts if path.exists()]
    try:
        for path in found:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"Cannot delete {error.filename}: {error.strerror}.") from error
    for folder in folders:
        with suppress(OSError):  # a folder with other files in it stays
            folder.rmdir()
    return bool(found)


def _lacking(files: Sequence[ModelFile]) -> list[ModelFile]:
    return [file for file in files if state_of(file) != "present"]


def _fetched(file: ModelFile, folder: Path, backend: str) -> Path:
    try:
        return file.source.fetch(folder)
    except MissingDependencyError as error:
        raise MissingDependencyError(
            f"Cannot fetch {file.name}, a model of {backend}, from {file.source}: {error} "
            f"Without network, fetch {file.source} on another machine and run: "
            f"posehub models pull {backend} --from FILE"
        ) from error


def _keep(file: ModelFile, fetched: Path, origin: str) -> None:
    """Check a file and copy it to where it is kept."""
    digest = _digest(fetched)
    if digest != file.sha256:
        raise ConfigError(
            f"{file.name} from {origin} is not the expected file: its SHA-256 is {digest}, "
            f"not {file.sha256}. Use {file.source} as published."
        )
    path = path_of(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fetched.open("rb") as source, open_atomically(path) as kept:
            shutil.copyfileobj(source, kept)
    except OSError as error:
        raise ConfigError(
            f"Cannot keep model files in {path.parent}: {error.strerror}. "
            f"Set {FOLDER_VARIABLE} to a folder that can be written."
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
