"""COCO keypoint annotations, as cocodataset.org describes them under "Data format".

One object: `images` (id, file_name, width, height), `annotations` (image_id, category_id,
keypoints as x, y, v; bbox as x, y, width, height) and `categories`, which name the keypoints.
posehub adds two fields to a person, which COCO's tools pass over: `score`, and `keypoint_scores`,
as MMPose calls them. null stands for NaN there.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from posehub.errors import FormatError
from posehub.files import open_atomically
from posehub.formats import fields
from posehub.formats.coco_people import (
    box_of,
    boxes_to_write,
    pack,
    triples_to_write,
    unpack,
)
from posehub.formats.elements import elements, located
from posehub.formats.spool import Pictures, Seen
from posehub.formats.streams import of_one_skeleton
from posehub.poses.catalogue import catalogue
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

_CATEGORY = 1


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each picture, in the file's order.

    Annotations may come in any order: the file is read through into a temporary one before the
    first record. Crowds are left out, and so is what belongs to a category without keypoints.

    Args:
        path: of the file.
        skeleton: for files whose categories name no keypoints.
    """
    with located(path, "categories"):
        categories = [category for _, category in elements(path, "categories")]
        skeleton, wanted = _skeleton(categories, skeleton)
    with Pictures() as pictures:
        for entry, image in elements(path, "images"):
            with located(path, entry):
                if skeleton is None:
                    raise ValueError("is a picture, and 'categories' has none to name keypoints")
                about = json.dumps([fields.text(image, "file_name"), _size(image)])
                if not pictures.add_picture(fields.whole_number(image, "id"), about):
                    raise ValueError(f"id {image['id']} comes twice")
        points = 0 if skeleton is None else len(skeleton)
        for place, (entry, annotation) in enumerate(elements(path, "annotations")):
            with located(path, entry):
                category = fields.whole_number(annotation, "category_id")
                if category not in wanted:
                    raise ValueError(f"category_id {category} is not in 'categories'")
                if wanted[category] and not annotation.get("iscrowd"):
                    picture = fields.whole_number(annotation, "image_id")
                    pictures.add_person(place, picture, _row(annotation, points))
        stray = pictures.stray()
        if stray is not None:
            raise FormatError(
                f"{path}: annotations[{stray[0]}]: image_id {stray[1]} is not in 'images'"
            )
        for identity, about, rows in pictures:
            assert skeleton is not None, "checked with the pictures"
            name, size = json.loads(about)
            with located(path, f"image {identity}"):
                result = unpack(rows, skeleton, size)
            yield Record(name, result, identity)


def _skeleton(
    categories: list[Any], given: Skeleton | None
) -> tuple[Skeleton | None, dict[int, bool]]:
    """Return the skeleton of a file, None if it has no categories, and which of them have it.

    Raises:
        ValueError: there is none, or several, or another than the given one.
    """
    names = {fields.whole_number(category, "id"): _names(category) for category in categories}
    different = dict.fromkeys(filter(None, names.values()))
    if not different:
        if categories and given is None:
            raise ValueError("name no keypoints, so name the skeleton: skeleton=...")
        return given, dict.fromkeys(names, True)
    if len(different) > 1:
        raise ValueError(
            "have different keypoints, and a result has one skeleton; split the file by category"
        )
    (keypoints,) = different
    wanted = {identity: bool(its) for identity, its in names.items()}
    if given is not None:
        if given.keypoints != keypoints:
            raise ValueError(f"name other keypoints than those of {given.name!r}")
        return given, wanted
    for known in catalogue.values():
        if known.keypoints == keypoints:
            return known, wanted
    category = next(category for category in categories if _names(category))
    return Skeleton(f"coco:{category.get('name')}", keypoints, _links(category)), wanted


def _names(category: Any) -> tuple[str, ...]:
    names = category.get("keypoints", []) if isinstance(category, Mapping) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"keypoints must be a list of names, got {fields.shown(category)}")
    return tuple(names)


