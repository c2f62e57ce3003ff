"""Results against the truth: everything `posehub evaluate` tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

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
from posehub.poses.oks import oks_matrix, point_similarity, sigmas_of

RIGHT_OKS = 0.5
"""A person, or a point by its term in OKS, is right from here on: COCO's loosest threshold."""


@frozen
class Evaluation:
    """How good results are.

    Attributes:
        pictures: in the truth.
        answered: pictures the results speak of; None if their format cannot tell.
        people: annotated ones that count: no crowds, at least one labelled point.
        found: people in the results.
        matched: annotated people paired with a found one.
        skeleton: name of the truth's skeleton.
        precision: COCO's AP and AR, or None if the skeleton has no published sigmas.
        pck: by share of the box's longer side; see `posehub.evaluation.pck.correct_share`.
        pckh: PCKh@0.5, or None if the truth has no head length: it needs the points head_top (or
            top_head) and upper_neck (or neck).
        keypoints: the errors of each keypoint.
        point_calibration: of the scores of points that are labelled, in matched people; a point is
            right if its term in OKS is at least 0.5.
        person_calibration: of the scores of people; one is right if paired at an OKS of at least
            0.5. COCO's ignored people are no help to a found one here.
    """

    pictures: int
    answered: int | None
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
    """For each of M counted annotated people, the row of the found person, or -1, and their OKS."""

    rows: NDArray[np.int64]
    oks: Floats


def evaluate(results: str | Path, truth: str | Path) -> Evaluation:
    """Return how good the results of a file are against COCO annotations.

    People are paired within each picture by OKS with the Hungarian method, for everything but AP
    and AR, which pycocotools computes with its own greedy pairing.

    Args:
        results: COCO results (a JSON array), or the lines of `posehub detect --json`.
        truth: COCO keypoint annotations.

    Raises:
        ConfigError: a file is malformed, or the results are about other pictures.
        MissingDependencyError: the extra `evaluate` is not installed.
    """
    annotated = read_truth(Path(truth))
    return measure(annotated, read_predictions(Path(results), annotated))


def measure(truth: Truth, predictions: Predictions) -> Evaluation:
    """Do as `evaluate`, with what has been read."""
    matches = match(truth, predictions)
    counted = truth.counted
    sigmas = sigmas_of(truth.skeleton)
    labelled = ~np.isnan(truth.keypoints[counted][..., 0])
    areas = truth.areas[counted] + np.spacing(1)
    sides = (truth.boxes[:, 2:] - truth.boxes[:, :2]).max(axis=1, initial=0.0)[counted]
    there = matches.rows >= 0
    gaps = np.full((*labelled.shape, 2), np.nan)
    found = predictions.keypoints[matches.rows[there]]
    gaps[there] = found - truth.keypoints[counted][there]
    distances = np.linalg.norm(gaps, axis=2)
    similarity = point_similarity(gaps, areas, sigmas)
    point_scores = np.full(labelled.shape, np.nan)
    point_scores[there] = predictions.point_scores[matches.rows[there]]
    point_scores[~labelled] = np.nan
    right_people = np.zeros(len(predictions.scores), np.bool_)
    right_people[matches.rows[matches.oks >= RIGHT_OKS]] = True
    return Evaluation(
        pictures=len(truth.images),
        answered=predictions.answered,
        people=int(counted.sum()),
        found=len(predictions.scores),
        matched=int(there.sum()),
        skeleton=truth.skeleton.name,
        precision=None if truth.skeleton.sigmas is None else coco_precision(truth, predictions),
        pck={share: correct_share(distances, labelled, share * sides) for share in PCK_SHARES},
        pckh=correct_share(distances, labelled, PCKH_SHARE * truth.heads[counted]),
        keypoints=keypoint_errors(truth.skeleton.keypoints, distances, labelled, similarity, sides),
        point_calibration=calibrate(point_scores.ravel(), (similarity >= RIGHT_OKS).ravel()),
        person_calibration=calibrate(predictions.scores, right_people),
    )


def match(truth: Truth, predictions: Predictions) -> Matches:
    """Pair the counted annotated people with the found ones, picture by picture."""
    counted = np.flatnonzero(truth.counted)
    rows = np.full(len(counted), -1, np.int64)
    oks = np.full(len(counted), np.nan)
    sigmas = sigmas_of(truth.skeleton)
    found_in = _by_picture(predictions.image_ids)
    for image, places in _by_picture(truth.image_ids[counted]).items():
        found = found_in.get(image)
        if found is None:
            continue
        people = counted[places]
        refuse_crowd(max(len(found), len(people)))
        matrix = oks_matrix(
            predictions.keypoints[found],
            truth.keypoints[people],
            truth.areas[people] + np.spacing(1),
            sigmas,
        )
        for row, column in pair(matrix):
            rows[places[column]] = found[row]
            oks[places[column]] = matrix[row, column]
    return Matches(rows, oks)


def _by_picture(image_ids: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return the rows of each picture."""
    order = np.argsort(image_ids, kind="stable")
    pictures, starts = np.unique(image_ids[order], return_index=True)
    return dict(zip(pictures.tolist(), np.split(order, starts[1:]), strict=False))
