"""`posehub detect`: tables, JSON, drawings and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image as PILImage

import posehub
from posehub.cli import main
from posehub.cli.detect import drawing_targets
from posehub_baidu.testing import BaiduStub

ROOT = Path(__file__).parents[2]
REPLAY = (
    *("--backend", "replay", "--option", "match=sequence"),
    *("--option", f"cassette={ROOT / 'cassettes/baidu/two_people.yaml'}"),
)


@pytest.fixture
def photo(tmp_path):
    target = tmp_path / "photo.jpg"
    shutil.copy(ROOT / "examples" / "astronaut.jpg", target)
    return target


@pytest.fixture
def blank(tmp_path):
    target = tmp_path / "blank.png"
    shutil.copy(ROOT / "examples" / "blank.png", target)
    return target


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def size_of(path):
    with PILImage.open(path) as opened:
        return opened.size


def test_the_table_has_every_keypoint_of_every_person(blank):
    result = run("detect", blank, *REPLAY)
    assert result.exit_code == 0
    assert "2 people" in result.stdout
    for name in posehub.get_skeleton("baidu21").keypoints:
        assert name in result.stdout
    assert "686.1  573.0  0.79" in result.stdout


def test_json_is_one_line_per_image_that_reads_back_equal(blank):
    result = run("detect", blank, *REPLAY, "--json")
    (line,) = result.stdout.splitlines()
    data = json.loads(line)
    assert data["image"] == str(blank)
    assert data["digest"] == posehub.load_image(blank).digest
    assert len(posehub.PoseResult.from_dict(data)) == 2


def test_json_is_a_file_of_results_with_failed_images(blank, tmp_path):
    result = run("detect", tmp_path / "missing.jpg", blank, *REPLAY, "--json")
    (tmp_path / "results.jsonl").write_text(result.stdout, encoding="utf-8")
    missing, found = posehub.read(tmp_path / "results.jsonl")
    assert isinstance(missing.error, posehub.errors.ImageError)
    assert (found.image, found.size, len(found.people)) == (str(blank), (1500, 1000), 2)


def test_json_is_without_the_raw_response(blank):
    assert json.loads(run("detect", blank, *REPLAY, "--json").stdout)["raw"] is None


def test_a_drawing_is_written_to_the_named_file(blank, tmp_path):
    target = tmp_path / "new folder" / "people.jpg"
    result = run("detect", blank, *REPLAY, "--draw", target)
    assert result.exit_code == 0
    assert str(target) in result.stderr
    assert size_of(target) == (1500, 1000)


def test_a_drawing_is_written_into_the_named_folder(blank, tmp_path):
    run("detect", blank, *REPLAY, "--draw", tmp_path / "drawn")
    assert size_of(tmp_path / "drawn" / "blank-pose.png") == (1500, 1000)


def test_an_invalid_image_is_reported_and_the_others_are_processed(blank, tmp_path):
    missing = tmp_path / "missing.jpg"
    result = run("detect", missing, blank, *REPLAY, "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["error"]["type"] == "ImageError"
    assert len(second["people"]) == 2
    assert str(missing) in result.stderr
    assert result.exit_code == 1


def test_a_drawing_that_cannot_be_written_is_a_clear_failure(blank, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run("detect", blank, *REPLAY, "--draw", tmp_path / "file" / "people.png")
    assert result.exit_code == 2
    assert "Cannot write" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--backend", "bidu"), "Did you mean 'baidu'?"),
        (("--backend", "baidu"), "BAIDU_API_KEY"),
        (("--backend", "baidu", "-o", "qsp=2"), "Did you mean 'qps'?"),
        (("--backend", "baidu", "-o", "qps=fast"), "must be float or none"),
        (("--backend", "baidu", "-o", "qps"), "KEY=VALUE"),
        (("--backend", "baidu", "--workers", "0"), "--workers"),
    ],
)
def test_wrong_arguments_exit_with_2_and_a_message_with_the_remedy(photo, arguments, message):
    result = run("detect", photo, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_without_images_the_command_exits_with_2():
    assert run("detect").exit_code == 2


def test_options_are_passed_to_the_backend_and_secrets_are_not_printed(photo):
    with BaiduStub() as stub:
        result = run(
            *("detect", photo, "--backend", "baidu", "--option", f"endpoint={stub.url}"),
            *("--option", "api-key=" + stub.keys["api_key"]),
            *("--option", "secret_key=" + "wrong-secret"),
        )
    assert result.exit_code == 1
    assert "BAIDU_SECRET_KEY" in result.stderr
    assert "wrong-secret" not in result.output


def test_several_workers_keep_the_order(tmp_path):
    paths = []
    for shade in range(6):
        paths.append(tmp_path / f"{shade}.png")
        PILImage.new("RGB", (60 + shade, 60), (shade, 0, 0)).save(paths[-1])
    with BaiduStub() as stub:
        result = run(
            *("detect", *paths, "--backend", "baidu", "--workers", 3, "--json"),
            *("-o", f"endpoint={stub.url}"),
            *(part for key, value in stub.keys.items() for part in ("-o", f"{key}={value}")),
        )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["image"] for line in lines] == [str(path) for path in paths]
    assert [line["image_size"][0] for line in lines] == [60 + shade for shade in range(6)]


def test_one_file_for_several_drawings_is_refused():
    with pytest.raises(click.UsageError, match="one file for 2 "):
        drawing_targets([Path("a.jpg"), Path("b.jpg")], Path("out.png"))


def test_images_of_one_name_are_drawn_into_different_files():
    targets = drawing_targets([Path("a/x.jpg"), Path("b/x.jpg"), Path("y.png")], Path("out"))
    assert targets == [
        Path("out/x-pose.png"),
        Path("out/x-pose-2.png"),
        Path("out/y-pose.png"),
    ]


def test_markup_in_a_file_name_is_printed_as_text(tmp_path, blank):
    odd = tmp_path / "[red]图 片.png"
    blank.rename(odd)
    result = run("detect", odd, *REPLAY)
    assert result.exit_code == 0
    assert "[red]图 片.png" in result.stdout
