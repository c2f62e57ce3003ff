"""Average precision and recall by COCO's own code, pycocotools."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.errors import ConfigError
from posehub.evaluation.predictions import Predictions
from posehub.evaluation.truth import Truth
from posehub.extras import needed

SIZES = ("all", "medium", "large")
"""Sizes of people, by their area: all; 32^2 to 96^2 square pixels; larger. COCO does not label the
keypoints of smaller people."""


@frozen
class Precision:
    """COCO's average precision and recall; None for a size that no annotated person has.

    Attributes:
        thresholds: least OKS at which a person counts as found: 0.50, 0.55, ..., 0.95.
        ap: average precision by size: the mean over all thresholds.
        ar: average recall by size: the mean over all thresholds, at most 20 people per image.
        ap_at: average precision by size, at each threshold.
        ar_at: recall by size, at each threshold.
    """

    thresholds: tuple[float, ...]
    ap: dict[str, float | None]
    ar: dict[str, float | None]
    ap_at: dict[str, tuple[float | None, ...]]
    ar_at: dict[str, tuple[float | None, ...]]


def coco_precision(truth: Truth, predictions: Predictions) -> Precision:
    """Return AP and AR as COCO's keypoint evaluation defines them (cocodataset.org).

    The numbers are exactly those of pycocotools. A keypoint that was not found is at (0, 0), as in
    COCO's results files.

    Raises:
        MissingDependencyError: pycocotools is not installed.
        ConfigError: no sigmas are published for the skeleton of the annotations, so that OKS is not
            defined.
    """
    if truth.skeleton.sigmas is None:
        raise ConfigError(
            f"AP needs sigmas, and the annotations' skeleton {truth.skeleton.name!r} has none."
        )
    coco = needed("pycocotools.coco", extra="evaluate")
    cocoeval = needed("pycocotools.cocoeval", extra="evaluate")
    # pycocotools prints its progress to stdout
    with contextlib.redirect_stdout(io.StringIO()):
        annotated = coco.COCO()
        annotated.dataset = {
            "images": [{"id": identity} for identity in truth.images],
            "annotations": [dict(annotation) for annotation in truth.annotations],
            "categories": [{"id": truth.category}],
        }
        annotated.createIndex()
        evaluation = cocoeval.COCOeval(
            annotated, _found(annotated, truth, predictions), "keypoints"
        )
        evaluation.params.kpt_oks_sigmas = np.asarray(truth.skeleton.sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
    # axes: threshold, recall level, category, size, people per image; recall has no levels
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    thresholds = range(len(evaluation.params.iouThrs))
    return Precision(
        thresholds=tuple(float(t) for t in evaluation.params.iouThrs),
        ap={size: _mean(precision[:, :, :, n, 0]) for n, size in enumerate(SIZES)},
        ar={size: _mean(recall[:, :, n, 0]) for n, size in enumerate(SIZES)},
        ap_at={
            size: tuple(_mean(precision[t, :, :, n, 0]) for t in thresholds)
            for n, size in enumerate(SIZES)
        },
        ar_at={
            size: tuple(_mean(recall[t, :, n, 0]) for t in thresholds)
            for n, size in enumerate(SIZES)
        },
    )


def _found(annotated: Any, truth: Truth, predictions: Predictions) -> Any:
    points = np.nan_to_num(predictions.keypoints)
    triples = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    people = [
        {"image_id": image, "category_id": truth.category, "keypoints": keypoints, "score": score}
        for image, keypoints, score in zip(
            predictions.image_ids.tolist(),
            triples.reshape(len(triples), 3 * len(truth.skeleton)).tolist(),
            predictions.scores.tolist(),
            strict=True,
        )
    ]
    if people:
        return annotated.loadRes(people)
    # pycocotools cannot load an empty list
    empty = type(annotated)()
    empty.dataset = {**annotated.dataset, "annotations": []}
    empty.createIndex()
    return empty


def _mean(values: NDArray[np.float64]) -> float | None:
    # -1 stands for "no annotated person of this size"
    known = values[values > -1]
    return float(np.mean(known)) if known.size else None
