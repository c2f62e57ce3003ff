"""COCO keypoint AP with the reference evaluation, pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ANNOTATIONS = "person_keypoints.json"

PIXEL_CENTRE = 0.5
"""COCO's keypoints are indices of pixels; posehub counts from the left edge of the first pixel, so
the centre of pixel i is at i + 0.5."""

Person = tuple[np.ndarray, float]
"""COCO's 17 points (17, 2) in posehub's coordinates, and the person's score."""


def images(folder: Path) -> list[Path]:
    """Return the labelled images: those that the annotations name."""
    labelled = json.loads((folder / ANNOTATIONS).read_text())["images"]
    return [folder / image["file_name"] for image in labelled]


def average_precision(folder: Path, people_in: Callable[[Path], Iterable[Person]]) -> float:
    """Return AP over OKS 0.50:0.95, all areas, at most 20 people per image."""
    annotations = folder / ANNOTATIONS
    found: list[dict[str, Any]] = []
    for image in json.loads(annotations.read_text())["images"]:
        for points, score in people_in(folder / image["file_name"]):
            # the evaluation does not use the scores of points
            triples = np.concatenate([points - PIXEL_CENTRE, np.ones((len(points), 1))], axis=1)
            keypoints = triples.astype(float).ravel().tolist()
            found.append(
                {
                    "image_id": image["id"],
                    "category_id": 1,
                    "keypoints": keypoints,
                    "score": score,
                }
            )
    if not found:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(annotations))
        evaluation = COCOeval(truth, truth.loadRes(found), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])
