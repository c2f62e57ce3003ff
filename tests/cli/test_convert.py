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
    """Two pictures with three people, on baidu21."""
    path = tmp_path / "in.jsonl"
    baidu = posehub.get_skeleton("baidu21")
    people = [random_people(count, seed=count, skeleton=baidu) for count in (1, 2)]
    posehub.write([Record(f"{len(p)}.jpg", p) for p in people], path)
    return path


def test_results_are_converted_and_counted(source, tmp_path):
    done = run(source, tmp_path / "out.parquet")
    assert done.exit_code == 0
    assert "parquet  pictures: 2, people: 3, baidu21" in done.stdout
    assert FORMATS["parquet"].lost in done.stderr
    assert list(posehub.read(tmp_path / "out.parquet")) == list(posehub.read(source))


def test_people_are_put_on_another_skeleton(source, tmp_path):
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
        "pictures": 2,
        "people": 3,
    }
    (first, _) = posehub.read(tmp_path / "out.json")
    expected = next(posehub.read(source)).result.to("coco17")
    assert np.array_equal(first.result.keypoints, expected.keypoints, equal_nan=True)


def test_what_detect_prints_can_be_converted(tmp_path):
    result = random_people(1, seed=0)
    (tmp_path / "in.jsonl").write_text(json.dumps({"image": "a.jpg", **result.to_dict()}))
    assert run(tmp_path / "in.jsonl", tmp_path / "out.arrow").exit_code == 0
    assert list(posehub.read(tmp_path / "out.arrow")) == [Record("a.jpg", result)]


def test_a_source_that_names_no_skeleton_is_told_it(tmp_path):
    posehub.write(Record("", random_people(1, seed=0), 5), tmp_path / "in.json", "coco-results")
    wrong = run(tmp_path / "in.json", tmp_path / "out.jsonl")
    assert wrong.exit_code == 2
    done = run(tmp_path / "in.json", tmp_path / "out.jsonl", "--source-skeleton", "coco17")
    assert done.exit_code == 0
    assert next(posehub.read(tmp_path / "out.jsonl")).image_id == 5


def test_a_clip_gets_its_rate(source, tmp_path):
    assert run(source, tmp_path / "out.pose", "--fps", "50").exit_code == 0
    assert (tmp_path / "out.pose").stat().st_size > 1000


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
        (["out.json"], "does not tell the format"),
        (["out.parquet", "--skeleton", "coco71"], "coco17"),
        (["out.parquet", "--to", "parket"], "parquet"),
        (["out.parquet", "--from", "jason"], "No format 'jason'"),
        (["out.parquet", "--fps", "5"], "parquet has no fps"),
        (["out.parquet", "--fps", "0"], "--fps"),
        ([], "OUT"),
    ],
)
def test_a_wrong_call_exits_with_two(arguments, complaint, source, tmp_path):
    done = run(source, *(tmp_path / a if a.startswith("out") else a for a in arguments))
    assert done.exit_code == 2
    assert complaint in done.stderr


def test_a_source_that_is_not_there_exits_with_two(tmp_path):
    done = run(tmp_path / "missing.jsonl", tmp_path / "out.parquet")
    assert done.exit_code == 2
    assert "missing.jsonl" in done.stderr


def test_the_help_names_every_format():
    text = run("--help").stdout
    assert [name for name in (*FORMATS, "baidu") if name not in text] == []
