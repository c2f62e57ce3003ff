"""Drawing people on a video frame: `python bench/drawing.py --out DIR`.

Against supervision's annotators for edges and vertices on OpenCV, in one run. Both draw the same
people on a copy of the same frame. supervision's lines and circles have hard edges, one colour and
no border. Random keypoints are the worst case: their links go across half the frame.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import cv2  # supervision draws with NumPy where OpenCV is missing
import numpy as np
import supervision
from _table import at_most, report
from PIL import Image as PILImage

import posehub
from posehub.testing import random_people

ROOT = Path(__file__).parents[1]
SIZE = (1280, 720)
CALLS = 5
"""Calls of one kind in a row, as in a video."""


def frame() -> np.ndarray:
    with PILImage.open(ROOT / "examples" / "astronaut.jpg") as image:
        return np.array(image.convert("RGB").resize(SIZE))


def real_people(count: int) -> posehub.PoseResult:
    """Return people in real poses, 150 to 550 pixels tall, at random places in the frame."""
    with posehub.open_backend(
        "replay", cassette=ROOT / "cassettes" / "baidu" / "two_people.yaml", match="sequence"
    ) as backend:
        found = backend.detect(ROOT / "examples" / "blank.png").to("coco17")
    source = np.random.default_rng(0)
    rows = source.integers(0, len(found), count)
    boxes = found.boxes[rows].reshape(count, 2, 2)
    heights = source.uniform(150, 550, count)
    scale = (heights / (boxes[:, 1, 1] - boxes[:, 0, 1]))[:, None, None]
    space = np.maximum(SIZE - (boxes[:, 1] - boxes[:, 0]) * scale[:, 0], 0)
    place = (source.uniform(0, 1, (count, 2)) * space)[:, None]
    return attrs.evolve(
        found[rows],
        keypoints=(found.keypoints[rows] - boxes[:, :1]) * scale + place,
        boxes=((boxes - boxes[:, :1]) * scale + place).reshape(count, 4),
        image_size=SIZE,
    )


def milliseconds(actions: list[Callable[[], object]], rounds: int) -> list[float]:
    """Return the median time of one call of each action, taken in turns."""
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, times in zip(actions, taken, strict=True):
            action()  # its memory and code are in the caches again
            for _ in range(CALLS):
                start = time.perf_counter()
                action()
                times.append(time.perf_counter() - start)
    return [statistics.median(times) * 1e3 for times in taken]


def main(rounds: int = 41) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for drawing.json")
    out = parser.parse_args().out
    image = frame()
    index = posehub.get_skeleton("coco17").index
    # supervision counts keypoints from 1
    links = [(index(a) + 1, index(b) + 1) for a, b in posehub.get_skeleton("coco17").links]
    edges, vertices = supervision.EdgeAnnotator(edges=links), supervision.VertexAnnotator()
    rows = []
    for kind, make, bar in (
        ("people", real_people, 2),
        ("of random keypoints", lambda count: random_people(count, seed=0, image_size=SIZE), 2.0),
    ):
        for count in (3, 10):
            people = make(count)
            theirs = posehub.to_supervision(people)
            ours, other = milliseconds(
                [
                    lambda people=people: posehub.draw_frame(people, image),
                    lambda theirs=theirs: vertices.annotate(
                        edges.annotate(image.copy(), theirs), theirs
                    ),
                ],
                rounds,
            )
            what = f"draw_frame, {count} {kind}, {ours:.1f} ms, against supervision's {other:.1f}"
            rows.append(at_most(what, ours / other, bar))
    versions = f"supervision {supervision.__version__}, OpenCV {cv2.__version__}"
    report(f"Drawing at {SIZE[0]} x {SIZE[1]}, {versions}", rows, out / "drawing.json")


if __name__ == "__main__":
    main()
