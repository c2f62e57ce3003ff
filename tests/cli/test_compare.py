"""`posehub compare`: what the arguments mean, table, JSON and page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

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
    ("arguments", "sources", "pictures"),
    [
        ("baidu blazepose a.jpg", "baidu blazepose", "a.jpg"),
        ("baidu old.jsonl new.json a.jpg b.png", "baidu old.jsonl new.json", "a.jpg b.png"),
        ("baidu blazepose ./photo", "baidu blazepose", "./photo"),
        ("baidu blazepose folder/photo", "baidu blazepose", "folder/photo"),
        ("old.jsonl new.jsonl", "old.jsonl new.jsonl", ""),
        ("old.jsonl baidu", "old.jsonl baidu", ""),
    ],
)
def test_what_an_argument_is_can_be_seen_from_it_alone(arguments, sources, pictures):
    call = read_call(arguments.split())
    assert call == Call(tuple(sources.split()), tuple(pictures.split()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("baidu a.jpg", "at least two"),
        ("baidu blazepose", "Name the pictures"),
        ("baidu baidu a.jpg", "'baidu' is named twice"),
        ("baidu a.jpg blazepose", "'blazepose' names a backend or a results file and stands"),
        ("baidu blazepose a.jpg photo", r"write \./photo if it is a picture"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, message):
    with pytest.raises(click.UsageError, match=message):
        read_call(arguments.split())


def test_files_of_one_name_get_different_labels():
    assert labels_of(["a/x.jsonl", "b/x.jsonl", "x"]) == ["x", "x-2", "x-3"]


def test_two_backends_on_a_picture(photo):
    result = run("compare", "one", "two", photo)
    assert result.exit_code == 0
    assert "one + two" in result.stdout
    assert "left_wrist" in result.stdout


def test_json_has_everything_but_the_coordinates(photo):
    data = json.loads(run("compare", "one", "two", photo, "--json").stdout)
    assert data["pairs"][0]["oks"] == 1
    assert data["found_by"] == [{"labels": ["one", "two"], "people": 2}]
    assert data["contestants"][0]["people"] == 2
    assert data["contestants"][0]["latency"]["median"] > 0
    assert data["pictures"] == [{"name": "photo.jpg", "people": [[0, 0], [1, 1]], "agreement": 1}]


def test_a_results_file_is_compared_with_a_backend(photo):
    results_of(photo)
    data = json.loads(run("compare", "results.jsonl", "two", photo, "--json").stdout)
    assert [one["label"] for one in data["contestants"]] == ["results", "two"]
    assert data["contestants"][0]["latency"] is None


def test_results_files_bring_their_pictures(photo):
    results_of(photo)
    results_of(photo, "two", "other.jsonl")
    data = json.loads(run("compare", "results.jsonl", "other.jsonl", "--json").stdout)
    assert [picture["name"] for picture in data["pictures"]] == ["photo.jpg"]


def test_the_page_shows_the_photo_once_and_both_people_lists(photo):
    result = run("compare", "one", "two", photo, "--html", "report.html")
    assert "report: report.html" in result.stderr
    page = Path("report.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 1
    assert page.count('href="#photo-0"') == 2


def test_a_page_without_the_photo_has_a_blank_canvas(photo):
    results_of(photo)
    results_of(photo, "two", "other.jsonl")
    photo.unlink()
    assert run("compare", "results.jsonl", "other.jsonl", "--html", "r.html").exit_code == 0
    assert "data:image" not in Path("r.html").read_text(encoding="utf-8")


def test_the_page_shows_as_many_pictures_as_asked_for(photo):
    shutil.copy(photo, "second.jpg")
    run("compare", "one", "two", photo, "second.jpg", "--html", "r.html", "--pictures", "1")
    text = Path("r.html").read_text(encoding="utf-8")
    assert text.count("<figure>") == 2
    assert "1 of 2, the least agreement first." in text


def test_a_failing_backend_is_reported_and_the_rest_is_compared(photo):
    shutil.copy(photo, "second.jpg")
    answers = [BackendError("over<work>ed"), random_people(1, seed=0)]
    with fake_backend(answers, name="bad"):
        result = run("compare", "one", "bad", photo, "second.jpg", "--html", "r.html")
    assert result.exit_code == 1
    assert "bad: photo.jpg: over<work>ed" in result.stderr
    assert "On 2 pictures; numbers of agreement are of the 1 that" in result.stdout
    assert "over&lt;work&gt;ed" in Path("r.html").read_text(encoding="utf-8")


def test_an_unknown_backend_is_named_before_any_picture_is_looked_at(photo):
    result = run("compare", "one", "tow", photo)
    assert result.exit_code == 2
    assert "Did you mean 'two'?" in result.stderr


@pytest.mark.parametrize("option", ["one", "three.key=1", "key=1"])
def test_an_option_needs_the_backend_it_is_for(photo, option):
    result = run("compare", "one", "two", photo, "-o", option)
    assert result.exit_code == 2
    assert "NAME.KEY=VALUE" in result.stderr


def test_options_reach_their_backend(photo):
    result = run("compare", "one", "two", photo, "-o", "one.nonsense=1")
    assert result.exit_code == 2
    assert "nonsense" in result.stderr


NAMES = ["图 片.jpg", 'it\'s "odd" & <b>.jpg', "<img src=x onerror=alert(1)>.jpg", "two\nlines.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_no_file_name_is_markup(photo, name):
    photo.rename(name)
    assert run("compare", "one", "two", name, "--html", "r.html").exit_code == 0
    text = Path("r.html").read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "<img" not in text
