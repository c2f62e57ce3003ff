"""Outputs: checked before any work, never one of the inputs, `-` for stdout."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from posehub.cli import main
from posehub.cli.draw import drawing_targets
from posehub.cli.outputs import check_outputs, option_paths
from posehub.errors import ConfigError
from posehub.testing import fake_backend

LINE = '{"image":"photo.png","skeleton":"coco17","image_size":[64,64],"people":[]}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, pictures):
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(pictures.png())
    Path("a.jsonl").write_text(LINE)
    Path("b.jsonl").write_text(LINE)
    Path("truth.json").write_text("{}")
    Path("read-only.png").write_text("kept")
    Path("read-only.png").chmod(0o400)
    Path("folder.png").mkdir()
    os.mkfifo("pipe.png")
    Path("link.png").symlink_to("photo.png")
    Path("hard.png").hardlink_to("photo.png")
    Path("device.png").symlink_to("/dev/null")


@pytest.fixture(autouse=True)
def backend():
    with fake_backend(2) as opened:
        yield opened


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


COMMANDS = [
    ("detect", "photo.png", "-b", "fake", "--draw"),
    ("draw", "photo.png", "-b", "fake", "--to"),
    ("draw", "a.jsonl", "--to"),
    ("compare", "a.jsonl", "fake", "photo.png", "--html"),
    ("compare", "a.jsonl", "fake", "--html"),
    ("evaluate", "a.jsonl", "--truth", "truth.json", "--html"),
    ("convert", "a.jsonl", "--to", "jsonl"),
]
BAD = ["photo.png", "link.png", "hard.png", "read-only.png", "pipe.png", "device.png"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("target", [*BAD, "photo.png/x.png", "x" * 300 + ".png"])
def test_an_output_that_would_destroy_or_fail_is_refused_before_any_work(command, target, backend):
    reads_the_photo = "photo.png" in command or command[0] in ("draw", "compare")
    if target in ("photo.png", "link.png", "hard.png") and not reads_the_photo:
        target = command[1]
    content = Path("photo.png").read_bytes()
    result = run(*command, target)
    assert result.exit_code == 2, result.output
    assert backend.asked == []
    assert Path("photo.png").read_bytes() == content
    assert Path("a.jsonl").read_text() == LINE
    assert Path("read-only.png").read_text() == "kept"
    assert result.stdout == ""


@pytest.mark.parametrize("command", COMMANDS[:3], ids=" ".join)
def test_a_folder_of_drawings_that_is_a_file_is_refused(command, backend):
    Path("drawings").write_text("kept")
    assert run(*command, "drawings").exit_code == 2
    assert backend.asked == []
    assert Path("drawings").read_text() == "kept"


def test_drawings_do_not_replace_files_that_options_name(backend):
    Path("out").mkdir()
    Path("out/photo-pose.png").write_text("a model")
    result = run(
        "detect", "photo.png", "-b", "fake", "-o", "cache=out/photo-pose.png", "--draw", "out"
    )
    assert result.exit_code == 2
    assert Path("out/photo-pose.png").read_text() == "a model"


def test_the_file_of_results_is_not_replaced_by_a_file_of_its_folder():
    Path("parts").mkdir()
    Path("parts/1.json").write_text('{"people": []}')
    result = run("convert", "parts", "parts/1.json", "--from", "openpose", "--to", "jsonl")
    assert result.exit_code == 2
    assert Path("parts/1.json").read_text() == '{"people": []}'


def test_values_of_options_are_inputs_if_they_are_files():
    assert option_paths(["a=photo.png", "b=5", "c=missing.png", "d="]) == [
        Path("photo.png"),
        Path(),
    ]


def test_a_new_output_in_a_new_folder_is_allowed():
    check_outputs([Path("new/folder/x.png")], [Path("photo.png")])


def test_a_folder_that_may_not_be_written_to_is_refused():
    Path("locked").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="not writable"):
        check_outputs([Path("locked/x.png")], [])


def test_converted_results_go_to_stdout():
    result = run("convert", "a.jsonl", "-", "--to", "jsonl")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["image"] == "photo.png"
    assert "images: 1" in result.stderr
    assert not Path("-").exists()


def test_a_drawing_goes_to_stdout():
    result = run("draw", "photo.png", "-b", "fake", "--to", "-")
    assert result.exit_code == 0
    assert result.stdout_bytes.startswith(b"\x89PNG")
    assert not Path("-").exists()


def test_a_page_goes_to_stdout_in_the_place_of_the_tables():
    result = run("compare", "a.jsonl", "fake", "photo.png", "--html", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("<!")
    assert "found by  " not in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "a.jsonl", "-"),
        ("convert", "a.jsonl", "-", "--to", "jsonl", "--json"),
        ("convert", "a.jsonl", "-", "--to", "openpose", "--skeleton", "openpose_body25"),
        ("draw", "photo.png", "hard.png", "-b", "fake", "--to", "-"),
        ("draw", "photo.png", "-b", "fake", "--to", "-", "--json"),
        ("detect", "photo.png", "-b", "fake", "--draw", "-"),
        ("compare", "a.jsonl", "fake", "photo.png", "--html", "-", "--json"),
    ],
    ids=" ".join,
)
def test_two_outputs_on_stdout_are_refused(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_images_of_one_name_get_drawings_of_their_own():
    images = [Path("a/x.jpg"), Path("b/x.png"), Path("y.jpg"), Path("c/x.jpg")]
    names = [target.name for target in drawing_targets(images, Path("out"))]
    assert names == ["x-pose.png", "x-pose-2.png", "y-pose.png", "x-pose-3.png"]


def test_targets_of_many_images_of_one_name_take_linear_time():
    images = [Path(f"d{number}/frame.jpg") for number in range(20_000)]
    start = time.perf_counter()
    targets = drawing_targets(images, Path("out"))
    assert time.perf_counter() - start < 5  # cubic, 800 of them took minutes
    assert len(set(targets)) == len(images)


def test_a_plugin_is_written_whole_or_not_at_all():
    Path("posehub-some").mkdir()
    Path("posehub-some/mine").write_text("kept")
    assert run("new-plugin", "some").exit_code == 1
    assert [path.name for path in Path("posehub-some").iterdir()] == ["mine"]
    assert run("new-plugin", "x" * 300).exit_code == 1
    assert not list(Path().glob(".*.part"))
