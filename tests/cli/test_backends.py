"""`posehub backends`: the list, one backend's options, and plugins that do not load."""

from __future__ import annotations

import enum
import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from posehub.backends.options import option
from posehub.cli import main

SECRETS = {"BAIDU_API_KEY": "hidden-key-1", "BAIDU_SECRET_KEY": "hidden-key-2"}


def run(*arguments):
    return CliRunner().invoke(main, arguments)


class Mode(enum.Enum):
    FAST = "fast"
    GOOD = "good"


@attrs.frozen
class ManyOptions:
    """Options with defaults of every kind."""

    mode: Mode = option(Mode.FAST, help="A mode.")
    sizes: tuple[int, ...] = option((1, 2), help="Some sizes.")
    names: list[str] = option(attrs.Factory(list), help="Some names.")
    file: Path = option(Path("Some/File"), help="A file.")
    key: str = option(attrs.NOTHING, help="A key.", secret=True)


def test_the_list_has_every_backend_with_summary_skeleton_and_network(install, make_info):
    install(attrs.evolve(make_info("several"), summary="finds people", skeleton=None))
    result = run("backends")
    assert result.exit_code == 0
    for name in ("baidu", "blazepose", "replay"):
        assert name in result.stdout
    assert "skeleton baidu21, needs the network" in result.stdout
    lines = result.stdout.splitlines()
    row = next(n for n, line in enumerate(lines) if line.startswith("several 1.2.3 "))
    assert lines[row].endswith(" finds people")
    assert lines[row + 1].strip() == "skeleton by options, offline"


def test_the_list_as_json_has_the_names_of_variables_and_no_secret(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    output = run("backends", "--json").stdout
    by_name = {backend["name"]: backend for backend in json.loads(output)["backends"]}
    assert ["BAIDU_API_KEY", "BAIDU_SECRET_KEY"] in by_name["baidu"]["credentials"]
    assert by_name["baidu"]["capabilities"]["needs_network"] is True
    assert by_name["baidu"]["api_version"] == 1
    assert by_name["replay"]["skeleton"] is None
    assert not any(value in output for value in SECRETS.values())


def test_one_backend_is_shown_with_its_credentials_and_every_option_and_variable():
    output = run("backends", "baidu").stdout
    for words in ("qps", "POSEHUB_BAIDU_QPS", "BAIDU_SECRET_KEY", "valid_persons", "max_pixels"):
        assert words in output
    assert "skeleton: baidu21" in output
    assert "credentials: BAIDU_API_KEY and BAIDU_SECRET_KEY, or BAIDU_ACCESS_TOKEN, or" in output


def test_one_backend_as_json_has_its_options():
    options = json.loads(run("backends", "replay", "--json").stdout)["options"]
    cassette = next(option for option in options if option["name"] == "cassette")
    assert cassette["required"] is True
    assert cassette["type"] == "path"


def test_defaults_are_shown_as_they_are_written_on_the_command_line(install, make_info):
    install(make_info("several", options=ManyOptions))
    output = run("backends", "several").stdout
    for line in (
        "mode  'fast' or 'good', default fast",
        "sizes  list of int, default 1,2",
        "names  list of str, default empty",
        "file  path, default Some/File",
        "key  str, required",
        "cache  false or path, default false",
    ):
        assert f"  {line}\n" in output


def test_defaults_as_json_are_plain_values(install, make_info):
    install(make_info("several", options=ManyOptions))
    options = json.loads(run("backends", "several", "--json").stdout)["options"]
    defaults = {option["name"]: option["default"] for option in options}
    assert defaults["mode"] == "fast"
    assert defaults["sizes"] == [1, 2]
    assert defaults["names"] == []
    assert defaults["file"] == str(Path("Some/File"))
    assert defaults["key"] is None


def test_an_unknown_backend_exits_with_2():
    result = run("backends", "bidu")
    assert result.exit_code == 2
    assert "Did you mean 'baidu'?" in result.stderr


def test_plugins_that_do_not_load_are_listed_with_their_errors(posehub_process, broken_plugins):
    table = posehub_process("backends", env=broken_plugins)
    assert "a_package_that_does_not_exist" in table.stdout
    listed = json.loads(posehub_process("backends", "--json", env=broken_plugins).stdout)
    problems = {problem["plugin"]: problem["error"] for problem in listed["problems"]}
    assert "a_package_that_does_not_exist" in problems["unimportable"]
    assert "posehub_register_backend" in problems["misspelt"]
    assert {"baidu", "replay"} <= {backend["name"] for backend in listed["backends"]}


def test_a_blocked_plugin_is_named_and_not_loaded(posehub_process, broken_plugins):
    env = {**broken_plugins, "POSEHUB_BLOCK": "unimportable, misspelt,replay"}
    listed = json.loads(posehub_process("backends", "--json", env=env).stdout)
    assert listed["blocked"] == ["misspelt", "replay", "unimportable"]
    assert listed["problems"] == []
    assert "replay" not in {backend["name"] for backend in listed["backends"]}


def test_without_backends_the_list_says_so(posehub_process, broken_plugins):
    plugins = "baidu,blazepose,movenet,replay,misspelt,unimportable"
    done = posehub_process("backends", env={**broken_plugins, "POSEHUB_BLOCK": plugins})
    assert done.stdout == "No backend is installed.\n"


@pytest.mark.parametrize("arguments", [(), ("baidu",)])
def test_text_that_is_piped_has_no_colours(arguments):
    assert "\x1b" not in run("backends", *arguments).stdout
