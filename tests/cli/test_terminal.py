"""What reaches the terminal: control characters shown, streams that fail, widths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from posehub.cli import main
from posehub.cli.terminal import console, json_shown, shown
from posehub.testing import fake_backend

RESULT = {"skeleton": "coco17", "image_size": [64, 64], "people": []}
ODD = "a\x1b[31m\r\b\x07\x7f\x9b1m\u202e\u2066"
CONTROLS = [c for c in map(chr, [*range(32), *range(127, 160), 0x202E, 0x2066]) if c not in "\t\n"]


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def process(*arguments, env=(), **streams):
    command = [sys.executable, "-m", "posehub", *map(str, arguments)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run(command, env={**os.environ, **dict(env)}, **streams)


@pytest.fixture
def blank(tmp_path, monkeypatch, pictures):
    monkeypatch.chdir(tmp_path)
    Path("blank.png").write_bytes(pictures.png())
    return Path("blank.png")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 图 é 😀 [red]\t\n", "plain 图 é 😀 [red]\t\n"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\rb\bc", r"a\rb\x08c"),
        ("\x9b1m\x7f", r"\x9b1m\x7f"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\udcff.jpg", r"\xff.jpg"),
        ("\ud800", r"\ud800"),
    ],
)
def test_control_characters_are_shown(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "ascii", "iso8859-1"])
def test_json_keeps_its_meaning_and_has_no_control_characters(encoding):
    value = {"name": ODD + "图é😀"}
    text = json_shown(json.dumps(value, ensure_ascii=False), encoding)
    assert json.loads(text) == value
    text.encode(encoding)
    assert not set(CONTROLS) & set(text)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_names_of_images_are_shown_in_tables_errors_and_json(blank, arguments):
    odd = f"{ODD}.png"
    blank.rename(odd)
    with fake_backend(1):
        result = run("detect", odd, f"missing{ODD}", "-b", "fake", *arguments)
    assert result.exit_code == 1
    assert not set(CONTROLS) & set(result.output)
    assert r"missinga\x1b[31m\r\x08" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["detect", "x", "-b", ODD],
        ["detect", "x", "-b", "blazepose", "-o", f"{ODD}=1"],
        ["detect", "x", "-b", "blazepose", "-o", ODD],
        ["convert", ODD, "x.jsonl"],
        ["convert", "blank.png", ODD],
        ["compare", f"{ODD}.jsonl", "b.jsonl", "x"],
        ["evaluate", f"{ODD}.json", "--truth", ODD],
        ["models", "pull", ODD],
        ["backends", ODD],
        ["cassette", "show", ODD],
        ["record", ODD, "-b", "baidu", "-c", ODD],
        ["draw", f"{ODD}.jsonl"],
        ["new-plugin", ODD],
        [ODD],
        ["detect", f"--{ODD}"],
    ],
    ids=lambda arguments: arguments[0] if arguments[0] != ODD else "unknown command",
)
def test_messages_show_what_was_given(blank, arguments):
    result = run(*arguments)
    assert result.exit_code in (1, 2)
    assert not set(CONTROLS) & set(result.output)


def test_names_in_a_results_file_are_shown(blank):
    line = {"image": f"{ODD}.png", **RESULT, "skeleton": {"name": ODD, "keypoints": [ODD]}}
    Path("r.jsonl").write_text(json.dumps(line))
    for command in (("draw", "r.jsonl"), ("convert", "r.jsonl", "o.jsonl")):
        assert not set(CONTROLS) & set(run(*command).output)


def test_a_plugins_names_and_messages_are_shown(install, make_info, make_plugin):
    install(make_info("some", summary=ODD))
    for arguments in (("backends",), ("backends", "some"), ("doctor",)):
        assert not set(CONTROLS) & set(run(*arguments).output)


@pytest.mark.parametrize("columns", ["0", "1", "-3", "30", "", "x", "²", "9" * 30])
def test_no_width_of_the_terminal_drops_a_number(blank, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    with fake_backend(5):
        output = run("detect", blank, "-b", "fake").stdout
    assert "…" not in output
    assert all(f"person {number}" in output for number in range(1, 6))


def test_the_console_reads_no_markup(capsys):
    console().print("[red]x[/nope]")
    assert capsys.readouterr().out == "[red]x[/nope]\n"


@pytest.mark.parametrize("arguments", [["backends"], ["--help"], ["doctor", "--json"]])
def test_a_full_disk_behind_stdout_is_an_error(arguments):
    with Path("/dev/full").open("w") as full:
        done = process(*arguments, stdout=full)
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_reader_that_stops_is_no_error_to_report():
    reading, writing = os.pipe()
    os.close(reading)
    done = process("backends", stdout=writing)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_closed_stdout_is_refused_before_any_work(blank):
    command = f"{sys.executable} -m posehub detect blank.png -b replay >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2
    assert "Stdout is closed" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1:strict", "utf-8:strict"])
def test_names_that_the_encoding_lacks_are_escaped(blank, encoding, arguments):
    names = ["中.png", os.fsdecode(b"\xff.png")]
    for name in names:
        Path(name).write_bytes(blank.read_bytes())
    env = {"PYTHONIOENCODING": encoding}
    done = process("record", *names, "-b", "baidu", "-c", "c.yaml", *arguments, env=env)
    assert b"Traceback" not in done.stderr
    done = process("draw", *names, "-b", "replay", "-o", "cassette=c.yaml", *arguments, env=env)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
