"""Checks of output options, made before any work: a refused output costs no request."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from posehub.cli.terminal import echo_bytes
from posehub.errors import ConfigError
from posehub.files import check_output

STDOUT = Path("-")


def check_outputs(targets: Sequence[Path], inputs: Iterable[Path]) -> None:
    """Check that files can be written without destroying something else.

    Args:
        targets: files to write; they and their folders need not exist.
        inputs: files that are read in the same call.

    Raises:
        ConfigError: a target is an input, is not a plain file, or its folder cannot be written to.
    """
    sources = list(inputs) if targets else []
    known = {_identity(source) for source in sources} - {None}
    checked: set[Path] = set()
    for target in targets:
        try:
            # comparing every target with every input would be quadratic
            check_output(target, sources if _identity(target) in known else ())
            if target.parent not in checked:
                checked.add(target.parent)
                _check_folder(target)
        except OSError as error:
            raise ConfigError(f"Cannot write {str(target)!r}: {error.strerror}.") from error


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at `path`; not for a name that no file can have."""
    with suppress(OSError):
        return path.is_dir()
    return False


def option_paths(options: Iterable[str]) -> list[Path]:
    """Return the values of `KEY=VALUE` pairs that are files, such as cassettes and models."""
    values = [Path(pair.partition("=")[2]) for pair in options]
    return [path for path in values if _identity(path) is not None]


@contextmanager
def file_or_stdout(target: Path, suffix: str = "") -> Iterator[Path]:
    """Yield the file to write: `target`, or for `-` a temporary one that then goes to stdout.

    Raises:
        click.UsageError: a folder was written, which cannot go to stdout.
    """
    if target != STDOUT:
        yield target
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"stdout{suffix}"
        yield path
        if path.is_dir():
            raise click.UsageError("This format is a folder of files, which cannot go to stdout.")
        echo_bytes(path.read_bytes())


def _check_folder(target: Path) -> None:
    folder = target.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise ConfigError(f"Cannot write {str(target)!r}: {str(folder)!r} is not a folder.")
    # by the mode, too: access() allows everything to root
    if not folder.stat().st_mode & 0o222 or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(
            f"Cannot write {str(target)!r}: the folder {str(folder)!r} is not writable."
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what is equal for two paths of one file; None for no file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
