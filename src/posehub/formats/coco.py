"""COCO keypoint annotations; the fields are described in `coco_file`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import attrs
import numpy as np

from posehub.files import open_atomically
from posehub.formats.coco_categories import read_categories
from posehub.formats.coco_file import CocoImage, CocoPerson, read_annotations, read_images
from posehub.formats.coco_rows import result_of, row_dtype, row_of
from posehub.formats.coco_writing import (
    CATEGORY,
    Floats,
    json_of_numbers,
    refuse_duplicate,
    triples,
)
from posehub.formats.faults import located
from posehub.formats.gathered import Gathered
from posehub.formats.ids import Ids
from posehub.formats.notes import Notes
from posehub.formats.streams import of_one_skeleton
from posehub.poses.json import dumps, loads, short_numbers
from posehub.poses.record import Record
from posehub.poses.result import DEFAULT_MIN_SCORE, PoseResult
from posehub.poses.skeleton import Skeleton


def read(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield a record for each image, in the file's order.

    Annotations may come in any order: they are all read before the first record. Crowds are
    skipped, and so are the people of categories without keypoints. A keypoint of visibility 0 is
    not reported; the other keypoints have a score only if `keypoint_scores` has it.

    Args:
        path: of the file.
        skeleton: for files whose categories name no keypoints, or name them otherwise.
        notes: gets what is skipped.
    """
    categories = read_categories(path, skeleton, notes)
    skeleton = categories.skeleton
    points = 0 if skeleton is None else len(skeleton)
    known = Ids()
    with tempfile.TemporaryFile() as images, Gathered(row_dtype(points).itemsize) as people:
        for image in read_images(path, known, notes):
            if skeleton is None:
                with located(path, "categories"):
                    raise ValueError("must name keypoints, because there are images")
            images.write(dumps(attrs.astuple(image)) + b"\n")
        for entry, person in read_annotations(path, categories, known, notes):
            if not person.crowd:
                people.add(person.image_id, _row(person, f"{path}: {entry}", notes))
        people.sort()
        for image in _stored(images):
            assert skeleton is not None, "checked with the images"
            with located(path, f"image {image.image_id}"):
                result = result_of(people.rows(image.image_id), skeleton, image.size)
            yield Record(
                image.name,
                result,
                image.image_id,
                digest=image.digest,
                frame=image.frame,
                time=image.time,
            )


def _stored(images: IO[bytes]) -> Iterator[CocoImage]:
    images.seek(0)
    for line in images:
        image_id, name, size, *rest = loads(line)
        yield CocoImage(image_id, name, None if size is None else (size[0], size[1]), *rest)


def _row(person: CocoPerson, where: str, notes: Notes) -> bytes:
    missing = person.keypoints[:, 2] == 0
    return row_of(person, person.keypoint_scores, missing, where, notes)


def write(records: Iterable[Record], path: Path, *, min_score: float = DEFAULT_MIN_SCORE) -> None:
    """Write images and people; images without an id are numbered from 1.

    Args:
        records: to write.
        path: of the file.
        min_score: a keypoint whose score is below it is written as not labelled; so is a keypoint
            outside its image. A keypoint without a score (NaN) is written.
    """
    with open_atomically(path) as file, tempfile.TemporaryFile() as images:
        names: set[str] = set()
        image_ids: set[int] = set()
        people = 0
        skeleton: Skeleton | None = None
        numbered = None
        file.write(b'{"info": {"description": "written by posehub"},\n"annotations": [')
        for count, record in enumerate(of_one_skeleton(records, path)):
            skeleton = record.people.skeleton
            if numbered is None:
                numbered = record.image_id is not None
            with located(path, f"image {record}"):
                image_id = _image_id(record, count + 1, numbered)
                if not record.image:
                    raise ValueError("has no file name, which COCO files need")
                refuse_duplicate("file name", record.image, names)
                refuse_duplicate("image_id", image_id, image_ids)
                annotations = list(_annotations(record, image_id, people + 1, min_score))
            _write_element(images, dumps(_image(record, image_id)), first=count == 0)
            for annotation in annotations:
                _write_element(file, json_of_numbers(annotation), first=people == 0)
                people += 1
        file.write(b'],\n"images": [')
        images.seek(0)
        shutil.copyfileobj(images, file)
        file.write(b'],\n"categories": ')
        file.write(dumps([] if skeleton is None else [_category(skeleton)]))
        file.write(b"}\n")


