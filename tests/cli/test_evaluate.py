"""`posehub evaluate`: table, JSON and page."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import posehub
from posehub.cli import main
from posehub.poses.skeletons import COCO17

POINTS = [value for n in range(17) for value in (10.0 + 5 * n, 20.0 + 3 * (n % 5), 2)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    person = {"image_id": 1, "category_id": 1, "keypoints": POINTS}
    truth = {
        "images": [{"id": 1, "file_name": "图 片.jpg"}],
        "annotations": [{**person, "id": 1, "bbox": [0, 0, 100, 100], "area": 1e4, "iscrowd": 0}],
        "categories": [{"id": 1, "name": "person", "keypoints": COCO17.keypoints}],
    }
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "found.json").write_text(json.dumps([{**person, "score": 0.5}]))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["evaluate", *(str(argument) for argument in arguments)])


def test_the_table_has_ap_pck_and_every_keypoint(folder):
    result = run("found.json", "--truth", "truth.json")
    assert result.exit_code == 0
    for text in ("AP at OKS 0.75", "PCK@0.2", "AR large", *COCO17.keypoints):
        assert text in result.stdout


def test_json_has_all_values(folder):
    data = json.loads(run("found.json", "--truth", "truth.json", "--json").stdout)
    assert data["precision"]["ap"] == {
        "all": pytest.approx(1),
        "medium": None,
        "large": pytest.approx(1),
    }
    assert data["keypoints"][0]["name"] == "nose"
    assert data["pckh"] is None


def test_the_page_is_written_and_its_path_printed(folder):
    result = run("found.json", "--truth", "truth.json", "--html", "new/report.html")
    assert result.exit_code == 0
    assert "report: new/report.html" in result.stderr.replace("\\", "/")
    text = (folder / "new" / "report.html").read_text(encoding="utf-8")
    assert "found.json against truth.json" in text
    assert "expected calibration error" in text


def test_a_page_that_cannot_be_written_is_a_clear_failure(folder):
    result = run("found.json", "--truth", "truth.json", "--html", "found.json/report.html")
    assert result.exit_code == 2
    assert "Cannot write" in result.stderr


@pytest.mark.parametrize("page", ["found.json", "truth.json", "."])
def test_a_page_never_replaces_an_input_or_a_folder(folder, page):
    before = (folder / "found.json").read_text(), (folder / "truth.json").read_text()
    result = run("found.json", "--truth", "truth.json", "--html", page)
    assert result.exit_code == 2
    assert ((folder / "found.json").read_text(), (folder / "truth.json").read_text()) == before


def test_failed_images_are_counted(folder):
    failed = posehub.Record("图 片.jpg", error=posehub.errors.ImageError("cut"))
    posehub.write(failed, folder / "failed.jsonl")
    result = run("failed.jsonl", "--truth", "truth.json", "--json")
    assert result.exit_code == 0
    assert "failed images, whose people count as missed: 1" in result.stderr
    data = json.loads(result.stdout)
    assert (data["failed"], data["images_with_results"], data["matched"]) == (1, 0, 0)


def test_malformed_annotations_exit_with_1(folder):
    (folder / "truth.json").write_text("{}")
    result = run("found.json", "--truth", "truth.json")
    assert result.exit_code == 1
    assert "truth.json: has no array 'categories'" in result.stderr


def test_without_annotations_the_command_exits_with_2(folder):
    assert run("found.json").exit_code == 2


def test_sigmas_of_ones_own_give_ap_and_without_them_stderr_says_why_not(folder):
    truth = json.loads((folder / "truth.json").read_text())
    truth["categories"][0]["keypoints"] = [f"p{number}" for number in range(17)]
    (folder / "truth.json").write_text(json.dumps(truth))
    without = run("found.json", "--truth", "truth.json", "--json")
    assert json.loads(without.stdout)["precision"] is None
    assert "give them with --sigmas" in without.stderr
    given = run("found.json", "--truth", "truth.json", "--json", "--sigmas", "0.05")
    assert json.loads(given.stdout)["precision"]["ap"]["all"] == pytest.approx(1)
    named = run("found.json", "--truth", "truth.json", "--json", "--truth-skeleton", "coco17")
    assert json.loads(named.stdout)["skeleton"] == "coco17"
    assert run("found.json", "--truth", "truth.json", "--sigmas", "a").exit_code == 2


def test_areas_that_are_computed_are_said_or_refused(folder):
    truth = json.loads((folder / "truth.json").read_text())
    del truth["annotations"][0]["area"]
    (folder / "truth.json").write_text(json.dumps(truth))
    result = run("found.json", "--truth", "truth.json")
    assert "areas computed as 0.53 of the box: 1" in result.stderr
    result = run("found.json", "--truth", "truth.json", "--strict")
    assert result.exit_code == 1
    assert "annotations[0]: has no 'area'" in result.stderr
