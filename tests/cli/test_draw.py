"""`posehub draw`: images and results files in, drawings out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner
from PIL import Image as PILImage

import posehub
from posehub.cli import main
from posehub.testing import fake_backend, random_people

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
    with PILImage.open(path) as opened:
        return opened.size


def test_the_people_of_an_image_are_detected_and_drawn(photo):
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


def test_images_are_also_found_beside_the_results(photo, tmp_path, monkeypatch):
    results_of(photo)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("draw", tmp_path / "results.jsonl").exit_code == 0


def test_a_missing_image_is_reported_and_the_others_are_drawn(photo):
    shutil.copy(photo, "other.jpg")
    results = results_of("other.jpg", photo)
    Path("other.jpg").unlink()
    result = run("draw", results, "--json")
    assert result.exit_code == 1
    first, second = map(json.loads, result.stdout.splitlines())
    assert "--blank" in first["error"]
    assert second == {"image": "photo.jpg", "drawing": "photo-pose.png"}


def test_a_blank_canvas_needs_no_image(photo):
    results = results_of(photo)
    photo.unlink()
    assert run("draw", results, "--blank", "--to", "x.jpg").exit_code == 0
    assert size_of("x.jpg") == (512, 512)


def test_failed_images_of_a_results_file_are_counted(photo):
    line = {"image": "a.jpg", "error": {"type": "ImageError", "message": "bad"}}
    Path("r.jsonl").write_text(json.dumps(line))
    result = run("draw", "r.jsonl")
    assert result.exit_code == 0
    assert "r.jsonl: failed images, not drawn: 1" in result.stderr


@pytest.mark.parametrize("ending", ["png", "jpg", "svg"])
def test_the_format_of_drawings_in_a_folder_can_be_chosen(photo, ending):
    assert run("draw", photo, "-b", "fake", "--format", ending).exit_code == 0
    assert Path(f"photo-pose.{ending}").exists()


def test_keypoints_below_min_score_are_not_drawn(photo, backend):
    def circles(*arguments):
        run("draw", photo, "-b", "fake", "--to", "x.svg", *arguments)
        return Path("x.svg").read_text(encoding="utf-8").count("<circle")

    scores = backend.detect_batch([posehub.load_image(photo)])[0].scores
    above = int((scores >= 0.75).sum())
    assert 0 < above < scores.size
    # light border and colour; a hole in those of the right side
    assert 2 * above <= circles("--min-score", "0.75") <= 3 * above
    assert 2 * scores.size <= circles() <= 3 * scores.size


def test_a_min_score_outside_of_0_to_1_is_refused(photo):
    result = run("draw", photo, "-b", "fake", "--min-score", "30")
    assert result.exit_code == 2
    assert "--min-score" in result.stderr


def test_ids_of_the_people_are_written(photo):
    people = attrs.evolve(random_people(1, seed=0), ids=[41])
    with fake_backend(people, name="tracker"):
        assert run("draw", photo, "-b", "tracker", "--to", "x.svg", "--ids").exit_code == 0
    assert ">#41<" in Path("x.svg").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("target", ["photo.jpg", "link.jpg", "other.jpg"])
def test_a_drawing_never_replaces_an_image(photo, target):
    Path("link.jpg").symlink_to(photo)
    Path("other.jpg").hardlink_to(photo)
    content = photo.read_bytes()
    result = run("draw", photo, "-b", "fake", "--to", target)
    assert result.exit_code == 2
    assert "photo.jpg" in result.stderr
    assert photo.read_bytes() == content


def test_a_drawing_in_a_folder_never_replaces_an_image(photo):
    shutil.copy(photo, "photo-pose.png")
    content = Path("photo-pose.png").read_bytes()
    assert run("draw", photo, "photo-pose.png", "-b", "fake").exit_code == 2
    assert Path("photo-pose.png").read_bytes() == content


def test_a_drawing_replaces_an_older_drawing(photo):
    for _ in range(2):
        assert run("draw", photo, "-b", "fake", "--to", "out").exit_code == 0


@pytest.mark.parametrize("name", ["图 片.jpg", 'it\'s "odd".jpg', "line\nbreak.jpg", "[red].jpg"])
def test_every_file_name_is_allowed(photo, name):
    photo.rename(name)
    results = results_of(name)
    assert run("draw", results).exit_code == 0
    assert size_of(f"{Path(name).stem}-pose.png") == (512, 512)
