"""Results against annotations: everything that `posehub evaluate` reports."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.errors import ConfigError
from posehub.evaluation.calibration import Calibration, calibrate
from posehub.evaluation.coco import Precision, coco_precision
from posehub.evaluation.matching import Floats, pair, refuse_crowd
from posehub.evaluation.pck import (
    PCK_SHARES,
    PCKH_SHARE,
    KeypointError,
    correct_share,
    keypoint_errors,
)
from posehub.evaluation.predictions import Predictions, read_predictions
from posehub.evaluation.truth import Truth, read_truth
from posehub.formats.notes import Notes
from posehub.poses.catalogue import get_skeleton
from posehub.poses.oks import oks_matrix, point_similarity, sigmas_of
from posehub.poses.skeleton import Skeleton

_LOG = logging.getLogger("posehub.formats")

CORRECT_OKS = 0.5
"""A person is correct from this OKS on, and a keypoint from this value of its term in OKS: COCO's
lowest threshold."""


@frozen
class Evaluation:
    """How good results are.

    Attributes:
        images: number of annotated images.
        images_with_results: number of those that the results contain, also without people; None if
            the format of the results cannot tell.
        failed: number of annotated images that failed when the results were written.
        people: number of annotated people that count: no crowds, at least one labelled keypoint.
        found: number of people in the results.
        matched: number of annotated people paired with a found one.
        skeleton: name of the skeleton of the annotations.
        precision: COCO's AP and AR, or None if the skeleton has no published sigmas.
        pck: by share of the box's longer side; see `posehub.evaluation.pck.correct_share`.
        pckh: PCKh@0.5, or None if the annotations have no head length: it needs the keypoints
            head_top (or top_head) and upper_neck (or neck).
        keypoints: the errors of each keypoint.
        point_calibration: of the scores of keypoints that are labelled, in matched people; a
            keypoint is correct if its term in OKS is at least 0.5.
        person_calibration: of the scores of people; a person is correct if paired at an OKS of at
            least 0.5. A person paired with one that COCO ignores is not correct here.
    """

    images: int
    images_with_results: int | None
    failed: int
    people: int
    found: int
    matched: int
    skeleton: str
    precision: Precision | None
    pck: dict[float, float | None]
    pckh: float | None
    keypoints: tuple[KeypointError, ...]
    point_calibration: Calibration
    person_calibration: Calibration


@frozen(eq=False)
class Matches:
    """The found person paired with each of M counted annotated people.

    Attributes:
        rows: (M,), row of the found person, or -1 if there is none.
        oks: (M,), OKS of the pair, NaN if there is none.
    """

    rows: NDArray[np.int64]
    oks: Floats


def evaluate(
    results: str | Path,
    truth: str | Path,
    *,
    source_skeleton: str | Skeleton | None = None,
    truth_skeleton: str | Skeleton | None = None,
    category: str | None = None,
    sigmas: Sequence[float] | float | None = None,
    strict: bool = False,
    notes: Notes | None = None,
) -> Evaluation:
    """Return how good the results of a file are against COCO annotations.

    People are paired within each image by OKS with the Hungarian method, for everything but AP and
    AR, which pycocotools computes with its own greedy pairing.

    Args:
        results: a file or folder in any format that `posehub.read` reads.
        truth: COCO keypoint annotations.
        source_skeleton: of results that do not name theirs.
        truth_skeleton: of annotations whose names of keypoints do not show it.
        category: name of the category to measure, if several have keypoints.
        sigmas: one for each keypoint or one for all, for a skeleton of which none are published.
        strict: refuse odd entries, which are skipped otherwise and counted in a warning of the
            logger "posehub.formats".
        notes: counts odd entries, in the place of `strict` and of the log.

    Raises:
        ConfigError: the results are of other images, their format must be named, or the sigmas are
            not those of the keypoints.
        FormatError: a file is malformed.
        MissingDependencyError: the extra `evaluate` is not installed.
    """
    kept = notes or Notes(strict=strict)
    annotated = read_truth(
        Path(truth), skeleton=_named(truth_skeleton), category=category, notes=kept
    )
    if sigmas is not None:
        annotated = attrs.evolve(annotated, skeleton=with_sigmas(annotated.skeleton, sigmas))
    found = read_predictions(Path(results), annotated, skeleton=_named(source_skeleton), notes=kept)
    if notes is None:
        for line in kept.lines:
            _LOG.warning("%s", line)
    return measure(annotated, found)


def _named(skeleton: str | Skeleton | None) -> Skeleton | None:
    return get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton


def with_sigmas(skeleton: Skeleton, sigmas: Sequence[float] | float) -> Skeleton:
    """Return a skeleton with these sigmas, one for each keypoint or one for all.

    Raises:
        ConfigError: there are others than one for each keypoint, or one is not above 0.
    """
    values = [sigmas] if isinstance(sigmas, (int, float)) else list(sigmas)
    every = values * len(skeleton) if len(values) == 1 else values
    if len(every) != len(skeleton):
        raise ConfigError(
            f"sigmas must be one number, or {len(skeleton)} for {skeleton.name}, got {len(values)}"
        )
    if not all(0 < value < math.inf for value in every):
        raise ConfigError(f"sigmas must be above 0, got {every}")
    return attrs.evolve(skeleton, sigmas=every)


def measure(truth: Truth, predictions: Predictions) -> Evaluation:
    """Return how good predictions are; see `evaluate`."""
    matches = match(truth, predictions)
    counted = truth.counted
    labelled = ~np.isnan(truth.keypoints[counted][..., 0])
    sides = (truth.boxes[:, 2:] - truth.boxes[:, :2]).max(axis=1, initial=0.0)[counted]
    paired = matches.rows >= 0
    offsets = np.full((*labelled.shape, 2), np.nan)
    found = predictions.keypoints[matches.rows[paired]]
    offsets[paired] = found - truth.keypoints[counted][paired]
    distances = np.linalg.norm(offsets, axis=2)
    similarity = point_similarity(offsets, _areas(truth)[counted], sigmas_of(truth.skeleton))
    point_scores = np.full(labelled.shape, np.nan)
    point_scores[paired] = predictions.point_scores[matches.rows[paired]]
    point_scores[~labelled] = np.nan
    correct_people = np.zeros(len(predictions.scores), np.bool_)
    correct_people[matches.rows[matches.oks >= CORRECT_OKS]] = True
    return Evaluation(
        images=len(truth.images),
        images_with_results=predictions.images_with_results,
        failed=predictions.failed,
        people=int(counted.sum()),
        found=len(predictions.scores),
        matched=int(paired.sum()),
        skeleton=truth.skeleton.name,
        precision=None if truth.skeleton.sigmas is None else coco_precision(truth, predictions),
        pck={share: correct_share(distances, labelled, share * sides) for share in PCK_SHARES},
        pckh=correct_share(distances, labelled, PCKH_SHARE * truth.heads[counted]),
        keypoints=keypoint_errors(truth.skeleton.keypoints, distances, labelled, similarity, sides),
        point_calibration=calibrate(point_scores.ravel(), (similarity >= CORRECT_OKS).ravel()),
        person_calibration=calibrate(predictions.scores, correct_people),
    )


def match(truth: Truth, predictions: Predictions) -> Matches:
    """Pair the counted annotated people with the found ones, image by image."""
    counted = np.flatnonzero(truth.counted)
    rows = np.full(len(counted), -1, np.int64)
    oks = np.full(len(counted), np.nan)
    areas, sigmas = _areas(truth), sigmas_of(truth.skeleton)
    found_in = _by_image(predictions.image_ids)
    for image, places in _by_image(truth.image_ids[counted]).items():
        found = found_in.get(image)
        if found is None:
            continue
        people = counted[places]
        refuse_crowd(max(len(found), len(people)))
        matrix = oks_matrix(
            predictions.keypoints[found], truth.keypoints[people], areas[people], sigmas
        )
        for row, column in pair(matrix):
            rows[places[column]] = found[row]
            oks[places[column]] = matrix[row, column]
    return Matches(rows, oks)


def _areas(truth: Truth) -> Floats:
    """Return the annotated areas, (N,), a little larger: pycocotools adds the same to divide by."""
    areas: Floats = truth.areas + np.spacing(1)
    return areas


def _by_image(image_ids: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return the rows of each image."""
    order = np.argsort(image_ids, kind="stable")
    images, starts = np.unique(image_ids[order], return_index=True)
    return dict(zip(images.tolist(), np.split(order, starts[1:]), strict=False))
