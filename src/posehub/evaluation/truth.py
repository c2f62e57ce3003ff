"""Annotated people: COCO's keypoint annotations, checked before anything is measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import ConfigError
from posehub.evaluation.matching import Floats
from posehub.poses.catalogue import catalogue
from posehub.poses.skeleton import Skeleton


@frozen(eq=False)
class Truth:
    """The annotated people of a data set.

    Attributes:
        images: file name of each picture, by its id.
        skeleton: the one whose keypoint names the file has, else one made from them.
        category: id of the person category.
        annotations: the people as COCO writes them, with `num_keypoints` and `iscrowd` filled in
            and ids counted from 1: COCO's evaluation takes the id 0 for "nobody".
        keypoints: (N, K, 2), pixels, NaN where not labelled.
        areas: (N,), square pixels, as annotated.
        boxes: (N, 4), x1, y1, x2, y2.
        image_ids: (N,) of the pictures the people are in.
        counted: (N,), False for crowds and people without a labelled point.
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
        ConfigError: the file cannot be read or is malformed; names file, entry and field.
    """
    data = read_json(path)
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path}: COCO annotations are an object, got {type(data).__name__}")
    images: dict[int, str] = {}
    for number, image in enumerate(_list(data, "images", path)):
        where = f"{path}: images[{number}]"
        identity = _field(image, "id", int, where)
        if identity in images:
            raise ConfigError(f"{where}: id {identity} comes a second time")
        images[identity] = _field(image, "file_name", str, where)
    category, skeleton = _category(_list(data, "categories", path), path)
    annotations: list[dict[str, Any]] = []
    for number, annotation in enumerate(_list(data, "annotations", path)):
        where = f"{path}: annotations[{number}]"
        if _field(annotation, "category_id", int, where) == category:
            checked = _annotation(annotation, len(skeleton), images, where)
            annotations.append({**checked, "id": len(annotations) + 1})
    return _truth(images, skeleton, category, annotations)


def read_json(path: Path) -> Any:
    """Return the JSON of a file.

    Raises:
        ConfigError: the file cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error


def numbers(data: Any, key: str, length: int, where: str) -> list[float]:
    """Return a field of `length` finite numbers.

    Raises:
        ConfigError: it is something else; says where.
    """
    values: list[float] = _field(data, key, list, where)
    if len(values) != length or not all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and np.isfinite(v) for v in values
    ):
        raise ConfigError(f"{where}: {key} must be {length} finite numbers, got {values!r:.80}")
    return values


def _truth(
    images: dict[int, str], skeleton: Skeleton, category: int, annotations: list[dict[str, Any]]
) -> Truth:
    count = len(annotations)
    points = np.asarray([a["keypoints"] for a in annotations], np.float64)
    points = points.reshape(count, len(skeleton), 3)
    keypoints = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    boxes = np.asarray([a["bbox"] for a in annotations], np.float64).reshape(count, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Truth(
        images=images,
        skeleton=skeleton,
        category=category,
        annotations=annotations,
        keypoints=keypoints,
        areas=np.asarray([a["area"] for a in annotations], np.float64),
        boxes=boxes,
        image_ids=np.asarray([a["image_id"] for a in annotations], np.int64),
        counted=np.asarray(
            [not a["iscrowd"] and a["num_keypoints"] > 0 for a in annotations], np.bool_
        ),
        heads=head_lengths(keypoints, skeleton),
    )


def head_lengths(keypoints: Floats, skeleton: Skeleton) -> Floats:
    """Return the distance from the top of the head to the neck, (N,), pixels; NaN if unknown."""
    tops = [n for n in ("head_top", "top_head") if n in skeleton.keypoints]
    necks = [n for n in ("upper_neck", "neck") if n in skeleton.keypoints]
    if not tops or not necks:
        return np.full(len(keypoints), np.nan)
    top, neck = (keypoints[:, skeleton.index(names[0])] for names in (tops, necks))
    lengths: Floats = np.linalg.norm(top - neck, axis=1)
    return lengths


def _category(categories: list[Any], path: Path) -> tuple[int, Skeleton]:
    able = [c for c in categories if isinstance(c, Mapping) and c.get("keypoints")]
    if len(able) != 1:
        raise ConfigError(f"{path}: one category must name keypoints, got {len(able)}")
    names = able[0]["keypoints"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{path}: categories: keypoints must be a list of names")
    known = catalogue.values()
    match = next((skeleton for skeleton in known if skeleton.keypoints == tuple(names)), None)
    try:
        skeleton = match or Skeleton(str(able[0].get("name", "truth")), names)
    except ValueError as error:
        raise ConfigError(f"{path}: categories: {error}") from error
    return _field(able[0], "id", int, f"{path}: categories"), skeleton


def _annotation(
    annotation: Any, points: int, images: Mapping[int, str], where: str
) -> dict[str, Any]:
    image = _field(annotation, "image_id", int, where)
    if image not in images:
        raise ConfigError(f"{where}: image_id {image} is not among the images")
    keypoints = numbers(annotation, "keypoints", 3 * points, where)
    labelled = sum(visible > 0 for visible in keypoints[2::3])
    numbers(annotation, "bbox", 4, where)
    area = _field(annotation, "area", (int, float), where)
    if not np.isfinite(area) or area < 0:
        raise ConfigError(f"{where}: area must be a number of at least 0, got {area!r}")
    return {"iscrowd": 0, "num_keypoints": labelled, **annotation}


def _list(data: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    values: list[Any] = _field(data, key, list, str(path))
    return values


def _field(data: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    if not isinstance(data, Mapping) or key not in data:
        raise ConfigError(f"{where}: has no {key!r}")
    value = data[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConfigError(f"{where}: {key} must be {_named(kind)}, got {value!r:.80}")
    return value


def _named(kind: type | tuple[type, ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(k.__name__ for k in kinds)
