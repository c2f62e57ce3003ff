"""The group of commands itself: help, version, unknown commands, plugins' commands."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import posehub
from posehub.cli import COMMANDS, main

GREETER = """
import click, posehub

@posehub.hookimpl
def posehub_register_commands(group):
    @group.command()
    def greet():
        "Greet the user."
        click.echo("hello")

    @group.command(hidden=True)
    def secret():
        "Not listed."
"""


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_help_lists_the_commands():
    output = run("--help").stdout
    for name in COMMANDS:
        assert f"\n  {name} " in output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_first_sentence_of_each_commands_own_help(name):
    first = main.get_command(None, name).get_short_help_str(limit=1000)
    assert first.removesuffix(".") == COMMANDS[name].removesuffix(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


def test_the_version_is_that_of_the_package():
    assert posehub.__version__ in run("--version").stdout


def test_an_unknown_command_exits_with_2():
    assert run("detcet").exit_code == 2


def test_a_plugin_can_add_a_command(posehub_process, distribution):
    env = distribution("greeter", GREETER)
    assert posehub_process("greet", env=env).stdout == "hello\n"
    listed = posehub_process("--help", env=env).stdout
    assert "  greet       Greet the user.\n" in listed
    assert "Not listed." not in listed
