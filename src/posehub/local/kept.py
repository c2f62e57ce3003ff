"""Model files in the folder where they are kept: their paths, their states, taking them in."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal

from posehub.backends.model_files import ModelFile
from posehub.errors import ConfigError
from posehub.files import PART_SUFFIX, open_atomically
from posehub.local.archives import UNREADABLE
from posehub.local.folders import FOLDER_VARIABLE, models_folder, unwritable
from posehub.local.notes import has_hash, note_path, read_note, write_note

State = Literal["present", "missing", "damaged", "outdated"]
"""Of a kept file; "outdated" is the result of a conversion whose sources or converter changed."""

_CHUNK = 1 << 20


class UnexpectedContentError(Exception):
    """What a source gave is not the model file; the message says why."""


def with_others(files: Iterable[ModelFile]) -> list[ModelFile]:
    """Return files and the further ones that their conversions read, each once."""
    found: list[ModelFile] = []
    for file in files:
        others = () if file.conversion is None else with_others(file.conversion.others)
        # compared and not hashed: a plugin's sources need no hash
        found += [each for each in (file, *others) if each not in found]
    return found


def path_of(file: ModelFile) -> Path:
    """Return where a file is kept as published, whether it is there or not."""
    return models_folder() / file.folder / file.name


def result_path_of(file: ModelFile) -> Path:
    """Return where the file is that a runtime reads: the result of the conversion, if any."""
    if file.conversion is None:
        return path_of(file)
    return models_folder() / file.folder / file.conversion.name


def made_from(file: ModelFile) -> str:
    """Return what the result of a conversion depends on, in one text."""
    assert file.conversion is not None, "asked only for files with a conversion"
    hashes = [file.sha256, *(other.sha256 for other in file.conversion.others)]
    return " ".join([file.conversion.version, *hashes])


def state_of(file: ModelFile, *, hashed: bool = False) -> State:
    """Return whether a file is kept, and whether it is as published.

    Args:
        file: of interest; its conversion does not matter.
        hashed: hash the content even if size and time say that it is unchanged.

    Raises:
        ConfigError: the file is there but cannot be read.
    """
    path = path_of(file)
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_size != file.size:
            return "damaged"
        return "present" if has_hash(path, file.sha256, hashed=hashed) else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        raise _unreadable(path, error) from error


def result_state_of(file: ModelFile, *, hashed: bool = False) -> State:
    """Return the state of the file that a runtime reads; arguments and errors as `state_of`."""
    if file.conversion is None:
        return state_of(file, hashed=hashed)
    path, origin, note = result_path_of(file), made_from(file), read_note(result_path_of(file))
    try:
        if note is None or note.made_from != origin:
            return "outdated" if path.exists() else "missing"
        return "present" if has_hash(path, note.sha256, origin, hashed=hashed) else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        raise _unreadable(path, error) from error


def keep(file: ModelFile, stream: BinaryIO) -> None:
    """Copy a file to where it is kept, if it is the expected one.

    Raises:
        UnexpectedContentError: it is not, or cannot be read.
        ConfigError: the folder cannot be written.
    """
    path = path_of(file)
    digest, size = hashlib.sha256(), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as kept:
            for chunk in _chunks(stream):
                size += len(chunk)
                if size > file.size:
                    raise UnexpectedContentError(f"it is longer than {file.size} bytes")
                digest.update(chunk)
                kept.write(chunk)
            if digest.hexdigest() != file.sha256:
                raise UnexpectedContentError(
                    f"its SHA-256 is {digest.hexdigest()}, not {file.sha256}"
                )
        write_note(path, file.sha256)
    except OSError as error:
        raise unwritable(path.parent, error) from error


def keep_result(file: ModelFile, made: Path) -> None:
    """Copy the result of a conversion to where it is kept.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path, digest = result_path_of(file), hashlib.sha256()
    try:
        with made.open("rb") as stream, open_atomically(path) as kept:
            for chunk in _chunks(stream):
                digest.update(chunk)
                kept.write(chunk)
        write_note(path, digest.hexdigest(), made_from(file))
    except OSError as error:
        raise unwritable(path.parent, error) from error


def remove(files: Sequence[ModelFile]) -> bool:
    """Delete the files and what interrupted pulls left; return whether anything was there.

    Raises:
        ConfigError: a file cannot be deleted.
    """
    every = with_others(files)
    paths = {path for file in every for path in (path_of(file), result_path_of(file))}
    folders = {path.parent for path in paths}
    parts = {part for folder in folders for part in folder.glob(f"*{PART_SUFFIX}")}
    notes = {note_path(path) for path in paths}
    found = [path for path in paths | parts | notes if path.exists()]
    try:
        for path in found:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"Cannot delete {error.filename}: {error.strerror}.") from error
    for folder in folders:
        with suppress(OSError):  # a folder with other files in it stays
            folder.rmdir()
    return bool(found)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a source gives; its errors are not those of writing."""
    while True:
        try:
            chunk = stream.read(_CHUNK)
        except UNREADABLE as error:
            raise UnexpectedContentError(f"it cannot be read: {error}") from error
        if not chunk:
            return
        yield chunk


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"Cannot read the model file {path}: {error.strerror}. "
        f"Set {FOLDER_VARIABLE} to another folder."
    )
