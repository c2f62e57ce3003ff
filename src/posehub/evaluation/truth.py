"""Annotated people: COCO's keypoint annotations, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from posehub.errors import FormatError
from posehub.evaluation.matching import Floats
from posehub.formats.coco_categories import Categories, read_categories
from posehub.formats.coco_file import CocoImage, CocoPerson, read_annotations, read_images
from posehub.formats.faults import disk_faults
from posehub.formats.ids import Ids
from posehub.formats.notes import Notes
from posehub.poses.skeleton import Skeleton

AREA_OF_BOX = 0.53
"""Share of a box that is taken for the person's area where a data set publishes none, as
xtcocotools does with `use_area=False`, and MMPose through it."""


@frozen(eq=False)
class Truth:
    """The annotated people of a data set.

    Attributes:
        images: file name of each image, by its id.
        ids: the images' ids as the file has them.
        categories: the categories' ids as the file has them.
        frames: id of each image, by its index in the film, where the file has it.
        skeleton: the one that is named, else the one whose keypoint names the file has, else one
            made from them.
        category: id of the person category.
        annotations: the people as pycocotools takes them, with the numbers of the file. Their ids
            are counted from 1, because COCO's evaluation takes the id 0 for "not matched".
        keypoints: (N, K, 2), pixels, NaN where not labelled.
        areas: (N,), square pixels, as annotated.
        boxes: (N, 4), x1, y1, x2, y2.
        image_ids: (N,) of the people's images.
        counted: (N,), False for crowds and people without a labelled keypoint.
        heads: (N,), pixels: the length of the head for PCKh, NaN where unknown.
    """

    images: dict[int, str]
    ids: Ids
    categories: Ids
    frames: dict[int, int]
    skeleton: Skeleton
    category: int
    annotations: list[dict[str, Any]]
    keypoints: Floats
    areas: Floats
    boxes: Floats
    image_ids: Any
    counted: Any
    heads: Floats


def read_truth(
    path: Path,
    *,
    skeleton: Skeleton | None = None,
    category: str | None = None,
    notes: Notes | None = None,
) -> Truth:
    """Return the annotated people of a COCO keypoint file.

    Args:
        path: of the file.
        skeleton: the one of the annotations, if the file's names do not show it.
        category: name of the category to measure, if several have keypoints.
        notes: gets entries that are skipped, and boxes and areas that are computed.

    Raises:
        FormatError: the file cannot be read or is malformed; names file, entry and field.
    """
    notes = notes or Notes()
    with disk_faults(path, "read"):
        categories = read_categories(path, skeleton, notes, name=category)
        able = [number for number, its in categories.with_keypoints.items() if its]
        if categories.skeleton is None or len(able) != 1:
            raise FormatError(
                f"{path}: one category must name keypoints, and {len(able)} do, so that it is "
                "unknown whom to measure; name the category"
            )
        ids = Ids()
        images = {image.image_id: image for image in read_images(path, ids, notes)}
        people = [
            _measurable(person, f"{path}: {entry}", notes)
            for entry, person in read_annotations(path, categories, ids, notes)
        ]
    return _truth(images, categories, able[0], people, ids)


def _measurable(person: CocoPerson, where: str, notes: Notes) -> CocoPerson:
    """Return a person with box and area; what is missing is computed."""
    if np.isnan(person.box).any():
        notes.add("boxes computed as the extent of the keypoints", where, "has no 'bbox'")
        points = person.keypoints[person.keypoints[:, 2] > 0, :2]
        first, last = (points.min(axis=0), points.max(axis=0)) if len(points) else (0.0, 0.0)
        box = np.concatenate([np.broadcast_to(first, 2), np.broadcast_to(last - first, 2)])
        person = evolve(person, box=box)
    if np.isnan(person.area):
        kind = f"areas computed as {AREA_OF_BOX} of the box"
        notes.add(kind, where, "has no 'area'")
        person = evolve(person, area=float(AREA_OF_BOX * person.box[2] * person.box[3]))
    return person


def _truth(
    images: dict[int, CocoImage],
    categories: Categories,
    category: int,
    people: Sequence[CocoPerson],
    ids: Ids,
) -> Truth:
    skeleton = categories.skeleton
    assert skeleton is not None, "checked by the caller"
    count = len(people)
    points = np.asarray([person.keypoints for person in people], np.float64)
    points = points.reshape(count, len(skeleton), 3)
    keypoints = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    boxes = np.asarray([person.box for person in people], np.float64).reshape(count, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Truth(
        images={image_id: image.name for image_id, image in images.items()},
        ids=ids,
        categories=categories.ids,
        frames={i.frame: image_id for image_id, i in images.items() if i.frame is not None},
        skeleton=skeleton,
        category=category,
        annotations=[_annotation(p, number, category) for number, p in enumerate(people, 1)],
        keypoints=keypoints,
        areas=np.asarray([person.area for person in people], np.float64),
        boxes=boxes,
        image_ids=np.asarray([person.image_id for person in people], np.int64),
        counted=np.asarray([not p.crowd and p.num_keypoints > 0 for p in people], np.bool_),
        heads=head_lengths(keypoints, skeleton),
    )


def _annotation(person: CocoPerson, number: int, category: int) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": person.image_id,
        "category_id": category,
        "keypoints": person.keypoints.ravel().tolist(),
        "num_keypoints": person.num_keypoints,
        "bbox": person.box.tolist(),
        "area": person.area,
        "iscrowd": int(person.crowd),
    }


def head_lengths(keypoints: Floats, skeleton: Skeleton) -> Floats:
    """Return the distance from the top of the head to the neck, (N,), pixels; NaN if unknown."""
    tops = [n for n in ("head_top", "top_head") if n in skeleton.keypoints]
    necks = [n for n in ("upper_neck", "neck") if n in skeleton.keypoints]
    if not tops or not necks:
        return np.full(len(keypoints), np.nan)
    top, neck = (keypoints[:, skeleton.index(names[0])] for names in (tops, necks))
    lengths: Floats = np.linalg.norm(top - neck, axis=1)
    return lengths
