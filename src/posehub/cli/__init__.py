"""The command line: results to stdout, everything else to stderr.

Exit codes: 0 done, 1 the work failed, 2 the command line or the settings are wrong.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

import posehub
from posehub.errors import ConfigError, PosehubError, UnknownBackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = {
    "backends": "List the installed backends, or one backend's options.",
    "cassette": "List, check and prune cassettes.",
    "compare": "Compare backends or results files on the same images.",
    "convert": "Convert the results in IN, a file or folder, to the format of OUT.",
    "detect": "Detect the people in IMAGES and print their keypoints.",
    "doctor": "Check the installation, settings, plugins and credentials.",
    "draw": "Draw the people in FILES.",
    "evaluate": "Measure RESULTS against annotations: AP, AR, PCK, errors and calibration.",
    "models": "Manage the model files that local backends need.",
    "new-plugin": "Write the files of a new plugin for the backend NAME.",
    "record": "Record a backend's responses to IMAGES into a cassette.",
}
"""posehub's own commands, each in the module of its name, with the line that `--help` shows. Their
own first lines are not used there: reading them would import every command."""

_USAGE_ERRORS = (ConfigError, UnknownBackendError)


class _UsageError(click.ClickException):
    """An error in the command line or the settings, as click shows it."""

    exit_code = 2


class _Group(click.Group):
    """Imports a command when it is run, and turns posehub's errors into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of posehub's commands and of the plugins'."""
        self._add_plugin_commands()
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; plugins are loaded only for a name that is not posehub's own."""
        if cmd_name in COMMANDS:
            module = import_module(f"posehub.cli.{cmd_name.replace('-', '_')}")
            command: click.Command = module.command
            return command
        self._add_plugin_commands()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing posehub's own."""
        rows = list(self._summaries(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except _USAGE_ERRORS as error:
            raise _UsageError(str(error)) from error
        except PosehubError as error:
            raise click.ClickException(str(error)) from error

    def _summaries(self, ctx: click.Context) -> Iterator[tuple[str, str]]:
        for name in self.list_commands(ctx):
            if name in COMMANDS:
                yield name, COMMANDS[name]
                continue
            command = super().get_command(ctx, name)
            if command is not None and not command.hidden:
                yield name, command.get_short_help_str()

    def _add_plugin_commands(self) -> None:
        from posehub.plugins.registry import get_registry

        get_registry().add_commands(self)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(posehub.__version__, prog_name="posehub")
def main() -> None:
    """Detect the keypoints of people in images, with any backend, cloud or local."""
