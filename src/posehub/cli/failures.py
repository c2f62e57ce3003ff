"""How a command that fails ends: with a message that names the culprit, and an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click
from attrs import define

from posehub.cli.terminal import echo
from posehub.errors import ConfigError, PosehubError, UnknownBackendError, described

_USAGE_ERRORS = (ConfigError, UnknownBackendError)
# what Python's callers give as a keyword, as `posehub convert` has it
_FLAGS = (
    (re.compile(r"skeleton=\.\.\."), "--source-skeleton NAME"),
    (re.compile("`skeleton`"), "--source-skeleton"),
    (re.compile(r"result\.to\(name\)"), "--skeleton NAME"),
    (re.compile(r"the option max_pixels\b"), "--option max_pixels=..."),
    (re.compile(r"`(min_score|fps)`"), r"--\1"),
)


class _UsageFailure(click.ClickException):
    """The command line or the settings are wrong."""

    exit_code = 2


class _Interruption(click.ClickException):
    """Ctrl-C."""

    exit_code = 130  # as shells have it: 128 and the number of the signal


def as_failure(error: BaseException, command: str, *, is_own: bool = True) -> click.ClickException:
    """Return what to show for an error that ended a command.

    Args:
        error: any error.
        command: name of the command, for errors that were not raised on purpose.
        is_own: whether the command is posehub's own, not a plugin's.
    """
    if isinstance(error, click.ClickException):
        return error
    if isinstance(error, PosehubError):
        kind = _UsageFailure if isinstance(error, _USAGE_ERRORS) else click.ClickException
        return kind(with_flags(str(error), command))
    if isinstance(error, KeyboardInterrupt):
        return _Interruption("Interrupted.")
    if isinstance(error, OSError) and error.strerror:
        names = [repr(name) for name in (error.filename, error.filename2) if name is not None]
        return click.ClickException(f"{': '.join([command, *names])}: {error.strerror}.")
    if isinstance(error, MemoryError):
        return click.ClickException(f"{command}: not enough memory.")
    culprit = "posehub" if is_own else "the plugin that has this command"
    return click.ClickException(
        f"{command} failed with {described(error)}. This is a fault of {culprit}; please report "
        f"it with the traceback that `posehub --debug {command} ...` shows."
    )


def with_flags(message: str, command: str) -> str:
    """Return a message that names the flags of the command line in the place of keywords."""
    for keyword, flag in _FLAGS:
        message = keyword.sub(flag, message)
    if command != "convert" and "--source-skeleton" in message:
        message += " `posehub convert` has this option; convert the file first."
    return message


@define
class Tally:
    """How many images of a command are done, for its last line.

    Attributes:
        total: number of images.
        done: number of those done so far, failed ones included.
        failed: number of those that failed.
    """

    total: int
    done: int = 0
    failed: int = 0


@contextmanager
def counted(total: int) -> Iterator[Tally]:
    """Count images; an interruption prints to stderr how many are done."""
    tally = Tally(total)
    try:
        yield tally
    except KeyboardInterrupt:
        echo(f"images: {tally.done} of {tally.total} done, failed: {tally.failed}", err=True)
        raise
