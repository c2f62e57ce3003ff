"""Annotated people: COCO's keypoint annotations, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import FormatError
from posehub.evaluation.matching import Floats
from posehub.formats.coco_file import (
    CocoPerson,
    read_annotations,
    read_categories,
    read_images,
)
from posehub.formats.faults import disk_faults
from posehub.poses.skeleton import Skeleton


@frozen(eq=False)
class Truth:
    """The annotated people of a data set.

    Attributes:
        images: file name of each image, by its id.
        skeleton: the one whose keypoint names the file has, else one made from them.
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
    skeleton: Skeleton
    category: int
    annotations: list[dict[str, Any]]
    keypoints: Floats
    areas: Floats
    boxes: Floats
    image_ids: Any
    counted: Any
    heads: Floats


def read_truth(path: Path) -> Truth:
    """Return the annotated people of a COCO keypoint file.

    Raises:
        FormatError: the file cannot be read or is malformed; names file, entry and field.
    """
    with disk_faults(path, "read"):
        categories = read_categories(path, None)
        able = [number for number, its in categories.with_keypoints.items() if its]
        if categories.skeleton is None or len(able) != 1:
            raise FormatError(
                f"{path}: one category must name keypoints, and {len(able)} do, so that it is "
                "unknown whom to measure"
            )
        known: set[int] = set()
        images = {image.image_id: image.name for image in read_images(path, known)}
        people = []
        for entry, person in read_annotations(path, categories, known):
            _refuse_unmeasurable(person, f"{path}: {entry}")
            people.append(person)
    return _truth(images, categories.skeleton, able[0], people)


def _refuse_unmeasurable(person: CocoPerson, where: str) -> None:
    if np.isnan(person.box).any():
        raise FormatError(f"{where}: has no 'bbox'")
    if np.isnan(person.area):
        raise FormatError(f"{where}: has no 'area'")


def _truth(
    images: dict[int, str], skeleton: Skeleton, category: int, people: Sequence[CocoPerson]
) -> Truth:
    count = len(people)
    points = np.asarray([person.keypoints for person in people], np.float64)
    points = points.reshape(count, len(skeleton), 3)
    keypoints = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    boxes = np.asarray([person.box for person in people], np.float64).reshape(count, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Truth(
        images=images,
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
