"""How commands fail: a message that names the culprit, the exit code, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from posehub.cli import main
from posehub.cli.failures import as_failure, with_flags
from posehub.errors import BackendError, ConfigError, ImageError, UnknownBackendError
from posehub.testing import fake_backend

PLUGIN = """
import posehub

def empty():
    return posehub.PoseResult.empty(posehub.get_skeleton("coco17"), image_size=(32, 24))

class Backend(posehub.Backend):
    def detect_batch(self, images):
        {detect}

    def close(self):
        {close}

INFO = posehub.BackendInfo(
    name="evil", summary="For tests.", skeleton="coco17", factory=lambda options: Backend()
)
Backend.info = INFO

@posehub.hookimpl
def posehub_register_backends():
    return [INFO]
"""
COMMANDS = """
import click, posehub

class Helpless(click.Command):
    def get_short_help_str(self, limit=45):
        raise RuntimeError

@posehub.hookimpl
def posehub_register_commands(group):
    @group.command({name!r})
    def first():
        print(__name__)

    @group.command()
    def leave():
        raise SystemExit(9)

    @group.command()
    def fall():
        raise RuntimeError("fell")

    group.add_command(Helpless("helpless"))
"""


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def image(tmp_path, monkeypatch, pictures):
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(pictures.png())
    return Path("a.png")


@pytest.fixture
def evil(distribution):
    def make(detect="return [empty() for _ in images]", close="pass"):
        return distribution("evil", PLUGIN.format(detect=detect, close=close))

    return make


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ConfigError("bad qps"), 2, "bad qps"),
        (UnknownBackendError("no bidu"), 2, "no bidu"),
        (ImageError("no image"), 1, "no image"),
        (BackendError("failed"), 1, "failed"),
        (click.UsageError("bad call"), 2, "bad call"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (MemoryError(), 1, "detect: not enough memory."),
        (FileNotFoundError(2, "No such file", "x"), 1, "detect: 'x': No such file."),
        (
            RuntimeError("odd"),
            1,
            "detect failed with RuntimeError: odd. This is a fault of p",
        ),
        (GeneratorExit(), 1, "detect failed with GeneratorExit. This is a fault of posehub"),
    ],
)
def test_each_kind_of_error_has_an_exit_code_and_a_message(error, code, message):
    failure = as_failure(error, "detect")
    assert failure.exit_code == code
    assert failure.message.startswith(message)


@pytest.mark.parametrize(
    ("message", "command", "expected"),
    [
        ("name it: skeleton=...", "convert", "name it: --source-skeleton NAME"),
        ("Do not give `skeleton`", "convert", "Do not give --source-skeleton"),
        ("use result.to(name).", "convert", "use --skeleton NAME."),
        ("raise the option max_pixels.", "detect", "raise --option max_pixels=...."),
        ("a photo", "draw", "a photo"),
        (
            "Name it: skeleton=...",
            "draw",
            "Name it: --source-skeleton NAME. `posehub convert` has this option; convert the file "
            "first.",
        ),
    ],
)
def test_messages_name_flags_and_not_keywords(message, command, expected):
    assert with_flags(message, command) == expected


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("detect", "a.png", "-b", "baidu", "-o", "qps=x"), "--option qps"),
        (("detect", "a.png", "-b", "baidu", "-o", "max-retries=x"), "--option max_retries"),
        (("detect", "a.png", "-b", "baidu", "-o", "qsp=2"), "--option qsp"),
        (("detect", "a.png", "-b", "baidu", "-o", "qps=-1"), "--option qps"),
        (("compare", "baidu", "replay", "a.png", "-o", "baidu.qps=x"), "--option baidu.qps"),
        (("detect", "a.png", "-b", "baidu"), "BAIDU_API_KEY"),
    ],
)
def test_the_flag_that_gave_a_wrong_value_is_named(image, arguments, named):
    result = run(*arguments)
    assert result.exit_code == 2
    assert named in result.stderr


def test_the_variable_that_gave_a_wrong_value_is_named(image, monkeypatch):
    monkeypatch.setenv("POSEHUB_BAIDU_QPS", "fast")
    assert "POSEHUB_BAIDU_QPS" in run("detect", image, "-b", "baidu").stderr


def test_debug_shows_the_traceback_and_keeps_message_and_exit_code(image):
    plain = run("detect", image, "-b", "bidu")
    debug = run("--debug", "detect", image, "-b", "bidu")
    assert "Traceback" not in plain.stderr
    assert debug.stderr.startswith("Traceback")
    assert debug.stderr.endswith(plain.stderr)
    assert debug.exit_code == plain.exit_code == 2


@pytest.mark.parametrize(
    "code", ["raise BaseException('db')", "raise GeneratorExit", "raise SystemExit(7)"]
)
def test_a_plugin_that_raises_anything_is_named(image, evil, posehub_process, code):
    done = posehub_process("detect", "a.png", "-b", "evil", env=evil(detect=code))
    assert done.returncode == 1
    assert "evil" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("code", ["raise RuntimeError('close')", "raise SystemExit(8)"])
def test_a_plugin_that_fails_to_close_is_named_after_its_results(
    image, evil, posehub_process, code
):
    done = posehub_process("detect", "a.png", "-b", "evil", "--json", env=evil(close=code))
    assert done.returncode == 1
    assert json.loads(done.stdout)["image"] == "a.png"
    assert "a fault of the plugin 'evil'" in done.stderr


@pytest.mark.parametrize("name", ["detect", "new-plugin"])
def test_a_command_that_shadows_one_of_posehubs_is_listed_by_doctor(
    posehub_process, distribution, name
):
    env = distribution("shadow", COMMANDS.format(name=name))
    done = posehub_process("doctor", env=env)
    assert done.returncode == 1
    assert "FAIL  plugin shadow: Plugin 'shadow' fails in posehub_register_commands" in done.stdout
    assert f"the command {name!r} is posehub's own" in done.stdout
    assert "Usage" in posehub_process(name, "--help", env=env).stdout


def test_two_plugins_with_a_command_of_one_name_are_listed_by_doctor(posehub_process, distribution):
    distribution("one", COMMANDS.format(name="greet"))
    env = distribution("two", COMMANDS.format(name="greet"))
    assert "FAIL  plugin two" in posehub_process("doctor", env=env).stdout
    assert posehub_process("greet", env=env).stdout == "one\n"


def test_commands_of_plugins_fail_for_themselves(posehub_process, distribution):
    env = distribution("leaver", COMMANDS.format(name="greet"))
    assert posehub_process("leave", env=env).returncode == 9
    done = posehub_process("fall", env=env)
    assert done.returncode == 1
    assert "a fault of the plugin 'leaver'" in done.stderr
    done = posehub_process("--help", env=env)
    assert done.returncode == 0
    assert "helpless" in done.stdout


def test_an_interruption_says_what_is_done_and_exits_with_130(image, evil, posehub_process):
    code = (
        "import signal, os, time\n"
        "        if images[0].name == 'a.png': return [empty()]\n"
        "        signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(30)"
    )
    Path("b.png").write_bytes(image.read_bytes())
    env = evil(detect=code)
    for command in ("detect", "draw"):
        done = posehub_process(command, "a.png", "b.png", "-b", "evil", env=env)
        assert done.returncode == 130
        assert "images: 1 of 2 done, failed: 0" in done.stderr
        assert "Interrupted." in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["doctor", "backends"])
def test_a_deleted_working_folder_is_no_fault(tmp_path, command):
    gone = tmp_path / "gone"
    script = f"mkdir {gone} && cd {gone} && rmdir {gone} && {sys.executable} -m posehub {command}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("content", [b"backend = ", b"\xff", b"backend = 5"])
def test_settings_that_cannot_be_read_are_named(image, content):
    Path("posehub.toml").write_bytes(content)
    result = run("detect", image, "-b", "baidu")
    assert result.exit_code == 2
    assert "posehub.toml" in result.stderr


def test_more_threads_than_sensible_are_a_wrong_call(image):
    result = run("detect", image, "-b", "baidu", "--workers", "9" * 20)
    assert result.exit_code == 2
    assert "--workers" in result.stderr


@pytest.mark.parametrize("size", [[-5, 5], [10**12, 5], [10**6, 10**6]])
@pytest.mark.parametrize(
    "command", [("draw", "--blank", "a.jsonl"), ("convert", "a.jsonl", "a.pose")]
)
def test_impossible_sizes_of_images_are_refused_by_name(image, size, command):
    line = {"image": "a.jpg", "skeleton": "coco17", "image_size": size, "people": []}
    Path("a.jsonl").write_text(json.dumps(line))
    result = run(*command)
    assert result.exit_code == 1
    assert "fault of posehub" not in result.stderr


@pytest.mark.parametrize("format", ["parquet", "arrow", "jsonl", "coco"])
def test_texts_that_no_encoding_has_are_written_or_refused_by_name(image, posehub_process, format):
    line = {"image": "a.jpg", "skeleton": "coco17", "request_id": "\ud800", "people": []}
    Path("a.jsonl").write_text(json.dumps(line))
    env = dict(os.environ)
    done = posehub_process("convert", "a.jsonl", "out", "--to", format, env=env)
    assert "Traceback" not in done.stderr
    assert "fault of posehub" not in done.stderr


def test_a_file_that_is_not_utf_8_is_refused_by_name(image):
    Path("n.json").write_bytes(b'{"a":"\xed\xa0\x80"}')
    result = run("convert", "n.json", "n.jsonl")
    assert result.exit_code == 2
    assert "n.json" in result.stderr


def test_nothing_that_was_typed_is_to_be_installed(image):
    assert "pip install posehub-evil" not in run("detect", image, "-b", "evil-name").output


def test_a_failed_image_of_a_file_fails_no_drawing(image):
    with fake_backend(1):
        Path("r.jsonl").write_text(run("detect", image, "gone.png", "-b", "fake", "--json").stdout)
    result = run("draw", "r.jsonl")
    assert result.exit_code == 0
    assert "failed images, not drawn: 1" in result.stderr
