"""`posehub compare`: the meaning of the arguments, table, JSON and page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import attrs
import click
import pytest
from click.testing import CliRunner

import posehub
from posehub.cli import main
from posehub.cli.compare import Call, labels_of, read_call
from posehub.errors import BackendError
from posehub.testing import fake_backend, random_people

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "astronaut.jpg", tmp_path / "photo.jpg")
    return Path("photo.jpg")


@pytest.fixture(autouse=True)
def backends():
    with fake_backend(2, name="one"), fake_backend(2, name="two"):
        yield


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def results_of(image, backend="one", path="results.jsonl"):
    found = run("detect", image, "-b", backend, "--json")
    Path(path).write_text(found.stdout, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sources", "images"),
    [
        ("baidu blazepose a.jpg", "baidu blazepose", "a.jpg"),
        ("baidu old.jsonl new.json a.jpg b.png", "baidu old.jsonl new.json", "a.jpg b.png"),
        ("baidu blazepose ./photo", "baidu blazepose", "./photo"),
        ("baidu blazepose folder/photo", "baidu blazepose", "folder/photo"),
        ("old.jsonl new.jsonl", "old.jsonl new.jsonl", ""),
        ("old.jsonl baidu", "old.jsonl baidu", ""),
    ],
)
def test_the_kind_of_an_argument_follows_from_its_form(arguments, sources, images):
    call = read_call(arguments.split())
    assert call == Call(tuple(sources.split()), tuple(images.split()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("baidu a.jpg", "at least two"),
        ("baidu blazepose", "Name the images"),
        ("baidu baidu a.jpg", "'baidu' is named twice"),
        ("baidu a.jpg blazepose", "'blazepose' is the name of a backend or a results file, after"),
        ("baidu blazepose a.jpg photo", r"write \./photo if it is an image"),
    ],
)
def test_arguments_without_a_meaning_are_refused(arguments, message):
    with pytest.raises(click.UsageError, match=message):
        read_call(arguments.split())


def test_files_of_one_name_get_different_labels():
    assert labels_of(["a/x.jsonl", "b/x.jsonl", "x"]) == ["x", "x-2", "x-3"]


def test_the_table_has_people_and_keypoints_of_two_backends(photo):
    result = run("compare", "one", "two", photo)
    assert result.exit_code == 0
    assert "one + two" in result.stdout
    assert "left_wrist" in result.stdout


def test_json_has_everything_except_coordinates(photo):
    data = json.loads(run("compare", "one", "two", photo, "--json").stdout)
    assert data["pairs"][0]["oks"] == 1
    assert data["found_by"] == [{"labels": ["one", "two"], "people": 2}]
    assert data["runs"][0]["people"] == 2
    assert data["runs"][0]["latency"]["median"] > 0
    assert data["min_score"] == 0.3
    assert data["images"] == [{"name": "photo.jpg", "people": [[0, 0], [1, 1]], "agreement": 1}]


@pytest.mark.parametrize(("arguments", "both"), [((), 0), (("--min-score", "0.1"), 1)])
def test_the_option_min_score_decides_which_keypoints_are_compared(photo, arguments, both):
    unsure = random_people(1, seed=0)
    scores = unsure.scores.copy()
    scores[0, 0] = 0.2
    with fake_backend([attrs.evolve(unsure, scores=scores)], name="unsure"):
        results_of(photo, "unsure")
        data = json.loads(run("compare", "results.jsonl", "unsure", *arguments, "--json").stdout)
    keypoints = {keypoint["name"]: keypoint["both"] for keypoint in data["pairs"][0]["keypoints"]}
    assert keypoints.get("nose", 0) == both
    assert keypoints["left_wrist"] == 1


@pytest.mark.parametrize("score", ["-0.1", "1.1", "low"])
def test_a_least_score_outside_the_unit_range_is_refused(photo, score):
    result = run("compare", "one", "two", photo, "--min-score", score)
    assert result.exit_code == 2
    assert "--min-score" in result.stderr


def test_a_results_file_is_compared_with_a_backend(photo):
    results_of(photo)
    data = json.loads(run("compare", "results.jsonl", "two", photo, "--json").stdout)
    assert [run["label"] for run in data["runs"]] == ["results", "two"]
    assert data["runs"][0]["latency"] is None


def test_without_images_those_of_the_first_results_file_are_compared(photo):
    results_of(photo)
    results_of(photo, "two", "other.jsonl")
    data = json.loads(run("compare", "results.jsonl", "other.jsonl", "--json").stdout)
    assert [image["name"] for image in data["images"]] == ["photo.jpg"]


def test_the_page_embeds_the_image_once_and_shows_it_for_both_backends(photo):
    result = run("compare", "one", "two", photo, "--html", "report.html")
    assert "report: report.html" in result.stderr
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 1
    assert page.count('href="#image-0"') == 2


def test_an_image_that_is_not_found_becomes_a_blank_canvas(photo):
    results_of(photo)
    results_of(photo, "two", "other.jsonl")
    photo.unlink()
    assert run("compare", "results.jsonl", "other.jsonl", "--html", "r.html").exit_code == 0
    assert "data:image" not in Path("r.html").read_text(encoding="utf-8")


def test_the_option_max_images_limits_the_images_on_the_page(photo):
    shutil.copy(photo, "second.jpg")
    run("compare", "one", "two", photo, "second.jpg", "--html", "r.html", "--max-images", "1")
    text = Path("r.html").read_text(encoding="utf-8")
    assert text.count("<figure>") == 2
    assert "1 of 2 images, those with the least agreement first." in text


@pytest.mark.parametrize("page", ["photo.jpg", "results.jsonl", "./photo.jpg"])
def test_a_page_never_replaces_an_input(photo, page):
    results_of(photo)
    before = Path(page).read_bytes()
    result = run("compare", "results.jsonl", "two", photo, "--html", page)
    assert result.exit_code == 2
    assert "which it would replace" in result.stderr
    assert Path(page).read_bytes() == before


def test_a_failing_backend_is_reported_and_the_rest_is_compared(photo):
    shutil.copy(photo, "second.jpg")
    responses = [BackendError("over<load>ed"), random_people(1, seed=0)]
    with fake_backend(responses, name="bad"):
        result = run("compare", "one", "bad", photo, "second.jpg", "--html", "r.html")
    assert result.exit_code == 1
    assert "bad: photo.jpg: over<load>ed" in result.stderr
    assert "2 images; agreement is measured on the 1 without a failure." in result.stdout
    assert "over&lt;load&gt;ed" in Path("r.html").read_text(encoding="utf-8")


def test_failed_images_of_a_results_file_are_counted(photo):
    results_of(photo)
    failed = posehub.Record("photo.jpg", error=posehub.errors.ImageError("cut"))
    posehub.write(failed, "failed.jsonl")
    result = run("compare", "results.jsonl", "failed.jsonl")
    assert result.exit_code == 0
    assert "failed: failed images in the file: 1" in result.stderr


def test_an_unknown_backend_is_refused_before_any_backend_runs(photo):
    result = run("compare", "one", "tow", photo)
    assert result.exit_code == 2
    assert "Did you mean 'two'?" in result.stderr


@pytest.mark.parametrize("option", ["one", "three.key=1", "key=1"])
def test_an_option_needs_the_name_of_a_compared_backend(photo, option):
    result = run("compare", "one", "two", photo, "-o", option)
    assert result.exit_code == 2
    assert "NAME.KEY=VALUE" in result.stderr


def test_an_option_is_passed_to_its_backend(photo):
    result = run("compare", "one", "two", photo, "-o", "one.nonsense=1")
    assert result.exit_code == 2
    assert "nonsense" in result.stderr


NAMES = ["图 片.jpg", 'it\'s "odd" & <b>.jpg', "<img src=x onerror=alert(1)>.jpg", "two\nlines.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_markup_in_a_file_name_is_escaped(photo, name):
    photo.rename(name)
    assert run("compare", "one", "two", name, "--html", "r.html").exit_code == 0
    text = Path("r.html").read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "<img" not in text