def _links(category: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = category["keypoints"]
    try:
        # counted from 1
        pairs = [
            (int(first) - 1, int(second) - 1) for first, second in category.get("skeleton", [])
        ]
        if any(index < 0 for pair in pairs for index in pair):
            raise IndexError
        return [(names[first], names[second]) for first, second in pairs]
    except (TypeError, ValueError, IndexError):
        raise ValueError(
            f"skeleton must be pairs of numbers from 1 to {len(names)}, "
            f"got {fields.shown(category['skeleton'])}"
        ) from None


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    if image.get("width") is None and image.get("height") is None:
        return None
    return fields.whole_number(image, "width"), fields.whole_number(image, "height")


def _row(annotation: Mapping[str, Any], count: int) -> bytes:
    """Return one person; a point of visibility 0 is not labelled, whatever its x and y."""
    points = fields.numbers(annotation, "keypoints", 3 * count).reshape(count, 3)
    visibility = points[:, 2]
    if not np.isin(visibility, (0, 1, 2)).all():
        raise ValueError("keypoints must have a visibility of 0, 1 or 2")
    points[visibility == 0, :2] = np.nan
    scores = np.full(count, np.nan)
    if "keypoint_scores" in annotation:
        scores = fields.numbers_or_null(annotation, "keypoint_scores", count)
    scores[visibility == 0] = 0
    score = annotation.get("score")
    return pack(
        points[:, :2],
        scores,
        box_of(annotation),
        np.nan if score is None else fields.number(annotation, "score"),
    )


def write(records: Iterable[Record], path: Path) -> None:
    """Write pictures and people; pictures without an id are numbered from 1."""
    with (
        open_atomically(path) as file,
        tempfile.TemporaryFile() as images,
        Seen() as names,
        Seen() as identities,
    ):
        people = 0
        skeleton: Skeleton | None = None
        numbered = None
        file.write(b'{"info": {"description": "written by posehub"},\n"annotations": [')
        for count, record in enumerate(of_one_skeleton(records, path)):
            skeleton = record.people.skeleton
            if numbered is None:
                numbered = record.image_id is not None
            with located(path, f"picture {record}"):
                identity = _identity(record, count + 1, numbered)
                if not record.image:
                    raise ValueError("has no file name, which COCO files need")
                if not names.add(record.image):
                    raise ValueError("comes twice")
                if not identities.add(identity):
                    raise ValueError(f"image_id {identity} comes twice")
                annotations = list(_annotations(record, identity, people + 1))
            _write_element(images, _image(record, identity), first=count == 0)
            for annotation in annotations:
                _write_element(file, annotation, first=people == 0)
                people += 1
        file.write(b'],\n"images": [')
        images.seek(0)
        shutil.copyfileobj(images, file)
        file.write(b'],\n"categories": ')
        file.write(json.dumps([] if skeleton is None else [_category(skeleton)]).encode())
        file.write(b"}\n")


def _identity(record: Record, number: int, numbered: bool) -> int:
    if (record.image_id is not None) != numbered:
        raise ValueError("pictures must all have an image_id, or none of them")
    return number if record.image_id is None else record.image_id


def _image(record: Record, identity: int) -> dict[str, Any]:
    image: dict[str, Any] = {"id": identity, "file_name": record.image}
    if record.people.image_size is not None:
        image["width"], image["height"] = record.people.image_size
    return image


def _annotations(record: Record, image_id: int, first: int) -> Iterator[dict[str, Any]]:
    result = record.people
    reported = ~np.isnan(result.keypoints[..., 0])
    columns = zip(
        triples_to_write(result, np.where(reported, 2, 0)),
        reported.sum(axis=1).tolist(),
        result.scores.tolist(),
        boxes_to_write(result).tolist(),
        result.box_scores.tolist(),
        strict=True,
    )
    for number, (keypoints, count, scores, box, score) in enumerate(columns, first):
        yield {
            "id": number,
            "image_id": image_id,
            "category_id": _CATEGORY,
            "keypoints": keypoints,
            "num_keypoints": count,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "score": fields.null(score),
            "keypoint_scores": [fields.null(value) for value in scores],
        }


def _category(skeleton: Skeleton) -> dict[str, Any]:
    return {
        "id": _CATEGORY,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(skeleton.keypoints),
        "skeleton": [
            [skeleton.index(first) + 1, skeleton.index(second) + 1]
            for first, second in skeleton.links
        ],
    }


def _write_element(file: IO[bytes], value: dict[str, Any], *, first: bool) -> None:
    file.write(b"\n" if first else b",\n")
    file.write(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
