"""Results files: the lines of `posehub detect --json`, and every other format."""

from __future__ import annotations

import json

import pytest

import posehub
from posehub import Record
from posehub.errors import ConfigError, FormatError
from posehub.evaluation.sources import is_results_file, read_named
from posehub.testing import random_people

RECORDS = [Record(f"图 {n}.jpg", random_people(n, seed=n)) for n in (1, 2)]


def lines_of(records):
    return [json.dumps({"image": r.image, **r.result.to_dict()}) for r in records]


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".json"])
def test_lines_of_results_are_read_whatever_their_suffix(tmp_path, suffix):
    path = tmp_path / f"results{suffix}"
    path.write_text("\n".join(lines_of(RECORDS)))
    assert [(n.image, n.result) for n in read_named(path)] == [(r.image, r.result) for r in RECORDS]


@pytest.mark.parametrize(
    ("name", "format"), [("r.parquet", None), ("r.arrow", None), ("r.json", "coco")]
)
def test_files_of_other_formats_are_read_too(tmp_path, name, format):
    posehub.write(RECORDS, tmp_path / name, format)
    named = read_named(tmp_path / name)
    assert [n.image for n in named] == [r.image for r in RECORDS]
    assert [len(n.result) for n in named] == [1, 2]


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_a_picture_on_which_the_backend_failed_has_no_result(tmp_path, suffix):
    path = tmp_path / f"results{suffix}"
    failed = json.dumps({"image": "x.jpg", "error": {"type": "ImageError", "message": "no"}})
    path.write_text("\n".join([failed, *lines_of(RECORDS)]))
    assert [named.result is None for named in read_named(path)] == [True, False, False]


def test_a_picture_that_comes_twice_is_refused_with_its_line(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(lines_of([RECORDS[0]] * 2)))
    with pytest.raises(ConfigError, match=r"line 2.*second time"):
        read_named(path)


def test_a_malformed_file_of_another_format_is_a_format_error(tmp_path):
    path = tmp_path / "results.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(FormatError, match=r"results\.parquet"):
        read_named(path)


@pytest.mark.parametrize(
    ("name", "holds"),
    [("a.jsonl", True), ("a.PARQUET", True), ("a.pose", True), ("a.jpg", False), ("a", False)],
)
def test_a_results_file_is_told_by_its_suffix(tmp_path, name, holds):
    assert is_results_file(tmp_path / name) is holds
