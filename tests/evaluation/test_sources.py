"""Results files: the lines of `posehub detect --json`, and every other format."""

from __future__ import annotations

import pytest

import posehub
from posehub import Format, Record
from posehub.errors import FormatError, ImageError
from posehub.evaluation.sources import is_results_file, read_records
from posehub.testing import random_people

RECORDS = [Record(f"图 {n}.jpg", random_people(n, seed=n)) for n in (1, 2)]
FAILED = Record("x.jpg", error=ImageError("cut"), size=(4, 3))


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".json"])
def test_lines_of_results_are_read_whatever_their_suffix(tmp_path, suffix):
    path = tmp_path / f"results{suffix}"
    posehub.write(RECORDS, path, "jsonl")
    assert read_records(path) == RECORDS


@pytest.mark.parametrize(
    ("name", "format"), [("r.parquet", None), ("r.arrow", None), ("r.json", "coco")]
)
def test_files_of_other_formats_are_read_too(tmp_path, name, format):
    posehub.write(RECORDS, tmp_path / name, format)
    records = read_records(tmp_path / name)
    assert [r.image for r in records] == [r.image for r in RECORDS]
    assert [len(r.result) for r in records] == [1, 2]


@pytest.mark.parametrize(
    ("name", "format"), [("r.jsonl", None), ("r.json", "jsonl"), ("r.parquet", None)]
)
def test_a_failed_image_keeps_its_error(tmp_path, name, format):
    posehub.write([FAILED, *RECORDS], tmp_path / name, format)
    assert read_records(tmp_path / name) == [FAILED, *RECORDS]


def test_a_duplicate_image_is_refused_by_its_name(tmp_path):
    posehub.write([RECORDS[0]] * 2, tmp_path / "results.jsonl")
    with pytest.raises(FormatError, match=r"results\.jsonl: duplicate image '图 1\.jpg'"):
        read_records(tmp_path / "results.jsonl")


def test_images_without_a_name_are_not_duplicates(tmp_path):
    posehub.write([r.result for r in RECORDS], tmp_path / "results.jsonl")
    assert len(read_records(tmp_path / "results.jsonl")) == 2


def test_a_malformed_file_is_a_format_error(tmp_path):
    for name in ("results.parquet", "results.jsonl"):
        (tmp_path / name).write_bytes(b"no parquet")
        with pytest.raises(FormatError, match=name):
            read_records(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("a.jsonl", True),
        ("a.json", True),
        ("a.PARQUET", True),
        ("a.pose", True),
        ("a.jpg", False),
        ("a", False),
    ],
)
def test_a_results_file_is_recognized_by_its_suffix(name, holds, tmp_path):
    assert is_results_file(tmp_path / name) is holds


def test_a_file_of_a_plugins_format_is_a_results_file(install, tmp_path):
    assert not is_results_file(tmp_path / "a.own")
    install(formats=[Format("own", "made up", iter, print, "all", suffixes=(".own",))])
    assert is_results_file(tmp_path / "a.own")
