"""Found people beside the truth: of which picture, on which skeleton, how sure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import ConfigError, nearest
from posehub.evaluation.matching import Floats
from posehub.evaluation.sources import Named, read_named
from posehub.evaluation.truth import Truth, numbers, read_json
from posehub.poses.result import PoseResult


@frozen(eq=False)
class Predictions:
    """N found people.

    Attributes:
        image_ids: (N,), of the truth's pictures.
        keypoints: (N, K, 2) on the truth's skeleton, pixels, NaN where not found; float64, so
            that numbers from a COCO file are measured as they are.
        point_scores: (N, K), NaN where there is none.
        scores: (N,).
        answered: how many of the truth's pictures the file speaks of, or None if it cannot say
            that nobody is in a picture.
    """

    image_ids: Any
    keypoints: Floats
    point_scores: Floats
    scores: Floats
    answered: int | None = None


def read_predictions(path: Path, truth: Truth) -> Predictions:
    """Return the people of a results file: COCO results (a JSON array) or posehub's own lines.

    Raises:
        ConfigError: the file is malformed, or about pictures the truth does not have.
    """
    if _is_array(path):
        return from_coco(read_json(path), truth, str(path))
    return from_results(read_named(path), truth, str(path))


def from_coco(people: Any, truth: Truth, where: str) -> Predictions:
    """Return the people of COCO results: image_id, category_id, keypoints (x, y, score), score.

    A point at (0, 0) is not found, as COCO writes it. Other categories are passed over.

    Raises:
        ConfigError: an entry is malformed or about an unknown picture; names it.
    """
    points = len(truth.skeleton)
    rows, image_ids, scores = [], [], []
    for number, person in enumerate(people):
        spot = f"{where}: [{number}]"
        if not isinstance(person, Mapping):
            raise ConfigError(f"{spot}: must be an object, got {type(person).__name__}")
        if person.get("category_id", truth.category) != truth.category:
            continue
        image = person.get("image_id")
        if image not in truth.images:
            raise ConfigError(f"{spot}: image_id {image!r} is not in the truth")
        rows.append(numbers(person, "keypoints", 3 * points, spot))
        scores.append(numbers({"score": [person.get("score")]}, "score", 1, spot)[0])
        image_ids.append(image)
    values = np.asarray(rows, np.float64).reshape(len(rows), points, 3)
    missing = (values[..., :2] == 0).all(axis=2)
    point_scores = values[..., 2].copy()
    point_scores[missing | (point_scores < 0) | (point_scores > 1)] = np.nan
    return Predictions(
        image_ids=np.asarray(image_ids, np.int64),
        keypoints=np.where(missing[..., None], np.nan, values[..., :2]),
        point_scores=point_scores,
        scores=np.asarray(scores, np.float64),
    )


def from_results(results: Iterable[Named], truth: Truth, where: str) -> Predictions:
    """Return the people of posehub's results, whose pictures are found by their file names.

    Another skeleton is converted to the truth's. A person without a score counts with the mean
    score of the points, and with 1 if those have none.

    Raises:
        ConfigError: a picture is not in the truth, or two results are about one picture.
    """
    ids = image_ids_by_name(truth.images)
    seen: dict[int, str] = {}
    parts: list[tuple[int, PoseResult]] = []
    for named in results:
        identity = _identity(named.image, ids, where)
        if identity in seen:
            raise ConfigError(
                f"{where}: {seen[identity]!r} and {named.image!r} are one picture of the truth"
            )
        seen[identity] = named.image
        if named.result is not None:
            converted = named.result
            if converted.skeleton != truth.skeleton:
                converted = converted.to(truth.skeleton)
            parts.append((identity, converted))
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
        answered=len(seen),
    )


def image_ids_by_name(images: Mapping[int, str]) -> dict[str, int]:
    """Return the ids by file name, and by its last part where that is nobody else's."""
    last_parts = [PurePath(name).name for name in images.values()]
    unique = {name for name in last_parts if last_parts.count(name) == 1}
    short = {part: i for i, part in zip(images, last_parts, strict=True) if part in unique}
    return short | {name: identity for identity, name in images.items()}


def _identity(image: str, ids: Mapping[str, int], where: str) -> int:
    for name in (image, PurePath(image).name):
        if name in ids:
            return ids[name]
    raise ConfigError(
        f"{where}: picture {image!r} is not in the truth.{nearest(PurePath(image).name, ids)}"
    )


def _joined(arrays: list[Any], empty: tuple[int, ...]) -> Floats:
    return np.concatenate([np.empty(empty), *arrays]).astype(np.float64)


def _person_scores(scores: Floats, point_scores: Floats) -> Floats:
    given = ~np.isnan(point_scores)
    total = np.where(given, point_scores, 0.0).sum(axis=1)
    means = np.where(given.any(axis=1), total / np.maximum(given.sum(axis=1), 1), 1.0)
    return np.where(np.isnan(scores), means, scores)


def _is_array(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(100).lstrip().startswith("[")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {path}: {error}") from error
