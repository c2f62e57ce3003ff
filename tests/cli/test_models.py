"""`posehub models`: list, pull, verify and remove."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
from click.testing import CliRunner

from posehub.backends.base import BackendInfo
from posehub.cli import main
from posehub.local.models import WheelModels
from posehub.plugins.hookspecs import hookimpl
from posehub.plugins.registry import get_registry

NETWORK = b"a network"
MODELS = WheelModels(
    name="thinker",
    package="brain",
    version="1.0",
    files={"brain/net.tflite": hashlib.sha256(NETWORK).hexdigest()},
    tags=("311", "cp311", "any"),
)


def no_factory(options):
    raise AssertionError("nothing here opens a backend")


class Plugin:
    @hookimpl
    def posehub_register_backends(self):
        common = {"summary": "for tests", "skeleton": "coco17", "factory": no_factory}
        return [
            BackendInfo(name="thinker", models=MODELS, **common),
            BackendInfo(name="plain", **common),
        ]


@pytest.fixture(autouse=True)
def _thinker(monkeypatch, tmp_path):
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    registry = get_registry()
    monkeypatch.setattr(registry, "backends", dict(registry.backends))
    for info in Plugin().posehub_register_backends():
        registry.backends[info.name] = info


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "brain-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("brain/net.tflite", NETWORK)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["models", *map(str, arguments)])


def state(*arguments):
    rows = json.loads(run(*arguments, "--json").stdout)
    return [row["state"] for row in rows if row["backend"] == "thinker"]


def test_the_list_shows_what_is_missing():
    result = run("list")
    assert result.exit_code == 0
    assert "net.tflite" in result.stdout
    assert state("list") == ["missing"]


def test_pulling_from_a_wheel_puts_the_files_in_place(wheel):
    result = run("pull", "thinker", "--from", wheel)
    assert result.exit_code == 0
    assert "present" in result.stdout
    assert state("list") == ["present"]


def test_a_pull_that_fails_exits_with_one_and_keeps_stdout_clean():
    result = run("pull", "thinker")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "--from WHEEL" in result.stderr


def test_verifying_exits_with_one_unless_every_file_is_whole(wheel):
    assert run("verify", "thinker").exit_code == 1
    run("pull", "thinker", "--from", wheel)
    assert run("verify", "thinker").exit_code == 0
    MODELS.path("brain/net.tflite").write_bytes(b"half")
    assert run("verify", "thinker").exit_code == 1
    assert state("verify", "thinker") == ["damaged"]


def test_removing_says_whether_there_was_anything(wheel):
    run("pull", "thinker", "--from", wheel)
    assert json.loads(run("remove", "thinker", "--json").stdout) == {
        "backend": "thinker",
        "removed": True,
    }
    assert "no models" in run("remove", "thinker").stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("pull", "thinkr"), "thinker"),
        (("pull", "plain"), "needs no model files"),
        (("pull", "thinker", "--from", "missing.whl"), "missing.whl"),
        (("pull",), "NAME"),
    ],
)
def test_a_wrong_call_exits_with_two(arguments, complaint):
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
