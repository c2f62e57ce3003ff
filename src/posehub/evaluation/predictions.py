"""Detected people beside the truth: of which image, on the truth's skeleton, with scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import ConfigError, nearest
from posehub.evaluation.matching import Floats
from posehub.evaluation.sources import read_records
from posehub.evaluation.truth import Truth
from posehub.formats.coco_file import (
    missing_in_results,
    read_results,
    scores_in_results,
)
from posehub.formats.faults import disk_faults
from posehub.formats.fields import shown
from posehub.formats.notes import Notes
from posehub.formats.table import of_source
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton


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


def read_predictions(
    path: Path,
    truth: Truth,
    *,
    skeleton: Skeleton | None = None,
    notes: Notes | None = None,
) -> Predictions:
    """Return the people of a results file or folder in any format that `posehub.read` reads.

    Args:
        path: of the file or folder.
        truth: what is measured against.
        skeleton: of a file that does not name it; of COCO results that of the truth if not given.
        notes: gets what is skipped.

    Raises:
        ConfigError: the format does not show, or an image is not in the truth.
        FormatError: the file cannot be read or is malformed.
    """
    notes = notes or Notes()
    with disk_faults(path, "read"):
        format = of_source(path)
        # `posehub.read` would round the numbers to float32
        if format.name == "coco-results" and skeleton in (None, truth.skeleton):
            return from_coco(path, truth, notes)
    records = read_records(path, skeleton=skeleton, notes=notes)
    return from_results(records, truth, str(path))


def from_coco(path: Path, truth: Truth, notes: Notes | None = None) -> Predictions:
    """Return the people of a COCO results file; entries of other categories are skipped.

    Raises:
        ConfigError: an image is not in the truth.
        FormatError: no entry is well-formed.
    """
    names = ImageNames(truth.images)
    unknown: list[Any] = []

    def image_id(entry: Any) -> int:
        found = truth.ids.find(entry, "image_id")
        given = entry["image_id"]
        if found is None and isinstance(given, str):  # AlphaPose writes file names
            found = names.find(given)
        if found is None:
            unknown.append(given)
            return 0
        return found

    def counts(entry: Any) -> bool:
        if not isinstance(entry, dict) or entry.get("category_id") is None:
            return True
        return truth.categories.find(entry, "category_id") == truth.category

    people = []
    for entry, person in read_results(path, truth.skeleton, image_id, notes or Notes(), counts):
        if unknown:
            given = shown(unknown[0])
            raise ConfigError(f"{path}: {entry}: image_id {given} is not in the truth")
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
    names = ImageNames(truth.images)
    seen: dict[int, str] = {}
    parts: list[tuple[int, PoseResult]] = []
    reported = kept = 0
    for record in records:
        image_id = _image_id(record, truth, names, where)
        if image_id in seen:
            raise ConfigError(
                f"{where}: {seen[image_id]!r} and {record.image!r} are one image of the truth"
            )
        seen[image_id] = record.image
        if record.result is not None:
            converted = record.result
            if converted.skeleton != truth.skeleton:
                converted = converted.to(truth.skeleton)
                reported += int(np.isfinite(record.result.keypoints[..., 0]).sum())
                kept += int(np.isfinite(converted.keypoints[..., 0]).sum())
            parts.append((image_id, converted))
    if reported and not kept:
        raise ConfigError(
            f"{where}: no keypoint of the results is one of {truth.skeleton.name}; name the "
            "skeleton of the results"
        )
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


class ImageNames:
    """The images of a data set, found by the ends of their paths.

    Args:
        images: file name of each image, by its id.
    """

    def __init__(self, images: Mapping[int, str]) -> None:
        self._exact = {name: image_id for image_id, name in images.items()}
        self._folders = {image_id: path_of(name)[:-1] for image_id, name in images.items()}
        self._by_name: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}  # formats of a file for each image keep no suffix
        for image_id, name in images.items():
            last = _last(name)
            self._by_name.setdefault(last, []).append(image_id)
            self._by_stem.setdefault(PurePath(last).stem, []).append(image_id)

    def find(self, name: str) -> int | None:
        """Return the image whose path has the longest common end with this one.

        None if there is no such image, or if several have as long a common end.
        """
        if name in self._exact:
            return self._exact[name]
        folders = path_of(name)[:-1]
        common = {n: _common_end(self._folders[n], folders) for n in self.alike(name)}
        best = [number for number, length in common.items() if length == max(common.values())]
        return best[0] if len(best) == 1 else None

    def alike(self, name: str) -> list[int]:
        """Return the images whose last part of the path is that of `name`."""
        last = _last(name)
        return self._by_name.get(last) or self._by_stem.get(last, [])

    def hint(self, name: str) -> str:
        """Return what to do about an image that is not found, as a sentence, or ""."""
        alike = len(self.alike(name))
        if alike > 1:
            return f" {alike} images there are called {_last(name)!r}: results need their folders."
        return nearest(_last(name), self._by_name)


def _last(name: str) -> str:
    return path_of(name)[-1] if path_of(name) else name


def path_of(name: str) -> tuple[str, ...]:
    """Return the parts of a path, written with slashes or with the backslashes of Windows."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _image_id(record: Record, truth: Truth, names: ImageNames, where: str) -> int:
    """Return the image of a record: by its name; without one by its id, or by its frame."""
    if record.image:
        found = names.find(record.image)
    elif record.image_id is not None:
        found = record.image_id if record.image_id in truth.images else None
    else:
        found = truth.frames.get(-1 if record.frame is None else record.frame)
    if found is None:
        what = "" if record.image or record.frame is None else f" (frame {record.frame})"
        hint = names.hint(record.image) if record.image else ""
        raise ConfigError(f"{where}: image {record}{what} is not in the truth.{hint}")
    return found


def _joined(arrays: Sequence[Any], empty: tuple[int, ...]) -> Floats:
    return np.concatenate([np.empty(empty), *arrays]).astype(np.float64)


def _person_scores(scores: Floats, point_scores: Floats) -> Floats:
    given = ~np.isnan(point_scores)
    total = np.where(given, point_scores, 0.0).sum(axis=1)
    means = np.where(given.any(axis=1), total / np.maximum(given.sum(axis=1), 1), 1.0)
    return np.where(np.isnan(scores), means, scores)
