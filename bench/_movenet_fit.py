"""Constants of posehub_movenet.scores, fitted to labelled photos:

    python bench/_movenet_fit.py FOLDER...

Each folder has COCO's person_keypoints.json, or only photos without people. Prints, for each mode,
the calibration and how likelihoods compare with shares that were right.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _coco import ANNOTATIONS, PIXEL_CENTRE
from PIL import Image

from posehub.poses.oks import oks_matrix, point_similarity
from posehub.poses.skeletons import COCO17
from posehub_movenet.backend import MoveNetBackend
from posehub_movenet.modes import MODES
from posehub_movenet.options import MoveNetOptions
from posehub_movenet.people import Limits, People, people_of
from posehub_movenet.scores import Calibration, keypoint_scores, person_scores

SIGMAS = np.array(COCO17.sigmas)
RIGHT = 0.5
ROUNDS = 50


def main(folders: list[Path]) -> None:
    for name in MODES:
        samples = list(_samples(name, folders))
        evidence = np.concatenate([people.evidence for people, _, _ in samples])
        values = np.concatenate([people.poses.values for people, _, _ in samples])
        persons = np.concatenate([right for _, right, _ in samples])
        points = np.concatenate([right for _, _, right in samples])
        calibration = fitted(evidence, values, persons, points)
        print(f"{name}: {calibration}")
        found = person_scores(evidence, calibration)
        _show("people", found[~np.isnan(persons)], persons[~np.isnan(persons)])
        scores = keypoint_scores(values, evidence, calibration)
        _show("keypoints", scores[~np.isnan(points)], points[~np.isnan(points)])


def fitted(
    evidence: np.ndarray, values: np.ndarray, persons: np.ndarray, points: np.ndarray
) -> Calibration:
    """Return the calibration; NaN marks what the labels say nothing about."""
    whole = np.log(np.maximum(evidence, 1e-6))
    own = np.log(np.maximum(values, 1e-6))
    known = ~np.isnan(persons)
    person = logistic(np.stack([np.ones_like(whole), whole], 1)[known], persons[known])
    terms = np.stack([np.ones_like(own), own, np.broadcast_to(whole[:, None], own.shape)], axis=2)
    known = ~np.isnan(points)
    keypoint = logistic(terms[known], points[known])
    return Calibration(tuple(person.round(2).tolist()), tuple(keypoint.round(2).tolist()))


def logistic(terms: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the coefficients of a logistic regression, by Newton's method."""
    weights = np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        likely = 1 / (1 + np.exp(-terms @ weights))
        curvature = terms.T @ (terms * (likely * (1 - likely))[:, None]) + 1e-6
        weights += np.linalg.solve(curvature, terms.T @ (right - likely))
    return weights


def _samples(mode: str, folders: list[Path]) -> Iterator[tuple[People, np.ndarray, np.ndarray]]:
    """Yield the people of each photo, and 1, 0 or NaN for each person and each keypoint."""
    with MoveNetBackend(MoveNetOptions(mode=mode)) as backend:
        networks = backend._networks
        limits = Limits(max_persons=20, min_detection=backend._limits.min_detection)
        for folder in folders:
            for path, people in _photos(folder):
                with Image.open(path) as image:
                    found = people_of(image.convert("RGB"), networks, MODES[mode], limits)
                if len(found.evidence):
                    yield found, *judged(found, people)


def _photos(folder: Path) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    annotations = folder / ANNOTATIONS
    if not annotations.exists():
        for path in sorted(folder.glob("*.jpg")):
            yield path, []
        return
    content = json.loads(annotations.read_text())
    for image in content["images"]:
        mine = [each for each in content["annotations"] if each["image_id"] == image["id"]]
        yield folder / image["file_name"], mine


def judged(found: People, people: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each person and keypoint is right: 1, 0, or NaN where labels do not say."""
    labelled = [each for each in people if each["num_keypoints"] and not each["iscrowd"]]
    unlabelled = [each for each in people if not each["num_keypoints"] or each["iscrowd"]]
    persons = np.zeros(len(found.evidence))
    points = np.zeros((len(persons), len(COCO17)))
    if unlabelled:
        left, top, width, height = np.array([each["bbox"] for each in unlabelled]).T
        center = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        inside = (center[:, :1] >= left) & (center[:, :1] <= left + width)
        inside &= (center[:, 1:] >= top) & (center[:, 1:] <= top + height)
        persons[inside.any(axis=1)] = np.nan
    if labelled:
        triples = np.array([each["keypoints"] for each in labelled], float).reshape(-1, 17, 3)
        truth = np.where(triples[..., 2:] > 0, triples[..., :2] + PIXEL_CENTRE, np.nan)
        areas = np.array([each["area"] for each in labelled])
        likeness = oks_matrix(found.poses.points, truth, areas, SIGMAS)
        taken: set[int] = set()
        for index in range(len(persons)):
            free = [each for each in range(len(labelled)) if each not in taken]
            best = max(free, key=lambda each: likeness[index, each], default=None)
            if best is None or likeness[index, best] < 0.1:
                continue
            persons[index] = likeness[index, best] >= RIGHT
            if persons[index]:
                taken.add(best)
            gaps = found.poses.points[index] - truth[best]
            similar = point_similarity(gaps, areas[best], SIGMAS)
            points[index] = np.where(np.isnan(similar), np.nan, similar >= RIGHT)
    points[np.isnan(persons)] = np.nan
    return persons, points


def _show(what: str, scores: np.ndarray, right: np.ndarray) -> None:
    edges = np.linspace(0, 1, 6)
    for low, high in itertools.pairwise(edges):
        mine = (scores >= low) & (scores <= high)
        if mine.any():
            share, mean = right[mine].mean(), scores[mine].mean()
            print(
                f"  {what} {low:.1f} to {high:.1f}: {mine.sum():5}, "
                f"score {mean:.2f}, right {share:.2f}"
            )


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
