"""Which commands there are: posehub's own and the plugins'."""

from __future__ import annotations

from collections.abc import Mapping

import click

from posehub.cli.terminal import shown

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


class _PluginCommands(click.Group):
    """Takes the commands of plugins under names that are free."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command.

        Raises:
            ValueError: the name is taken. It ends the plugin's hook, and so becomes its fault.
        """
        wanted = name or cmd.name
        if wanted in COMMANDS:
            raise ValueError(f"the command {wanted!r} is posehub's own; give it another name")
        if wanted in self.commands:
            raise ValueError(f"the command {wanted!r} exists already; give it another name")
        super().add_command(cmd, name)


def plugin_commands() -> Mapping[str, click.Command]:
    """Return the commands of plugins by name; faults go into the registry's problems."""
    from posehub.plugins.registry import get_registry

    group = _PluginCommands()
    get_registry().add_commands(group)
    return group.commands


def summary(command: click.Command) -> str:
    """Return the line of a plugin's command in `--help`."""
    try:
        return shown(command.get_short_help_str())
    except Exception:  # a plugin's own class of commands; its fault must not end the whole help
        return "(This command of a plugin has no valid help.)"
