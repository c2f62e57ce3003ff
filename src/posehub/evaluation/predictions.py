"""Detected people beside the truth: of which image, on the truth's skeleton, with scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import ConfigError, nearest
from posehub.evaluation.matching import Floats
from posehub.evaluation.sources import read_records
from posehub.evaluation.truth import Truth
from posehub.formats.coco_file import (
    CocoPerson,
    missing_in_results,
    read_results,
    scores_in_results,
)
from posehub.formats.faults import disk_faults
from posehub.formats.table import of_source
from posehub.poses.record import Record
from posehub.poses.result import PoseResult


@frozen(eq=False)
class Predictions:
    """N detected people.

    Attributes:
        image_ids: (N,), of the truth's images.
        keypoints: (N, K, 2) on the truth's skeleton, pixels, NaN where not reported; float64, so
            that the numbers of a COCO file are measured as they are.
        point_scores: (N, K), NaN where there is none.
        scores: (N,).
        images_with_results: number of the truth's images that the results contain, also without
            people; None if the format cannot tell.
        failed: number of the truth's images that failed when the results were written.
    """

    image_ids: Any
    keypoints: Floats
    point_scores: Floats
    scores: Floats
    images_with_results: int | None = None
    failed: int = 0


def read_predictions(path: Path, truth: Truth) -> Predictions:
    """Return the people of a results file in any format that shows in its name or content.

    Raises:
        ConfigError: the format does not show, or an image is not in the truth.
        FormatError: the file cannot be read or is malformed.
    """
    with disk_faults(path, "read"):
        format = of_source(path)
        if format.name == "coco-results":  # which `posehub.read` would round to float32
            return from_coco(path, truth)
    return from_results(read_records(path), truth, str(path))


def from_coco(path: Path, truth: Truth) -> Predictions:
    """Return the people of a COCO results file; entries of other categories are skipped.

    Raises:
        ConfigError: an image is not in the truth.
        FormatError: an entry is malformed; names it.
    """
    people: list[CocoPerson] = []
    for entry, person in read_results(path, len(truth.skeleton), truth.category):
        if person.image_id not in truth.images:
            raise ConfigError(f"{path}: {entry}: image_id {person.image_id} is not in the truth")
        people.append(person)
    shape = (len(people), len(truth.skeleton), 3)
    values = np.asarray([person.keypoints for person in people], np.float64).reshape(shape)
    missing = missing_in_results(values)
    return Predictions(
        image_ids=np.asarray([person.image_id for person in people], np.int64),
        keypoints=np.where(missing[..., None], np.nan, values[..., :2]),
        point_scores=np.where(missing, np.nan, scores_in_results(values)),
        scores=np.asarray([person.score for person in people], np.float64),
    )


def from_results(records: Iterable[Record], truth: Truth, where: str) -> Predictions:
    """Return the people of records, whose images are found by their file names.

    Another skeleton is converted to the truth's. A person without a score counts with the mean
    score of the keypoints, and with 1 if those have none. A failed image has no people.

    Raises:
        ConfigError: an image is not in the truth, or two records are of one image of it.
    """
    ids = image_ids_by_name(truth.images)
    seen: dict[int, str] = {}
    parts: list[tuple[int, PoseResult]] = []
    for record in records:
        image_id = _image_id(record.image, ids, where)
        if image_id in seen:
            raise ConfigError(
                f"{where}: {seen[image_id]!r} and {record.image!r} are one image of the truth"
            )
        seen[image_id] = record.image
        if record.result is not None:
            converted = record.result
            if converted.skeleton != truth.skeleton:
                converted = converted.to(truth.skeleton)
            parts.append((image_id, converted))
    counts = [len(result) for _, result in parts]
    points = len(truth.skeleton)
    point_scores = _joined([r.scores for _, r in parts], (0, points))
    keypoints = _joined([r.keypoints for _, r in parts], (0, points, 2))
    point_scores[np.isnan(keypoints[..., 0])] = np.nan
    return Predictions(
        image_ids=np.repeat(np.asarray([i for i, _ in parts], np.int64), counts),
        keypoints=keypoints,
        point_scores=point_scores,
        scores=_person_scores(_joined([r.box_scores for _, r in parts], (0,)), point_scores),
        images_with_results=len(parts),
        failed=len(seen) - len(parts),
    )


def image_ids_by_name(images: Mapping[int, str]) -> dict[str, int]:
    """Return the ids by file name, and by its last part where no other image has the same."""
    last_parts = {image_id: PurePath(name).name for image_id, name in images.items()}
    counts = Counter(last_parts.values())
    short = {part: image_id for image_id, part in last_parts.items() if counts[part] == 1}
    return short | {name: image_id for image_id, name in images.items()}


def _image_id(image: str, ids: Mapping[str, int], where: str) -> int:
    for name in (image, PurePath(image).name):
        if name in ids:
            return ids[name]
    raise ConfigError(
        f"{where}: image {image!r} is not in the truth.{nearest(PurePath(image).name, ids)}"
    )


def _joined(arrays: Sequence[Any], empty: tuple[int, ...]) -> Floats:
    return np.concatenate([np.empty(empty), *arrays]).astype(np.float64)


def _person_scores(scores: Floats, point_scores: Floats) -> Floats:
    given = ~np.isnan(point_scores)
    total = np.where(given, point_scores, 0.0).sum(axis=1)
    means = np.where(given.any(axis=1), total / np.maximum(given.sum(axis=1), 1), 1.0)
    return np.where(np.isnan(scores), means, scores)
