"""`posehub backends`, `posehub doctor` and the group itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import posehub
from posehub.cli import main

SECRETS = {"BAIDU_API_KEY": "hidden-key-1", "BAIDU_SECRET_KEY": "hidden-key-2"}


def run(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def broken_plugins(tmp_path):
    """Real distributions in a folder: one does not import, one has a misspelled hook."""

    def distribution(name: str, code: str) -> None:
        (tmp_path / f"{name}.py").write_text(code)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[posehub]\n{name} = {name}\n")

    distribution("unimportable", "import a_package_nobody_has\n")
    distribution(
        "misspelled",
        "import posehub\n\n@posehub.hookimpl\ndef posehub_register_backend():\n    return []\n",
    )
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def posehub_in_a_process(*arguments, env):
    return subprocess.run(
        [sys.executable, "-m", "posehub", *arguments], capture_output=True, text=True, env=env
    )


def test_the_installed_backends_are_listed():
    result = run("backends")
    assert result.exit_code == 0
    for name in ("baidu", "blazepose", "replay"):
        assert name in result.stdout


def test_the_list_as_json_has_the_names_of_variables_and_no_secret(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    output = run("backends", "--json").stdout
    by_name = {backend["name"]: backend for backend in json.loads(output)["backends"]}
    assert ["BAIDU_API_KEY", "BAIDU_SECRET_KEY"] in by_name["baidu"]["credentials"]
    assert by_name["baidu"]["capabilities"]["needs_network"] is True
    assert not any(value in output for value in SECRETS.values())


def test_one_backend_is_shown_with_every_option_and_its_variable():
    output = run("backends", "baidu").stdout
    for words in ("qps", "POSEHUB_BAIDU_QPS", "BAIDU_SECRET_KEY", "valid_persons", "max_pixels"):
        assert words in output


def test_one_backend_as_json_has_its_options():
    options = json.loads(run("backends", "replay", "--json").stdout)["options"]
    cassette = next(option for option in options if option["name"] == "cassette")
    assert cassette["required"] is True
    assert cassette["type"] == "path"


def test_an_unknown_backend_is_a_wrong_call():
    result = run("backends", "bidu")
    assert result.exit_code == 2
    assert "Did you mean 'baidu'?" in result.stderr


def test_broken_plugins_are_listed_with_their_error_and_the_others_work(broken_plugins):
    result = posehub_in_a_process("backends", "--json", env=broken_plugins)
    listed = json.loads(result.stdout)
    problems = {problem["plugin"]: problem["error"] for problem in listed["problems"]}
    assert "a_package_nobody_has" in problems["unimportable"]
    assert "posehub_register_backend" in problems["misspelled"]
    assert {"baidu", "replay"} <= {backend["name"] for backend in listed["backends"]}


def test_broken_plugins_are_shown_by_the_table_and_fail_the_doctor(broken_plugins):
    table = posehub_in_a_process("backends", env=broken_plugins)
    doctor = posehub_in_a_process("doctor", env=broken_plugins)
    assert "a_package_nobody_has" in table.stdout
    assert "FAIL  plugin misspelled" in doctor.stdout
    assert doctor.returncode == 1


def test_a_blocked_plugin_is_left_out_and_named(broken_plugins):
    env = {**broken_plugins, "POSEHUB_BLOCK": "unimportable, misspelled,replay"}
    listed = json.loads(posehub_in_a_process("backends", "--json", env=env).stdout)
    assert listed["blocked"] == ["misspelled", "replay", "unimportable"]
    assert listed["problems"] == []
    doctor = posehub_in_a_process("doctor", env=env)
    assert "note  plugin replay: left out by POSEHUB_BLOCK" in doctor.stdout
    assert doctor.returncode == 0


def test_the_doctor_says_which_keys_are_missing_without_failing():
    findings = {f["subject"]: f for f in json.loads(run("doctor", "--json").stdout)}
    assert findings["backend baidu"]["state"] == "note"
    assert "BAIDU_API_KEY" in findings["backend baidu"]["detail"]
    assert findings["backend replay"]["state"] == "ok"


def test_the_doctor_is_content_with_keys_and_shows_none(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    result = run("doctor")
    assert "ok    backend baidu: ready" in result.stdout
    assert not any(value in result.output for value in SECRETS.values())


def test_the_doctor_fails_on_settings_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("posehub.toml").write_text("backends = 5")
    result = run("doctor")
    assert result.exit_code == 1
    assert "FAIL  settings" in result.stdout


def test_the_doctor_fails_on_an_option_a_backend_does_not_have(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("posehub.toml").write_text("[backends.baidu]\nqsp = 2")
    result = run("doctor")
    assert result.exit_code == 1
    assert "Did you mean 'qps'?" in result.stdout


def test_help_lists_the_commands():
    output = run("--help").stdout
    for name in ("backends", "detect", "doctor", "models"):
        assert f"\n  {name} " in output


@pytest.mark.parametrize("name", ["backends", "detect", "doctor", "models"])
def test_every_command_explains_itself(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


def test_the_version_is_the_packages():
    assert posehub.__version__ in run("--version").stdout


def test_an_unknown_command_is_a_wrong_call():
    assert run("detcet").exit_code == 2


def test_a_plugin_can_add_a_command(tmp_path):
    (tmp_path / "greeter.py").write_text(
        "import click, posehub\n\n"
        "@posehub.hookimpl\n"
        "def posehub_register_commands(group):\n"
        "    @group.command()\n"
        "    def greet():\n"
        "        click.echo('hello')\n"
    )
    info = tmp_path / "greeter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[posehub]\ngreeter = greeter\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert posehub_in_a_process("greet", env=env).stdout == "hello\n"
    assert "greet" in posehub_in_a_process("--help", env=env).stdout
