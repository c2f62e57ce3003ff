"""The command line: results to stdout, everything else to stderr.

Exit codes: 0 done, 1 the work failed, 2 the call was wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

import posehub
from posehub.errors import ConfigError, PosehubError, UnknownBackendError

_COMMANDS = (
    "backends",
    "cassette",
    "compare",
    "convert",
    "detect",
    "doctor",
    "draw",
    "evaluate",
    "models",
    "new-plugin",
    "record",
)
_CALLERS_FAULT = (ConfigError, UnknownBackendError)


class _WrongCall(click.ClickException):
    """An error of who called, as click shows it."""

    exit_code = 2


class _Group(click.Group):
    """Imports a command when it is called, and turns posehub's errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of posehub's commands and of the plugins'."""
        self._add_plugin_commands()
        return sorted({*_COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; plugins are loaded only for a name that is not posehub's own."""
        if cmd_name in _COMMANDS:
            module = import_module(f"posehub.cli.{cmd_name.replace('-', '_')}")
            command: click.Command = module.command
            return command
        self._add_plugin_commands()
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except _CALLERS_FAULT as error:
            raise _WrongCall(str(error)) from error
        except PosehubError as error:
            raise click.ClickException(str(error)) from error

    def _add_plugin_commands(self) -> None:
        from posehub.plugins.registry import get_registry

        get_registry().add_commands(self)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(posehub.__version__, prog_name="posehub")
def main() -> None:
    """Find people's keypoints in pictures, with any backend, cloud or local."""
