"""`posehub convert`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import posehub
from posehub import Record
from posehub.cli import main
from posehub.formats.table import FORMATS
from posehub.testing import random_people


def run(*arguments):
    return CliRunner().invoke(main, ["convert", *map(str, arguments)])


@pytest.fixture
def source(tmp_path):
    """Two images with three people, on baidu21."""
    path = tmp_path / "in.jsonl"
    baidu = posehub.get_skeleton("baidu21")
    people = [random_people(count, seed=count, skeleton=baidu) for count in (1, 2)]
    posehub.write([Record(f"{len(p)}.jpg", p) for p in people], path)
    return path


def test_results_are_converted_and_counted(source, tmp_path):
    done = run(source, tmp_path / "out.parquet")
    assert done.exit_code == 0
    assert "parquet  images: 2, people: 3, baidu21" in done.stdout
    assert FORMATS["parquet"].lost in done.stderr
    assert list(posehub.read(tmp_path / "out.parquet")) == list(posehub.read(source))


def test_people_are_converted_to_another_skeleton(source, tmp_path):
    done = run(source, tmp_path / "out.json", "--to", "coco", "--skeleton", "coco17", "--json")
    assert done.exit_code == 0
    summary = json.loads(done.stdout)
    assert summary.pop("lost") == FORMATS["coco"].lost
    assert summary == {
        "in": str(source),
        "from": "jsonl",
        "out": str(tmp_path / "out.json"),
        "to": "coco",
        "skeletons": ["coco17"],
        "images": 2,
        "people": 3,
        "failed": 0,
        "skipped": 0,
    }
    (first, _) = posehub.read(tmp_path / "out.json")
    expected = next(posehub.read(source)).result.to("coco17")
    assert np.array_equal(first.result.keypoints, expected.keypoints, equal_nan=True)


def test_what_detect_prints_can_be_converted(tmp_path):
    result = random_people(1, seed=0)
    (tmp_path / "in.jsonl").write_text(json.dumps({"image": "a.jpg", **result.to_dict()}))
    assert run(tmp_path / "in.jsonl", tmp_path / "out.arrow").exit_code == 0
    assert list(posehub.read(tmp_path / "out.arrow")) == [Record("a.jpg", result)]


def test_the_skeleton_of_a_source_can_be_named(tmp_path):
    posehub.write(Record("", random_people(1, seed=0), 5), tmp_path / "in.json", "coco-results")
    wrong = run(tmp_path / "in.json", tmp_path / "out.jsonl")
    assert wrong.exit_code == 2
    done = run(tmp_path / "in.json", tmp_path / "out.jsonl", "--source-skeleton", "coco17")
    assert done.exit_code == 0
    assert next(posehub.read(tmp_path / "out.jsonl")).image_id == 5


def test_a_clip_has_the_named_frames_per_second(source, tmp_path):
    assert run(source, tmp_path / "out.pose", "--fps", "50").exit_code == 0
    assert (tmp_path / "out.pose").stat().st_size > 1000


def test_the_least_score_of_labelled_keypoints_can_be_chosen(source, tmp_path):
    for min_score, count in (("0", 21), ("1", 0)):
        done = run(source, tmp_path / "out.json", "--to", "coco", "--min-score", min_score)
        assert done.exit_code == 0
        truth = json.loads((tmp_path / "out.json").read_text())
        assert {entry["num_keypoints"] for entry in truth["annotations"]} == {count}


@pytest.fixture
def failed(tmp_path):
    """Two images; one failed."""
    path = tmp_path / "failed.jsonl"
    good = Record("a.jpg", random_people(1, seed=0), 1)
    posehub.write([good, Record("b.jpg", error=posehub.errors.ImageError("cut"))], path)
    return path


def test_failed_images_are_converted_and_counted(failed, tmp_path):
    done = run(failed, tmp_path / "out.parquet", "--skeleton", "baidu21", "--json")
    assert done.exit_code == 0
    assert "failed images, written with their errors: 1" in done.stderr
    assert json.loads(done.stdout)["failed"] == 1
    good, bad = posehub.read(tmp_path / "out.parquet")
    assert good.result.skeleton.name == "baidu21"
    assert bad == list(posehub.read(failed))[1]


def test_failed_images_that_a_format_cannot_hold_are_counted(failed, tmp_path):
    done = run(failed, tmp_path / "out.pose")
    assert done.exit_code == 0
    assert "failed images, skipped because pose cannot hold them: 1" in done.stderr
    assert "images: 1, people: 1" in done.stdout
    assert len(list(posehub.read(tmp_path / "out.pose"))) == 1


def test_a_malformed_file_exits_with_one_and_writes_nothing(tmp_path):
    (tmp_path / "in.jsonl").write_text("nonsense")
    done = run(tmp_path / "in.jsonl", tmp_path / "out.parquet")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "in.jsonl: line 1" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["out.json"], "does not show the format; name it: --to"),
        (["out.parquet", "--skeleton", "coco71"], "coco17"),
        (["out.parquet", "--to", "parket"], "parquet"),
        (["out.parquet", "--from", "jason"], "No format 'jason'"),
        (["out.parquet", "--fps", "5"], "parquet has no --fps"),
        (["out.parquet", "--min-score", "0.5"], "parquet has no --min-score"),
        (["out.parquet", "--fps", "0"], "--fps"),
        ([], "OUT"),
    ],
)
def test_a_wrong_call_exits_with_two(arguments, complaint, source, tmp_path):
    done = run(source, *(tmp_path / a if a.startswith("out") else a for a in arguments))
    assert done.exit_code == 2
    assert complaint in done.stderr


def test_a_missing_source_exits_with_two(tmp_path):
    done = run(tmp_path / "missing.jsonl", tmp_path / "out.parquet")
    assert done.exit_code == 2
    assert "missing.jsonl" in done.stderr


def test_an_output_that_is_the_input_exits_with_two(source):
    before = source.read_bytes()
    done = run(source, source)
    assert done.exit_code == 2
    assert "is the input" in done.stderr
    assert source.read_bytes() == before


def test_the_help_names_every_format():
    text = run("--help").stdout
    assert [name for name in (*FORMATS, "baidu") if name not in text] == []


def coco_file(path, names, *people):
    """Write COCO annotations of one image and return their path."""
    category = {"id": 1, "name": "person", "keypoints": names}
    people = [{"id": 1, "image_id": 1, "category_id": 1, **person} for person in people]
    content = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": people}
    path.write_text(json.dumps({**content, "categories": [category]}))
    return path


def test_a_conversion_that_keeps_no_keypoint_fails_and_writes_nothing(tmp_path):
    source = coco_file(tmp_path / "a.json", ["tail", "fin"], {"keypoints": [1, 2, 2, 3, 4, 2]})
    outcome = run(source, tmp_path / "o.jsonl", "--skeleton", "coco17")
    assert outcome.exit_code == 1
    assert "no keypoint of coco:person is one of coco17" in outcome.stderr
    assert not (tmp_path / "o.jsonl").exists()


def test_keypoints_that_are_lost_are_counted(tmp_path):
    source = coco_file(tmp_path / "a.json", ["Nose", "fin"], {"keypoints": [1, 2, 2, 3, 4, 2]})
    outcome = run(source, tmp_path / "o.jsonl", "--skeleton", "coco17")
    assert "keypoints that coco17 does not have: 1 of 2" in outcome.stderr


def test_odd_entries_are_counted_on_stderr_or_refused(tmp_path):
    people = {"keypoints": [1, 2, 2]}, {"keypoints": [1]}
    source = coco_file(tmp_path / "a.json", ["nose"], *people)
    outcome = run(source, tmp_path / "o.jsonl")
    assert outcome.exit_code == 0
    assert "annotations skipped: 1; the first: " in outcome.stderr
    outcome = run(source, tmp_path / "s.jsonl", "--strict")
    assert outcome.exit_code == 1
    assert "annotations[1]: keypoints must have 3 numbers, got 1" in outcome.stderr
