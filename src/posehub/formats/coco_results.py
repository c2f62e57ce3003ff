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
from posehub.formats.ids import Ids
from posehub.formats.notes import Notes
from posehub.formats.streams import of_one_skeleton
from posehub.poses.checks import Float32Array
from posehub.poses.json import short_numbers
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton


def read(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield a record for each image, in the order in which the images first come.

    People may come in any order: they are all read before the first record. A keypoint of
    x = y = 0 is not reported; a third value outside [0, 1] is not a score and reads as NaN.

    Args:
        path: of the file.
        skeleton: of the people; the file does not name it.
        notes: gets what is skipped.
    """
    if skeleton is None:
        raise ConfigError(
            f"{path}: COCO results name no skeleton; name it: skeleton=..., or --source-skeleton "
            "on the command line"
        )
    ids = Ids()
    names: dict[int, str] = {}

    def image_id(entry: Any) -> int:
        number = ids.find_or_add(entry, "image_id")
        given = entry["image_id"]
        if isinstance(given, str) and not given.isdigit():  # AlphaPose writes file names
            names[number] = given
        return number

    with Gathered(row_dtype(len(skeleton)).itemsize) as people:
        for entry, person in read_results(path, skeleton, image_id, notes):
            people.add(person.image_id, _row(person, f"{path}: {entry}", notes))
        for number in people.sort():
            with located(path, f"image {number}"):
                result = result_of(people.rows(number), skeleton)
            yield Record(names.get(number, ""), result, number)


def _row(person: CocoPerson, where: str, notes: Notes) -> bytes:
    missing = missing_in_results(person.keypoints)
    return row_of(person, scores_in_results(person.keypoints), missing, where, notes)


def write(records: Iterable[Record], path: Path) -> None:
    """Write the people; images without people are not in the file.

    The image_id of a frame of a film is its number if it has no other. A person without a score has
    the mean score of the keypoints, as in evaluation.
    """
    with open_atomically(path) as file:
        image_ids: set[int] = set()
        separator = b"[\n"
        for record in of_one_skeleton(records, path):
            with located(path, f"image {record}"):
                image_id = record.frame if record.image_id is None else record.image_id
                if image_id is None:
                    raise ValueError("has no image_id, by which COCO results name an image")
                refuse_duplicate("image_id", image_id, image_ids)
                people = list(_people(record, image_id))
            for person in people:
                file.write(separator + json_of_numbers(person))
                separator = b",\n"
        file.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def _people(record: Record, image_id: int) -> Iterator[dict[str, Any]]:
    result = record.people
    box_scores = _person_scores(result)
    if np.isnan(box_scores).any():
        person = int(np.flatnonzero(np.isnan(box_scores))[0])
        raise ValueError(f"person {person} has no score, by which COCO's evaluation sorts people")
    # a keypoint without a score counts as found: COCO's own default for the third value is 1
    rows = triples(result, np.nan_to_num(result.scores, nan=1.0))
    (scores,) = short_numbers([box_scores])
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


def _person_scores(result: PoseResult) -> Float32Array:
    """Return the scores of the people, (P,); NaN where neither person nor keypoints have one."""
    there = ~np.isnan(result.scores) & ~np.isnan(result.keypoints[..., 0])
    total = np.where(there, result.scores, 0).sum(axis=1)
    means = np.where(there.any(axis=1), total / np.maximum(there.sum(axis=1), 1), np.nan)
    scores: Float32Array = np.where(np.isnan(result.box_scores), means, result.box_scores)
    return scores.astype(np.float32)
