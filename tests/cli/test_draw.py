"""`posehub draw`: pictures and results files in, drawings out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image as PILImage

from posehub.cli import main
from posehub.testing import fake_backend

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "astronaut.jpg", tmp_path / "photo.jpg")
    return Path("photo.jpg")


@pytest.fixture(autouse=True)
def backend():
    with fake_backend(2) as opened:
        yield opened


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def results_of(*images, path="results.jsonl"):
    found = run("detect", *images, "-b", "fake", "--json")
    Path(path).write_text(found.stdout, encoding="utf-8")
    return Path(path)


def size_of(path):
    with PILImage.open(path) as picture:
        return picture.size


def test_the_people_of_a_picture_are_found_and_drawn(photo):
    result = run("draw", photo, "-b", "fake")
    assert result.exit_code == 0
    assert "drawn: photo-pose.png" in result.stderr
    assert size_of("photo-pose.png") == (512, 512)


def test_results_are_drawn_without_a_backend(photo, backend):
    results = results_of(photo)
    backend.asked.clear()
    assert run("draw", results, "--to", "out").exit_code == 0
    assert size_of("out/photo-pose.png") == (512, 512)
    assert backend.asked == []


def test_pictures_are_also_looked_for_beside_the_results(photo, tmp_path, monkeypatch):
    results_of(photo)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("draw", tmp_path / "results.jsonl").exit_code == 0


def test_a_missing_picture_is_reported_and_the_others_are_drawn(photo):
    shutil.copy(photo, "other.jpg")
    results = results_of("other.jpg", photo)
    Path("other.jpg").unlink()
    result = run("draw", results, "--json")
    assert result.exit_code == 1
    first, second = map(json.loads, result.stdout.splitlines())
    assert "--blank" in first["error"]
    assert second == {"image": "photo.jpg", "drawing": "photo-pose.png"}


def test_a_blank_canvas_needs_no_picture(photo):
    results = results_of(photo)
    photo.unlink()
    assert run("draw", results, "--blank", "--to", "x.jpg").exit_code == 0
    assert size_of("x.jpg") == (512, 512)


def test_a_picture_the_backend_failed_on_is_reported(photo):
    line = {"image": "a.jpg", "error": {"type": "ImageError", "message": "bad"}}
    Path("r.jsonl").write_text(json.dumps(line))
    result = run("draw", "r.jsonl")
    assert result.exit_code == 1
    assert "a.jpg: the backend failed" in result.stderr


@pytest.mark.parametrize("ending", ["png", "jpg", "svg"])
def test_the_format_of_drawings_in_a_folder_can_be_chosen(photo, ending):
    assert run("draw", photo, "-b", "fake", "--format", ending).exit_code == 0
    assert Path(f"photo-pose.{ending}").exists()


def test_extras_are_drawn_on_request(photo):
    run("draw", photo, "-b", "fake", "--to", "x.svg", "--ids", "--boxes", "--scores", "--names")
    text = Path("x.svg").read_text(encoding="utf-8")
    assert "#0: " in text
    assert ">nose " in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1"),
        ('{"people": []}', "result has no 'skeleton'"),
        ('{"image": 3, "skeleton": "coco17", "people": []}', "image must be a string"),
        ('{"image": "a", "skeleton": "coco71", "people": []}', "Did you mean 'coco17'?"),
        ('{"image": "a", "skeleton": "coco17", "people": []}\n' * 2, "duplicate image 'a'"),
    ],
)
def test_malformed_results_are_named_by_file_and_line(photo, content, message):
    Path("r.jsonl").write_text(content)
    result = run("draw", "r.jsonl")
    assert result.exit_code == 1
    assert "r.jsonl" in result.stderr
    assert message in result.stderr


def test_an_ending_that_cannot_be_drawn_is_refused(photo):
    result = run("draw", photo, "-b", "fake", "--to", "x.webp")
    assert result.exit_code == 2
    assert ".png" in result.stderr


@pytest.mark.parametrize("name", ["图 片.jpg", 'it\'s "odd".jpg', "line\nbreak.jpg", "[red].jpg"])
def test_any_file_name_will_do(photo, name):
    photo.rename(name)
    results = results_of(name)
    assert run("draw", results).exit_code == 0
    assert size_of(f"{Path(name).stem}-pose.png") == (512, 512)
