"""COCO keypoint results, as cocodataset.org describes them under "Results format".

One array of people: image_id, category_id, keypoints as x, y and a third value, and score. The
third value, which COCO leaves unused, is the keypoint's score, as MMPose writes it. No keypoint,
no skeleton and no file is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from posehub.errors import ConfigError
from posehub.files import open_atomically
from posehub.formats import fields
from posehub.formats.coco_people import box_of, pack, triples_to_write, unpack
from posehub.formats.elements import elements, located
from posehub.formats.spool import Pictures, Seen
from posehub.formats.streams import of_one_skeleton
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

_CATEGORY = 1


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each picture, in the order pictures first come.

    People may come in any order: the file is read through into a temporary one before the first
    record. A keypoint of three zeros is not reported; a third value that is no score in [0, 1]
    reads as NaN.

    Args:
        path: of the file.
        skeleton: which the file does not name.
    """
    if skeleton is None:
        raise ConfigError(f"{path}: COCO results name no skeleton; name it: skeleton=...")
    with Pictures() as pictures:
        for place, (entry, person) in enumerate(elements(path)):
            with located(path, entry):
                picture = fields.whole_number(person, "image_id")
                pictures.add_picture(picture)
                pictures.add_person(place, picture, _row(person, len(skeleton)))
        for identity, _, rows in pictures:
            with located(path, f"image {identity}"):
                result = unpack(rows, skeleton)
            yield Record("", result, identity)


def _row(person: Mapping[str, Any], count: int) -> bytes:
    points = fields.numbers(person, "keypoints", 3 * count).reshape(count, 3)
    scores = points[:, 2].copy()
    points[(points == 0).all(axis=1), :2] = np.nan
    scores[(scores < 0) | (scores > 1)] = np.nan
    return pack(points[:, :2], scores, box_of(person), fields.number(person, "score"))


def write(records: Iterable[Record], path: Path) -> None:
    """Write the people; pictures with nobody leave no trace."""
    with open_atomically(path) as file, Seen() as identities:
        separator = b"[\n"
        for record in of_one_skeleton(records, path):
            with located(path, f"picture {record}"):
                people = list(_people(record))
                assert record.image_id is not None
                if not identities.add(record.image_id):
                    raise ValueError(f"image_id {record.image_id} comes twice")
            for person in people:
                file.write(separator + json.dumps(person, allow_nan=False).encode())
                separator = b",\n"
        file.write(b"[]\n" if separator == b"[\n" else b"\n]\n")


def _people(record: Record) -> Iterator[dict[str, Any]]:
    result = record.people
    if record.image_id is None:
        raise ValueError("has no image_id, by which COCO results name a picture")
    if np.isnan(result.box_scores).any():
        person = int(np.flatnonzero(np.isnan(result.box_scores))[0])
        raise ValueError(f"person {person} has no score, by which COCO's evaluation sorts people")
    # what nobody scored counts as found: COCO's own default for the third value is 1
    triples = triples_to_write(result, np.nan_to_num(result.scores, nan=1.0))
    for keypoints, score in zip(triples, result.box_scores.tolist(), strict=True):
        yield {
            "image_id": record.image_id,
            "category_id": _CATEGORY,
            "keypoints": keypoints,
            "score": score,
        }
