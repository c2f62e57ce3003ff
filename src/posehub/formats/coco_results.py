"""COCO keypoint results; the fields are described in `coco_file`.

The third value of a keypoint, which COCO leaves unused, is its score, as MMPose writes it. The
file names no keypoint, no skeleton and no image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posehub.errors import ConfigError
from posehub.files import open_atomically
from posehub.formats.coco_file import (
    CocoPerson,
    missing_in_results,
    read_results,
    scores_in_results,
)
from posehub.formats.coco_rows import result_of, row_dtype, row_of
from posehub.formats.coco_writing import CATEGORY, json_of_numbers, refuse_duplicate, triples
from posehub.formats.faults import located
from posehub.formats.gathered import Gathered
from posehub.formats.streams import of_one_skeleton
from posehub.poses.json import short_numbers
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each image, in the order in which the images first come.

    People may come in any order: they are all read before the first record. A keypoint of
    x = y = 0 is not reported; a third value outside [0, 1] is not a score and reads as NaN.

    Args:
        path: of the file.
        skeleton: of the people; the file does not name it.
    """
    if skeleton is None:
        raise ConfigError(f"{path}: COCO results name no skeleton; name it: skeleton=...")
    with Gathered(row_dtype(len(skeleton)).itemsize) as people:
        for _, person in read_results(path, len(skeleton)):
            people.add(person.image_id, _row(person))
        for image_id in people.sort():
            with located(path, f"image {image_id}"):
                result = result_of(people.rows(image_id), skeleton)
            yield Record("", result, image_id)


def _row(person: CocoPerson) -> bytes:
    return row_of(person, scores_in_results(person.keypoints), missing_in_results(person.keypoints))


def write(records: Iterable[Record], path: Path) -> None:
    """Write the people; images without people are not in the file."""
    with open_atomically(path) as file:
        image_ids: set[int] = set()
        separator = b"[\n"
        for record in of_one_skeleton(records, path):
            with located(path, f"image {record}"):
                if record.image_id is None:
                    raise ValueError("has no image_id, by which COCO results name an image")
                refuse_duplicate("image_id", record.image_id, image_ids)
                people = list(_people(record, record.image_id))
            for person in people:
                file.write(separator + json_of_numbers(person))
                separator = b",\n"
        file.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def _people(record: Record, image_id: int) -> Iterator[dict[str, Any]]:
    result = record.people
    if np.isnan(result.box_scores).any():
        person = int(np.flatnonzero(np.isnan(result.box_scores))[0])
        raise ValueError(f"person {person} has no score, by which COCO's evaluation sorts people")
    # a keypoint without a score counts as found: COCO's own default for the third value is 1
    rows = triples(result, np.nan_to_num(result.scores, nan=1.0))
    (scores,) = short_numbers([result.box_scores])
    for person, (keypoints, score) in enumerate(zip(rows, scores, strict=True)):
        entry = {
            "image_id": image_id,
            "category_id": CATEGORY,
            "keypoints": keypoints,
            "score": score,
        }
        if result.ids is not None:
            entry["track_id"] = int(result.ids[person])
        yield entry
