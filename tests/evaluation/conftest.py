"""Small data sets, annotated with made-up people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from posehub.poses.skeletons import COCO17


def made_truth(count=12, seed=0, skeleton=COCO17):
    """Return COCO annotations, with invisible keypoints, crowds and unlabelled people."""
    source = np.random.default_rng(seed)
    images, annotations = [], []
    for number in range(count):
        images.append({"id": 10 + number, "file_name": f"{number}.jpg"})
        for _ in range(source.integers(0, 5)):
            side = source.uniform(25, 200)
            corner = source.uniform(0, 400, 2)
            points = corner + source.uniform(0, side, (len(skeleton), 2))
            visible = source.choice([0, 1, 2], len(skeleton), p=[0.2, 0.2, 0.6])
            if source.random() < 0.1:
                visible[:] = 0
            triples = np.concatenate([points * (visible > 0)[:, None], visible[:, None]], axis=1)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": 10 + number,
                    "category_id": 1,
                    "keypoints": triples.ravel().tolist(),
                    "num_keypoints": int((visible > 0).sum()),
                    "bbox": [*corner.tolist(), side, side],
                    "area": side * side * 0.6,
                    "iscrowd": int(source.random() < 0.1),
                }
            )
    category = {"id": 1, "name": "person", "keypoints": list(skeleton.keypoints)}
    return {"images": images, "annotations": annotations, "categories": [category]}


def made_results(truth, seed=1):
    """Return COCO results: some people missed, some moved, some duplicated."""
    source = np.random.default_rng(seed)
    people = []
    for annotation in truth["annotations"]:
        for _ in range(source.choice([0, 1, 1, 1, 2])):
            points = np.reshape(annotation["keypoints"], (-1, 3)).astype(float)
            points[:, :2] += source.normal(0, 1, points[:, :2].shape) * source.choice([2, 8, 30])
            points[:, 2] = source.uniform(0, 1, len(points))
            points[source.random(len(points)) < 0.1] = 0
            people.append(
                {
                    "image_id": annotation["image_id"],
                    "category_id": 1,
                    "keypoints": points.ravel().tolist(),
                    # few different scores, so that the order of equal scores matters
                    "score": float(source.integers(1, 8) / 10),
                }
            )
    return people


@pytest.fixture
def data_set():
    """Return a function that makes COCO annotations."""
    return made_truth


@pytest.fixture
def found_people():
    """Return a function that makes COCO results for annotations."""
    return made_results


@pytest.fixture
def files(tmp_path):
    """Return a function that writes annotations and results, and returns their paths."""

    def write(truth, results):
        (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
        text = results if isinstance(results, str) else json.dumps(results)
        (tmp_path / "results.json").write_text(text, encoding="utf-8")
        return tmp_path / "results.json", tmp_path / "truth.json"

    return write
