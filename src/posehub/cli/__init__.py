"""The command line: results to stdout, everything else to stderr.

Exit codes: 0 done, 1 the work failed, 2 the command line or the settings are wrong.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click

import posehub
from posehub.cli import terminal
from posehub.cli.commands import COMMANDS, plugin_commands, summary
from posehub.cli.failures import as_failure, plugin_of


class _Group(click.Group):
    """Imports a command when it is run, and turns every error into a message and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; in standalone mode, exit with its code."""
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        sys.exit(_exit_code(run))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of posehub's commands and of the plugins'."""
        return sorted({*COMMANDS, *plugin_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command; plugins are loaded only for a name that is not posehub's own."""
        if cmd_name in COMMANDS:
            module = import_module(f"posehub.cli.{cmd_name.replace('-', '_')}")
            command: click.Command = module.command
            return command
        return plugin_commands().get(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing posehub's own."""
        rows = sorted(_summaries())
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> None:
        """Run the command."""
        try:
            super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except BaseException as error:  # plugins can raise anything
            command = ctx.invoked_subcommand or "posehub"
            # a command may end the program, but not what a plugin does within posehub's own
            is_end = isinstance(error, SystemExit)
            if is_end and (command not in COMMANDS or plugin_of(error) is None):
                raise
            if ctx.params["debug"]:
                terminal.echo(traceback.format_exc(), err=True)
            raise as_failure(error, command) from error


def _summaries() -> Iterator[tuple[str, str]]:
    yield from COMMANDS.items()
    for name, command in plugin_commands().items():
        if not command.hidden:
            yield terminal.shown(name), summary(command)


def _exit_code(run: Callable[[], Any]) -> int:
    """Return the exit code of a run of the command line, and print its error."""
    try:
        terminal.prepare()
        code = run()
        terminal.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        terminal.show_error(error)
        return error.exit_code
    except click.Abort:  # of a prompt; `invoke` turns interruptions into failures
        return 130
    except Exception as error:  # outside of `invoke`, where plugins add to the help
        terminal.show_error(as_failure(error, "posehub"))
        return 1


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(posehub.__version__, prog_name="posehub")
@click.option("--debug", is_flag=True, help="Show the traceback of an error, before its message.")
def main(debug: bool) -> None:
    """Detect the keypoints of people in images, with any backend, cloud or local."""
