"""What is written is read back; a format loses what the documentation says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import posehub
from posehub import Record
from posehub.formats.folder import by_number
from posehub.testing import random_people

few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def there_and_back(records, name, format=None, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        posehub.write(records, path, format)
        return list(posehub.read(path, format, **options))


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow"])
@few
@given(data=st.data())
def test_posehubs_own_formats_keep_everything(name, data, data_sets):
    records = data.draw(data_sets())
    assert there_and_back(records, name) == records


@few
@given(data=st.data())
def test_a_dataframe_keeps_everything(data, data_sets):
    records = data.draw(data_sets())
    assert list(posehub.from_dataframe(posehub.to_dataframe(records))) == records


def good(records):
    """Return the records of images that did not fail."""
    return [record for record in records if record.error is None]


@few
@given(data=st.data())
def test_coco_annotations_keep_images_points_scores_boxes_and_ids(data, data_sets, stripped):
    records = data.draw(data_sets(dimensions=(2,)))
    kept = []
    for record in good(records):
        result = labelled(record.result)
        kept.append(
            stripped(
                record,
                facts=("image", "image_id", "digest", "frame", "time"),
                keypoints=result.keypoints,
                scores=result.scores,
                boxes=boxes_as_coco_has_them(result),
                box_scores=result.box_scores,
                image_size=result.image_size,
                ids=result.ids,
            )
        )
    assert there_and_back(records, "a.json", "coco") == kept


def labelled(result):
    """Without the keypoints that COCO annotations do not label by default."""
    hidden = result.scores < 0.3
    if result.image_size is not None:
        hidden |= ((result.keypoints < 0) | (result.keypoints > result.image_size)).any(axis=2)
    return attrs.evolve(
        result,
        keypoints=np.where(hidden[..., None], np.nan, result.keypoints),
        scores=np.where(hidden, 0, result.scores),
    )


def boxes_as_coco_has_them(result):
    """A missing box is the extent of the keypoints, and zeros if there are none."""
    boxes = result.boxes.copy()
    for person, box in enumerate(boxes):
        if np.isnan(box).any():
            points = result.keypoints[person]
            points = points[~np.isnan(points[:, 0])]
            box[:] = [*points.min(0), *points.max(0)] if len(points) else 0
    return boxes


@few
@given(data=st.data())
def test_coco_results_keep_ids_points_and_scores_of_images_with_people(data, data_sets, stripped):
    records = data.draw(data_sets(dimensions=(2,), complete=True))
    kept = [
        stripped(
            record,
            facts=("image_id",),
            box_scores=record.result.box_scores,
            ids=record.result.ids,
        )
        for record in good(records)
        if len(record.result)
    ]
    assert there_and_back(records, "a.json", "coco-results", skeleton="coco17") == kept


@few
@given(data=st.data())
def test_openpose_keeps_the_bare_name_points_scores_and_ids(data, data_sets, stripped):
    names = st.from_regex(r"\A[a-z\"\n 图.]{0,5}[a-z\"图]\Z")
    records = good(data.draw(data_sets("openpose_body25", dimensions=(2,), names=names)))
    records = [attrs.evolve(record, image=f"folder/{record.image}.jpg") for record in records]
    kept = []
    for record in records:
        result = record.result
        tracked = result.ids is not None and -1 not in result.ids
        bare = stripped(record, **scored_where_found(result), ids=result.ids if tracked else None)
        kept.append(attrs.evolve(bare, image=record.image[7:-4]))
    if records:
        kept.sort(key=lambda record: by_number(f"{record.image}_keypoints.json"))
        assert there_and_back(records, "a", "openpose") == kept


@few
@given(data=st.data())
def test_a_pose_clip_keeps_the_size_points_and_scores_of_people_with_keypoints(
    data, data_sets, stripped
):
    records = good(data.draw(data_sets(dimensions=(2,))))
    records = [
        attrs.evolve(
            record,
            result=attrs.evolve(record.result, image_size=(640, 480)),
            frame=None,
            time=None,
        )
        for record in records
    ]
    kept = []
    for frame, record in enumerate(records):
        result = attrs.evolve(record.result, **scored_where_found(record.result))
        found = ~np.isnan(result.keypoints[..., 0]).all(axis=1)
        bare = stripped(
            Record(f"a_{frame:012}", result[found]), facts=["image"], image_size=(640, 480)
        )
        kept.append(attrs.evolve(bare, frame=frame, time=frame / 25, size=(640, 480)))
    if records:
        assert there_and_back(records, "a.pose") == kept


def scored_where_found(result):
    """A keypoint without a score gets score 1 in formats where every keypoint has one."""
    return {"scores": np.nan_to_num(result.scores, nan=1.0)}


@pytest.mark.parametrize("count", [0, 10_000])
@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.jsonl", None),
        ("a.parquet", None),
        ("a.arrow", None),
        ("a.json", "coco"),
        ("a.json", "coco-results"),
        ("a.pose", None),
    ],
)
def test_any_number_of_people_in_an_image_is_read_back(name, format, count):
    record = Record("crowd.jpg", random_people(count, seed=0), 1)
    lone = Record("lone.jpg", random_people(1, seed=1), 2)
    back = there_and_back([record, lone], name, format, skeleton="coco17")
    results = [record.result for record in back if len(record.result) != 1]
    if count or format != "coco-results":
        assert np.array_equal(results[0].keypoints, record.result.keypoints)
    assert len(back[-1].result) == 1


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow"])
def test_a_skeleton_only_the_caller_knows_is_read_back(name):
    own = posehub.Skeleton("own", ("top", "bottom"), links=[("top", "bottom")])
    records = [Record("a.jpg", random_people(2, seed=0, skeleton=own))]
    assert there_and_back(records, name, skeleton=own) == records


def test_jsonl_keeps_raw_and_mixed_skeletons():
    records = [
        Record("a.jpg", attrs.evolve(random_people(1, seed=0), raw={"图": [1, None]})),
        Record("a.jpg", random_people(1, seed=0, skeleton=posehub.get_skeleton("baidu21"))),
    ]
    assert there_and_back(records, "a.jsonl") == records


def test_results_without_records_are_images_without_a_name(records):
    back = there_and_back(records[0].result, "a.jsonl")
    assert back == [Record("", records[0].result)]
