"""`posehub doctor`: installation, settings, environment, plugins and credentials."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from posehub.backends.options import option
from posehub.cli import main
from posehub.cli.doctor import nearest_variable
from posehub.plugins.settings import user_file

SECRETS = {"BAIDU_API_KEY": "hidden-key-1", "BAIDU_SECRET_KEY": "hidden-key-2"}


def run(*arguments):
    return CliRunner().invoke(main, ["doctor", *arguments])


def findings():
    return {finding["subject"]: finding for finding in json.loads(run("--json").stdout)}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_missing_credentials_are_a_note_that_names_the_variables():
    found = findings()
    assert found["backend baidu"]["state"] == "note"
    assert "BAIDU_API_KEY" in found["backend baidu"]["detail"]
    assert found["backend replay"]["state"] == "ok"
    assert found["backend replay"]["detail"] == "ready; needs the option cassette"


def test_a_backend_with_credentials_is_ready_and_no_secret_is_shown(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    result = run()
    assert "ok    backend baidu: ready" in result.stdout
    assert "ok    environment: BAIDU_API_KEY, BAIDU_SECRET_KEY" in result.stdout
    assert not any(value in result.output for value in SECRETS.values())


def test_missing_model_files_are_named_with_the_command_that_fetches_them(monkeypatch, folder):
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(folder / "empty"))
    found = findings()["backend blazepose"]
    assert found["state"] == "ok"
    assert "2 of 2 model files are missing" in found["detail"]
    assert " MB), " in found["detail"]
    assert "posehub models pull blazepose" in found["detail"]


@pytest.mark.parametrize("models", [lambda options: 1 / 0, lambda options: ["a.onnx"]])
def test_a_plugin_that_cannot_list_its_model_files_fails(models, install, make_info):
    install(make_info("some", models=models))
    result = run()
    assert result.exit_code == 1
    assert "FAIL  backend some: The models of some cannot be listed" in result.stdout


def test_settings_that_cannot_be_read_fail():
    Path("posehub.toml").write_text("backends = 5")
    result = run()
    assert result.exit_code == 1
    assert "FAIL  settings" in result.stdout


def test_an_option_that_a_backend_does_not_have_fails():
    Path("posehub.toml").write_text("[backends.baidu]\nqsp = 2")
    result = run()
    assert result.exit_code == 1
    assert "Did you mean 'qps'?" in result.stdout


def test_without_settings_the_doctor_is_content():
    assert findings()["settings"]["state"] == "ok"


@attrs.frozen
class Options:
    """A secret option, a personal one, and one of neither kind."""

    key: str = option("", help="A key.", secret=True)
    proxy: str = option("", help="A proxy.", personal=True)
    speed: int = option(1, help="A speed.")


def test_each_settings_file_is_shown_with_what_it_sets(folder, install, make_info):
    install(make_info("some", options=Options))
    Path("posehub.toml").write_text(
        'backend = "some"\n[backends.some]\nspeed = 2\n[backends.baidu]\ncache = "c.sqlite"'
    )
    user_file().parent.mkdir(parents=True)
    user_file().write_text('[backends.some]\nkey = "hidden-key-1"\nproxy = "http://a:b@c"')
    result = run()
    shown = "backend = 'some'; [backends.some] speed = 2; [backends.baidu] cache = 'c.sqlite'"
    assert f"ok    settings {folder / 'posehub.toml'}: {shown}\n" in result.stdout
    hidden = "[backends.some] key (value not shown), proxy (value not shown)"
    assert f"ok    settings {user_file()}: {hidden}\n" in result.stdout
    assert "hidden-key-1" not in result.output
    assert "a:b@c" not in result.output


def test_a_secret_under_a_misspelt_name_is_not_shown():
    Path("posehub.toml").write_text('[backends.baidu]\napi_kye = "hidden-key-1"')
    result = run()
    assert "api_kye (value not shown)" in result.stdout
    assert "hidden-key-1" not in result.output


def test_settings_of_a_backend_that_is_not_installed_are_a_note():
    Path("posehub.toml").write_text("[backends.bidu]\nqps = 2")
    result = run()
    note = "[backends.bidu] is ignored: no backend 'bidu' is installed. Did you mean 'baidu'?"
    assert f"note  settings {Path('posehub.toml').resolve()}: {note}\n" in result.stdout
    assert result.exit_code == 0


def test_a_misspelt_variable_is_named_with_the_nearest_one(monkeypatch):
    monkeypatch.setenv("POSEHUB_BAIDU_QSP", "2")
    result = run()
    assert "note  environment POSEHUB_BAIDU_QSP: ignored" in result.stdout
    assert "Did you mean POSEHUB_BAIDU_QPS?" in result.stdout
    assert result.exit_code == 0


def test_variables_that_exist_are_listed_without_their_values(monkeypatch):
    monkeypatch.setenv("POSEHUB_BAIDU_QPS", "3.75")
    monkeypatch.setenv("POSEHUB_BACKEND", "baidu")
    detail = findings()["environment"]["detail"]
    assert {"POSEHUB_BACKEND", "POSEHUB_BAIDU_QPS"} <= set(detail.split(", "))
    assert "3.75" not in detail


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("POSEHUB_BACKENDS", "POSEHUB_BACKEND"),
        ("POSEHUB_BLOK", "POSEHUB_BLOCK"),
        ("POSEHUB_MODEL_DIR", "POSEHUB_MODELS_DIR"),
        ("POSEHUB_BAIDU_API_KEY", "BAIDU_API_KEY"),
        ("POSEHUB_BAIDU-QPS", "POSEHUB_BAIDU_QPS"),
        ("POSEHUB_XYZ", None),
    ],
)
def test_the_nearest_variable_is_found_without_the_common_prefix(name, nearest):
    known = {
        *("POSEHUB_BACKEND", "POSEHUB_BLOCK", "POSEHUB_MODELS_DIR"),
        *("POSEHUB_BAIDU_QPS", "BAIDU_API_KEY"),
    }
    assert nearest_variable(name, known) == nearest


def test_plugins_that_do_not_load_fail(posehub_process, broken_plugins):
    done = posehub_process("doctor", env=broken_plugins)
    assert "FAIL  plugin misspelt" in done.stdout
    assert "FAIL  plugin unimportable" in done.stdout
    assert done.returncode == 1


def test_blocked_plugins_are_a_note(posehub_process, broken_plugins):
    env = {**broken_plugins, "POSEHUB_BLOCK": "unimportable, misspelt,replay"}
    done = posehub_process("doctor", env=env)
    assert "note  plugin replay: not loaded because of POSEHUB_BLOCK" in done.stdout
    assert done.returncode == 0


def test_commands_that_fail_to_register_fail(posehub_process, distribution):
    env = distribution(
        "commander",
        "import posehub\n\n@posehub.hookimpl\ndef posehub_register_commands(group):\n"
        "    raise SystemExit(3)\n",
    )
    done = posehub_process("doctor", env=env)
    assert done.stdout.count("FAIL  plugin commander: ") == 1
    assert "posehub_register_commands" in done.stdout
    assert done.returncode == 1
