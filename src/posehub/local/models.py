"""Model files of local backends: fetched once, checked by their hash, kept in a folder.

A file takes its place by one rename after its hash was checked. So an interrupted pull, several
pulls at once and a damaged file do no harm. At each use, size and time of a file are compared with
those at which it was hashed; `posehub models verify` hashes it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

from posehub.backends.model_files import ModelFile
from posehub.errors import (
    ConfigError,
    MissingDependencyError,
    PluginError,
    PosehubError,
    described,
)
from posehub.local.folders import FOLDER_VARIABLE, models_folder, workspace
from posehub.local.given import candidates
from posehub.local.kept import (
    State,
    UnexpectedContentError,
    keep,
    keep_result,
    path_of,
    remove,
    result_path_of,
    result_state_of,
    state_of,
    with_others,
)

__all__ = [
    "FOLDER_VARIABLE",
    "State",
    "ensure",
    "models_folder",
    "path_of",
    "pull",
    "remove",
    "result_path_of",
    "result_state_of",
    "state_of",
    "with_others",
]

_pulling = threading.Lock()


def ensure(files: Sequence[ModelFile], *, backend: str) -> list[Path]:
    """Return the paths of what a runtime reads, one for each file, converted where needed.

    Files that are missing or damaged are pulled first.

    Args:
        files: what is needed.
        backend: name of the backend that needs them, for the messages.

    Raises:
        ConfigError: the folder cannot be used.
        MissingDependencyError: a file is not there and cannot be fetched.
        PluginError: a conversion fails.
    """
    pull(files, backend=backend)
    return [result_path_of(file) for file in files]


def pull(
    files: Sequence[ModelFile], *, backend: str, given: Path | None = None, force: bool = False
) -> None:
    """Fetch and convert the files that are missing or damaged, with progress bars on stderr.

    Args:
        files: what is needed.
        backend: name of the backend that needs them, for the messages.
        given: file, archive or folder that the user fetched elsewhere, to take the files from.
        force: replace files that are present, too.

    Raises:
        ConfigError: `given` does not hold a file, or the folder cannot be written.
        MissingDependencyError: no source of a file can be reached, or a conversion lacks a package.
        PluginError: a conversion fails.
    """
    if not force and not _lacking(files) and not _unmade(files):
        return
    # threads that need the same files wait for one pull
    with _pulling, workspace() as folder:
        wanted = with_others(files) if force else _lacking(files)
        if given is None:
            for file in wanted:
                _fetch(file, folder, backend)
        else:
            _take_all(wanted, given)
        for file in files if force else _unmade(files):
            _convert(file, folder)


def _lacking(files: Sequence[ModelFile]) -> list[ModelFile]:
    return [file for file in with_others(files) if state_of(file) != "present"]


def _unmade(files: Sequence[ModelFile]) -> list[ModelFile]:
    return [file for file in files if result_state_of(file) != "present"]


def _fetch(file: ModelFile, folder: Path, backend: str) -> None:
    """Keep a file from the first source that has it."""
    failures = []
    for source in file.sources:
        try:
            fetched = source.fetch(folder)
        except MissingDependencyError as error:
            failures.append(f"{source}: {error}")
            continue
        refusal = _refusal(file, partial(source.open, fetched))
        if refusal is None:
            return
        failures.append(f"{source}: this is not the expected file: {refusal}.")
    ways = " or ".join(map(str, file.sources))
    raise MissingDependencyError(
        f"Cannot fetch {file.name}, a model of {backend}:\n"
        + "".join(f"- {failure}\n" for failure in failures)
        + f"Without network, fetch {ways} on another machine and run: "
        f"posehub models pull {backend} --from PATH"
    )


def _take_all(files: Sequence[ModelFile], given: Path) -> None:
    """Keep every file that `given` holds, before an error names those that it does not."""
    failures = [failure for file in files for failure in _take(file, given)]
    if failures:
        raise ConfigError(f"Not all model files can be taken from {given}:\n" + "\n".join(failures))


def _take(file: ModelFile, given: Path) -> list[str]:
    """Keep a file from the first place in `given` that has it; else return the reasons."""
    failures = []
    try:
        for candidate in candidates(file, given):
            refusal = _refusal(file, candidate.open)
            if refusal is None:
                return []
            failures.append(
                f"- {file.name} from {candidate.path} is not the expected file: {refusal}. "
                f"Use {' or '.join(map(str, file.sources))} as published."
            )
    except OSError as error:
        failures.append(f"- {file.name}: {given} cannot be read: {error.strerror}.")
    return failures or [f"- {file.name}: no file of {file.size} bytes, and no archive."]


def _refusal(file: ModelFile, opener: Callable[[], AbstractContextManager[BinaryIO]]) -> str | None:
    """Keep what `opener` opens if it is the file; else return why it is not."""
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(opener())
        except (ConfigError, OSError) as error:
            return str(error).rstrip(".")
        try:
            keep(file, stream)
        except UnexpectedContentError as error:
            return str(error).rstrip(".")
    return None


def _convert(file: ModelFile, folder: Path) -> None:
    """Make and keep the result of a file's conversion."""
    if file.conversion is None:
        return
    made = folder / file.conversion.name
    sources = [path_of(source) for source in (file, *file.conversion.others)]
    failure = f"The conversion of {file.name} to {file.conversion.name} failed"
    try:
        file.conversion.convert(sources, made)
    except PosehubError:
        raise
    except Exception as error:
        raise PluginError(
            f"{failure} with {described(error)}. Please report it to the plugin's authors."
        ) from error
    if not made.is_file():
        raise PluginError(f"{failure}: it wrote no file. Please report it to the plugin's authors.")
    keep_result(file, made)
