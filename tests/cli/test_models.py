"""`posehub models`: list, pull, verify and remove."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Literal

import attrs
import pytest
from attrs import frozen
from click.testing import CliRunner

from posehub import ModelFile, option
from posehub.backends.model_files import ModelConversion
from posehub.cli import main
from posehub.local.models import path_of
from posehub.local.wheels import WheelMember

NETWORKS = {"small": b"a network", "large": b"a network of many layers"}
FILES = {
    size: ModelFile(
        name=f"{size}.tflite",
        folder="brain-1.0",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        licence="Apache-2.0",
        sources=(WheelMember("brain", "1.0", f"brain/{size}.tflite", ("311", "cp311", "any")),),
    )
    for size, data in NETWORKS.items()
}


@frozen
class Options:
    size: Literal["small", "large"] = option("small", help="which network")


@pytest.fixture(autouse=True)
def _thinker(install, make_info, monkeypatch, tmp_path):
    """A backend whose options choose its one model file, and one without model files."""
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path / "models"))
    models = lambda options: [FILES[options.size]]  # noqa: E731
    install(make_info("thinker", options=Options, models=models), make_info("plain"))


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "brain-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for size, data in NETWORKS.items():
            archive.writestr(f"brain/{size}.tflite", data)
    return path


def run(*arguments):
    return CliRunner().invoke(main, ["models", *map(str, arguments)])


def rows(*arguments):
    listed = json.loads(run(*arguments, "--json").stdout)
    return {row["file"]: row["state"] for row in listed if row["backend"] == "thinker"}


def test_the_list_shows_what_is_missing():
    result = run("list")
    assert result.exit_code == 0
    assert "small.tflite" in result.stdout
    assert rows("list") == {"small.tflite": "missing"}


def test_a_row_names_backend_file_size_licence_state_path_and_sources():
    (row,) = json.loads(run("list", "thinker", "--json").stdout)
    assert row == {
        "backend": "thinker",
        "file": "small.tflite",
        "state": "missing",
        "path": str(path_of(FILES["small"])),
        "size": len(NETWORKS["small"]),
        "licence": "Apache-2.0",
        "sources": ["the wheel of brain 1.0"],
    }


def test_the_options_decide_which_files_are_meant(wheel, monkeypatch):
    assert rows("list", "thinker", "-o", "size=large") == {"large.tflite": "missing"}
    assert run("pull", "thinker", "-o", "size=large", "--from", wheel).exit_code == 0
    assert run("verify", "thinker", "-o", "size=large").exit_code == 0
    assert run("verify", "thinker").exit_code == 1
    monkeypatch.setenv("POSEHUB_THINKER_SIZE", "large")
    assert rows("list") == {"large.tflite": "present"}
    assert "Removed" in run("remove", "thinker", "-o", "size=large").stdout
    assert rows("list") == {"large.tflite": "missing"}


def test_pulling_from_a_wheel_puts_the_files_in_place(wheel):
    result = run("pull", "thinker", "--from", wheel)
    assert result.exit_code == 0
    assert "present" in result.stdout
    assert rows("list") == {"small.tflite": "present"}


def test_a_pull_that_fails_exits_with_one_and_keeps_stdout_clean():
    result = run("pull", "thinker")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "--from PATH" in result.stderr


def test_a_pull_of_present_files_does_nothing_unless_forced(wheel):
    run("pull", "thinker", "--from", wheel)
    assert run("pull", "thinker").exit_code == 0
    assert run("pull", "thinker", "--force").exit_code == 1
    assert rows("list") == {"small.tflite": "present"}
    assert run("pull", "thinker", "--force", "--from", wheel).exit_code == 0


def test_verifying_exits_with_one_unless_every_file_is_undamaged(wheel):
    assert run("verify", "thinker").exit_code == 1
    run("pull", "thinker", "--from", wheel)
    assert run("verify", "thinker").exit_code == 0
    path_of(FILES["small"]).write_bytes(b"half")
    assert run("verify", "thinker").exit_code == 1
    assert rows("verify", "thinker") == {"small.tflite": "damaged"}


def test_verifying_reads_files_that_seem_unchanged(wheel):
    run("pull", "thinker", "--from", wheel)
    path = path_of(FILES["small"])
    before = path.stat()
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert rows("list") == {"small.tflite": "present"}
    assert run("verify", "thinker").exit_code == 1


def test_pulling_from_a_folder_takes_what_is_in_it(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "network.bin").write_bytes(NETWORKS["small"])
    assert run("pull", "thinker", "--from", tmp_path / "mine").exit_code == 0
    assert rows("list") == {"small.tflite": "present"}


def test_the_list_shows_size_licence_source_and_folder():
    shown = " ".join(run("list", "thinker").stdout.split())
    for words in ("9 bytes", "Apache-2.0, from", "wheel", "kept in"):
        assert words in shown


def test_the_result_of_a_conversion_has_a_row_of_its_own(install, make_info, wheel):
    conversion = ModelConversion(
        name="small.onnx",
        version="1",
        convert=lambda sources, target: target.write_bytes(b"".join(map(Path.read_bytes, sources))),
        others=(FILES["large"],),
    )
    file = attrs.evolve(FILES["small"], conversion=conversion)
    install(make_info("converting", models=lambda options: [file]))
    listed = json.loads(run("list", "converting", "--json").stdout)
    assert [row["file"] for row in listed] == ["small.tflite", "small.onnx", "large.tflite"]
    assert (listed[1]["size"], listed[1]["state"]) == (None, "missing")
    assert listed[1]["sources"] == ["small.tflite and large.tflite"]
    assert run("pull", "converting", "--from", wheel).exit_code == 0
    (_, result, _) = json.loads(run("verify", "converting", "--json").stdout)
    assert result["state"] == "present"
    assert result["size"] == sum(map(len, NETWORKS.values()))


def test_removing_reports_whether_there_was_anything(wheel):
    run("pull", "thinker", "--from", wheel)
    assert json.loads(run("remove", "thinker", "--json").stdout) == {
        "backend": "thinker",
        "removed": True,
    }
    assert "No model files" in run("remove", "thinker").stdout


def failing(options):
    raise RuntimeError("out of thoughts")


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (failing, "failed with RuntimeError: out of thoughts"),
        (lambda options: ["net.tflite"], "returned a str instead of a ModelFile"),
        (lambda options: 5, "failed with TypeError"),
    ],
)
def test_a_plugin_that_fails_does_not_hide_the_others(install, make_info, models, words):
    install(make_info("broken", models=models))
    for command in ("list", "verify"):
        result = run(command)
        assert result.exit_code == 1
        assert "thinker" in result.stdout
        assert f"broken: The models of broken cannot be listed: its plugin {words}" in result.stderr
    assert words in run("pull", "broken").stderr


def test_a_setting_that_is_wrong_is_named_beside_the_list(monkeypatch):
    monkeypatch.setenv("POSEHUB_THINKER_SIZE", "huge")
    result = run("list")
    assert result.exit_code == 1
    assert "thinker: Option 'size' of thinker" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pull", "thinkr"), "thinker"),
        (("pull", "plain"), "needs no model files"),
        (("pull", "thinker", "--from", "missing.whl"), "missing.whl"),
        (("pull", "thinker", "-o", "size=huge"), "size"),
        (("pull", "thinker", "-o", "width=1"), "no option 'width'"),
        (("list", "-o", "size=large"), "NAME"),
        (("pull",), "NAME"),
    ],
)
def test_a_wrong_call_exits_with_two(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
