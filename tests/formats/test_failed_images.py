"""Failed images: held by the formats that can, counted, and skipped by choice."""

from __future__ import annotations

import json

import pytest

import posehub
from posehub import Record
from posehub.errors import AuthError, BackendError, ImageError, PosehubError
from posehub.formats.streams import Written
from posehub.formats.table import FORMATS
from posehub.testing import random_people

CUT = Record("cut.jpg", error=ImageError("the file is cut"), size=(4, 3), digest="sha256:0")
BUSY = Record("busy.jpg", error=BackendError("busy", code=18, request_id="abc"), frame=2, time=0.5)
GOOD = Record("good.jpg", random_people(2, seed=0))
HOLDING = ["a.jsonl", "a.parquet", "a.arrow"]


@pytest.mark.parametrize("name", HOLDING)
@pytest.mark.parametrize(
    "records", [[CUT, GOOD, BUSY], [GOOD, CUT], [CUT, BUSY]], ids=["both", "last", "only"]
)
def test_failed_images_are_read_back(name, records, tmp_path):
    posehub.write(records, tmp_path / name)
    assert list(posehub.read(tmp_path / name)) == records


def test_a_dataframe_holds_failed_images():
    for records in ([CUT, GOOD, BUSY], [CUT, BUSY]):
        table = posehub.to_dataframe(records)
        assert (table["error"] == "ImageError").sum() == 1
        assert list(posehub.from_dataframe(table)) == records


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_failed_images_may_fill_the_first_pieces_of_a_table(name, tmp_path):
    records = [*[CUT, BUSY] * 10_000, GOOD]
    posehub.write(records, tmp_path / name)
    assert list(posehub.read(tmp_path / name)) == records


@pytest.mark.parametrize("name", HOLDING)
def test_an_error_keeps_its_code_and_request_id(name, tmp_path):
    errors = [
        BackendError("busy", code=18, request_id="abc"),
        AuthError("refused", code="AccessDenied"),
        BackendError("negative", code=-1),
        BackendError("no code"),
    ]
    posehub.write([Record(f"{n}", error=error) for n, error in enumerate(errors)], tmp_path / name)
    back = [record.error for record in posehub.read(tmp_path / name)]
    facts = [(type(e), str(e), e.code, e.request_id) for e in back]
    assert facts == [(type(e), str(e), e.code, e.request_id) for e in errors]


@pytest.mark.parametrize("name", HOLDING)
def test_an_unknown_error_is_read_as_a_backend_error(name, tmp_path):
    class OwnError(PosehubError):
        pass

    posehub.write(Record("a.jpg", error=OwnError("own")), tmp_path / name)
    (record,) = posehub.read(tmp_path / name)
    assert (type(record.error), str(record.error)) == (BackendError, "own")


def test_the_line_of_a_failed_image_is_as_documented(tmp_path):
    posehub.write([CUT, BUSY], tmp_path / "a.jsonl")
    first, second = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert first == {
        "image": "cut.jpg",
        "size": [4, 3],
        "digest": "sha256:0",
        "error": {"type": "ImageError", "message": "the file is cut"},
    }
    assert second == {
        "image": "busy.jpg",
        "frame": 2,
        "time": 0.5,
        "error": {"type": "BackendError", "message": "busy", "code": 18, "request_id": "abc"},
    }


def test_failed_images_are_skipped_on_request(tmp_path):
    posehub.write([CUT, GOOD, BUSY], tmp_path / "a.jsonl")
    assert list(posehub.read(tmp_path / "a.jsonl", on_error="skip")) == [GOOD]


def test_the_people_of_a_failed_image_are_its_error(tmp_path):
    posehub.write([CUT], tmp_path / "a.jsonl")
    with pytest.raises(ImageError, match="the file is cut"):
        _ = next(posehub.read(tmp_path / "a.jsonl")).people


def test_a_named_skeleton_is_checked_on_good_images_only(tmp_path):
    posehub.write([CUT, GOOD], tmp_path / "a.jsonl")
    assert list(posehub.read(tmp_path / "a.jsonl", skeleton="coco17")) == [CUT, GOOD]


@pytest.mark.parametrize("format", [*FORMATS, "baidu"])
def test_what_was_written_is_counted(format, tmp_path):
    skeletons = {"openpose": "openpose_body25", "baidu": "baidu21"}
    skeleton = posehub.get_skeleton(skeletons.get(format, "coco17"))
    good = [Record(f"{n}.jpg", random_people(n, seed=n, skeleton=skeleton), n) for n in (1, 2)]
    written = posehub.write([CUT, *good, BUSY], tmp_path / "out", format)
    if format in ("jsonl", "parquet", "arrow"):
        assert written == Written(images=4, people=3, failed=2, skipped=0)
    else:
        assert written == Written(images=2, people=3, failed=0, skipped=2)
        options = {"skeleton": "coco17"} if format == "coco-results" else {}
        assert len(list(posehub.read(tmp_path / "out", format, **options))) == 2


def test_the_files_of_failed_images_only_are_empty(tmp_path):
    assert posehub.write([CUT], tmp_path / "a.json", "coco") == Written(0, 0, 0, 1)
    assert list(posehub.read(tmp_path / "a.json")) == []


def test_errors_in_the_place_of_results_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(posehub.errors.FormatError, match="detect_records gives the records"):
        posehub.write([GOOD, ImageError("cut")], tmp_path / "a.jsonl")