def _image_id(record: Record, number: int, numbered: bool) -> int:
    if (record.image_id is not None) != numbered:
        raise ValueError("either all images must have an image_id, or none of them")
    return number if record.image_id is None else record.image_id


def _image(record: Record, image_id: int) -> dict[str, Any]:
    image: dict[str, Any] = {"id": image_id, "file_name": record.image}
    if record.size is not None:
        image["width"], image["height"] = record.size
    known = {"digest": record.digest, "frame": record.frame, "time": record.time}
    return image | {name: value for name, value in known.items() if value is not None}


def _annotations(
    record: Record, image_id: int, first: int, min_score: float
) -> Iterator[dict[str, Any]]:
    result = _labelled(record, min_score)
    reported = ~np.isnan(result.keypoints[..., 0])
    scores, box_scores = short_numbers([result.scores, result.box_scores])
    columns = zip(
        triples(result, np.where(reported, 2, 0)),
        reported.sum(axis=1).tolist(),
        _boxes(result).tolist(),
        box_scores,
        scores,
        strict=True,
    )
    for person, (keypoints, count, box, score, keypoint_scores) in enumerate(columns):
        annotation = {
            "id": first + person,
            "image_id": image_id,
            "category_id": CATEGORY,
            "keypoints": keypoints,
            "num_keypoints": count,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "score": score,
            "keypoint_scores": keypoint_scores,
        }
        if result.ids is not None:
            annotation["track_id"] = int(result.ids[person])
        yield annotation


def _labelled(record: Record, min_score: float) -> PoseResult:
    """Return the people without the keypoints that score too low or are outside the image."""
    result = record.people.mask(min_score=min_score)
    if record.size is None:
        return result
    # NaN compares as false: what is not reported stays so
    outside = np.any((result.keypoints < 0) | (result.keypoints > record.size), axis=2)
    return attrs.evolve(
        result,
        keypoints=np.where(outside[..., None], np.nan, result.keypoints),
        scores=np.where(outside, 0, result.scores),
        keypoints_3d=None,
    )


def _boxes(result: PoseResult) -> Floats:
    """Return boxes as x, y, width, height, (P, 4).

    A person without a box gets the extent of the keypoints, as pycocotools computes it for
    results; a person without keypoints too gets zeros.

    Raises:
        ValueError: a box has a negative width or height.
    """
    boxes = result.boxes.astype(np.float64)
    unknown = np.isnan(boxes).any(axis=1)
    reported = ~np.isnan(result.keypoints[unknown])
    points = result.keypoints[unknown].astype(np.float64)
    boxes[unknown, :2] = np.min(points, axis=1, where=reported, initial=np.inf)
    boxes[unknown, 2:] = np.max(points, axis=1, where=reported, initial=-np.inf)
    boxes[np.isinf(boxes)] = 0
    boxes[:, 2:] -= boxes[:, :2]
    if (boxes < 0)[:, 2:].any():
        person = int(np.flatnonzero((boxes[:, 2:] < 0).any(axis=1))[0])
        raise ValueError(f"person {person} has a box of negative width or height")
    return boxes


def _category(skeleton: Skeleton) -> dict[str, Any]:
    return {
        "id": CATEGORY,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [
            [skeleton.index(first) + 1, skeleton.index(second) + 1]
            for first, second in skeleton.links
        ],
    }


def _write_element(file: IO[bytes], text: bytes, *, first: bool) -> None:
    file.write(b"\n" if first else b",\n")
    file.write(text)
