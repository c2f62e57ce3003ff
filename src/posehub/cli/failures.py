"""How a command that fails ends: with a message that names the culprit, and an exit code."""

from __future__ import annotations

import re
from traceback import walk_tb

import click

from posehub.entry_points import entry_points
from posehub.errors import ConfigError, PosehubError, UnknownBackendError, described

_USAGE_ERRORS = (ConfigError, UnknownBackendError)
# what Python's callers give as a keyword, as `posehub convert` has it
_FLAGS = (
    (re.compile(r"skeleton=\.\.\."), "--source-skeleton NAME"),
    (re.compile("`skeleton`"), "--source-skeleton"),
    (re.compile(r"result\.to\(name\)"), "--skeleton NAME"),
    (re.compile(r"the option (max_pixels|cache)\b"), r"--option \1=..."),
    (re.compile(r"`(min_score|fps)`"), r"--\1"),
)


class _UsageFailure(click.ClickException):
    """The command line or the settings are wrong."""

    exit_code = 2


class _Interruption(click.ClickException):
    """Ctrl-C."""

    exit_code = 130  # as shells have it: 128 and the number of the signal


def as_failure(error: BaseException, command: str) -> click.ClickException:
    """Return what to show for an error that ended a command.

    Args:
        error: any error.
        command: name of the command, for errors that were not raised on purpose.
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
    plugin = plugin_of(error)
    culprit = "posehub" if plugin is None else f"the plugin {plugin!r}"
    return click.ClickException(
        f"{command} failed with {described(error)}. This is a fault of {culprit}; please report "
        f"it with the traceback that `posehub --debug {command} ...` shows."
    )


def plugin_of(error: BaseException) -> str | None:
    """Return the name of the plugin whose code raised an error, or None if none did."""
    # here, because `posehub --version` needs no plugin
    from posehub.plugins.registry import GROUP

    modules = {
        point.value.partition(":")[0].partition(".")[0].strip(): point.name
        for point in entry_points(GROUP)
    }
    callers = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    packages = (str(name).partition(".")[0] for name in reversed(callers))
    return next((modules[package] for package in packages if package in modules), None)


def with_flags(message: str, command: str) -> str:
    """Return a message that names the flags of the command line in the place of keywords."""
    for keyword, flag in _FLAGS:
        message = keyword.sub(flag, message)
    if command != "convert" and "--source-skeleton" in message:
        message += "" if message.endswith(".") else "."
        message += " `posehub convert` has this option; convert the file first."
    return message
