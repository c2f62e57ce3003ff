"""Parquet, Arrow and DataFrames: read by pandas and pyarrow, and what comes from there."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import posehub
from posehub import Record
from posehub.errors import FormatError
from posehub.testing import random_people

FILES = [("a.parquet", pd.read_parquet), ("a.arrow", pd.read_feather)]


@pytest.mark.parametrize(("name", "read"), FILES)
def test_pandas_reads_the_file_as_the_dataframe_posehub_makes(name, read, tmp_path, records):
    posehub.write(records, tmp_path / name)
    pd.testing.assert_frame_equal(
        read(tmp_path / name), posehub.to_dataframe(records), check_dtype=False
    )


@pytest.mark.parametrize(("name", "read"), FILES)
def test_a_file_pandas_wrote_is_read(name, read, tmp_path, records):
    table = posehub.to_dataframe(records)
    table.to_parquet(tmp_path / name) if name == "a.parquet" else table.to_feather(tmp_path / name)
    assert list(posehub.read(tmp_path / name)) == records


def test_a_row_is_a_person_and_an_image_without_people_has_one_too(records):
    table = posehub.to_dataframe(records)
    assert table["image"].tolist() == ["1.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert table["person"].tolist() == [0, 1, pd.NA, 0]
    person = records[0].result[1]
    row = table.iloc[1]
    assert (row["left"], row["bottom"], row["score"]) == (
        person.box.left,
        person.box.bottom,
        person.score,
    )
    wrist = person["left_wrist"]
    assert tuple(row[["left_wrist_x", "left_wrist_y", "left_wrist_score"]]) == (
        wrist.x,
        wrist.y,
        wrist.score,
    )


def test_columns_are_typed_as_documented(tmp_path, records):
    posehub.write(records, tmp_path / "a.parquet")
    schema = pq.read_schema(tmp_path / "a.parquet")
    types = {name: schema.field(name).type for name in schema.names}
    texts = ("image", "digest", "backend", "request_id", "skeleton")
    errors = ("error", "error_message", "error_code")
    assert {types.pop(name) for name in (*texts, *errors)} == {pa.string()}
    assert {types.pop(n) for n in ("image_width", "image_height", "person")} == {pa.int32()}
    assert {types.pop(name) for name in ("image_id", "frame", "track_id")} == {pa.int64()}
    assert types.pop("time") == pa.float64()
    assert set(types.values()) == {pa.float32()}


def test_what_is_not_reported_is_null(tmp_path):
    keypoints = random_people(1, seed=0).keypoints.copy()
    keypoints[0, 0] = np.nan
    result = posehub.PoseResult(keypoints, [[0] + [0.5] * 16], [[np.nan] * 4], [0.5], BODY)
    posehub.write(result, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    nulls = {name for name in table.column_names if table[name].null_count}
    missing = {"left", "top", "right", "bottom", "nose_x", "nose_y"}
    unknown = {"image_id", "image_width", "image_height", "digest", "frame", "time", "request_id"}
    no_error = {"error", "error_message", "error_code"}
    assert nulls == missing | unknown | no_error | {"track_id"}


BODY = posehub.get_skeleton("coco17")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_an_image_may_cross_the_pieces_a_file_is_read_in(name, tmp_path):
    records = [
        Record(f"{number}", random_people(people, seed=number))
        for number, people in enumerate((8191, 3, 20_000, 0, 1))
    ]
    posehub.write(records, tmp_path / name)
    assert list(posehub.read(tmp_path / name)) == records


def test_people_can_be_removed_from_a_dataframe(records):
    table = posehub.to_dataframe(records)
    back = list(posehub.from_dataframe(table[table["person"] != 0]))
    assert [(record.image, len(record.result)) for record in back] == [("1.jpg", 1)]
    assert back[0].result[0].box == records[0].result[1].box


def test_an_empty_table_has_no_records(tmp_path):
    assert list(posehub.from_dataframe(posehub.to_dataframe([]))) == []
    for name, _ in FILES:
        posehub.write([], tmp_path / name)
        assert list(posehub.read(tmp_path / name)) == []


@pytest.mark.parametrize("name", ["image", "skeleton", "person"])
def test_columns_that_a_table_must_have(name, records):
    table = posehub.to_dataframe(records)
    with pytest.raises(FormatError, match=f"has no column '{name}'"):
        list(posehub.from_dataframe(table.drop(columns=name)))


def test_other_columns_of_an_image_may_be_missing(records):
    table = posehub.to_dataframe(records)
    boxes_and_keypoints = list(table.columns).index("left")
    kept = ["image", "skeleton", "person", *table.columns[boxes_and_keypoints:]]
    back = list(posehub.from_dataframe(table[kept]))
    assert [(record.image, record.image_id, record.size) for record in back] == [
        (record.image, None, None) for record in records
    ]
    for record, other in zip(records, back, strict=True):
        assert np.array_equal(record.result.keypoints, other.result.keypoints)


def test_images_without_people_may_come_before_the_first_people(tmp_path):
    empty = posehub.PoseResult.empty(BODY)
    deep = random_people(1, seed=0)
    deep = posehub.PoseResult(
        deep.keypoints,
        deep.scores,
        deep.boxes,
        deep.box_scores,
        BODY,
        keypoints_3d=[[[1, 2, 3]] * 17],
    )
    records = [Record(f"{n}", empty) for n in range(17_000)] + [Record("deep", deep)]
    posehub.write(records, tmp_path / "a.parquet")
    assert list(posehub.read(tmp_path / "a.parquet")) == records


def test_a_column_of_another_type_is_refused_by_its_name(tmp_path, records):
    table = posehub.to_dataframe(records)
    pq.write_table(pa.Table.from_pandas(table.assign(person=[[0]] * 4)), tmp_path / "a.parquet")
    with pytest.raises(FormatError, match="column 'person'"):
        list(posehub.read(tmp_path / "a.parquet"))


def test_an_image_of_many_people_is_read_in_time(tmp_path):
    people = random_people(200_000, seed=0)
    posehub.write(posehub.Record("a.jpg", people), tmp_path / "a.parquet")
    start = time.process_time()
    (record,) = posehub.read(tmp_path / "a.parquet")
    assert time.process_time() - start < 10
    assert np.array_equal(record.result.keypoints, people.keypoints)
