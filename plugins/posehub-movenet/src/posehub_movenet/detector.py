"""NanoDet-g: boxes of people.

Constants are those of the published network (github.com/RangiLyu/nanodet, nanodet-g).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub.local.geometry import Floats, Size, tiles, transform_boxes
from posehub.local.sampling import sample
from posehub.local.sessions import Session
from posehub.local.suppression import box_iou, suppress, suppress_boxes
from posehub_movenet.modes import Scan
from posehub_movenet.preparation import Preparation

_PREFIX = "PartitionedCall/onnx_tf_prefix_"
OUTPUTS = {
    "classes_8": f"{_PREFIX}Sigmoid_154",
    "sides_8": f"{_PREFIX}Split_153:1",
    "classes_16": f"{_PREFIX}Sigmoid_165",
    "sides_16": f"{_PREFIX}Split_164:1",
    "classes_32": f"{_PREFIX}Sigmoid_176",
    "sides_32": f"{_PREFIX}Split_175:1",
}
"""Output of the converted network -> tensor of the graph: at each stride the scores of 80 classes,
and logits of the distances to the four sides of a box."""

PREPARATION = Preparation(
    reverse=True,
    scale=(1 / 58.395, 1 / 57.12, 1 / 57.375),
    shift=(-123.675 / 58.395, -116.28 / 57.12, -103.53 / 57.375),
)
"""NanoDet takes blue first, less the mean of ImageNet's pixels and over their deviation."""

_STRIDES = (8, 16, 32)
_PERSON = 0
_BINS = 11
_CELL = 32
"""The sides of an input are multiples of the coarsest stride."""

SAME_BOX = 0.6
"""Two boxes of higher intersection over union are one detection (NanoDet's own threshold)."""

_UNSEEN = 0.1
"""Score, in a scan that misses a person, for the mean over scans: about the median of the scores
that NanoDet gives in images without a clear person."""

_OVERLAP = 0.25
"""Least overlap of neighbouring tiles. A person larger than that is complete in a coarser scan."""

_EDGE = 4.0
"""Distance, in elements, from a tile's inner edge within which a box is cut off by it. The next
tile shows the person completely."""

_STRIP = 4.0
"""Longest side of an image over its shorter one that one input shows: a longer image is shown in
tiles, so that its people are not too small."""

_MOST_ENLARGED = 1.5
"""A scan after the first that enlarges the image more than this adds nothing."""


@frozen(eq=False)
class Detections:
    """People in an image.

    Attributes:
        boxes: (N, 4), x1, y1, x2, y2, pixels.
        scores: (N,), in [0, 1].
    """

    boxes: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, which: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Detections:
        return Detections(self.boxes[which], self.scores[which])

    @staticmethod
    def joined(parts: list[Detections]) -> Detections:
        """Return the detections of all parts."""
        return Detections(
            np.concatenate([part.boxes for part in parts] or [np.empty((0, 4))]),
            np.concatenate([part.scores for part in parts] or [np.empty(0)]),
        )


def find_people(
    image: PILImage.Image, session: Session, scans: tuple[Scan, ...], least: float
) -> Detections:
    """Return the people that the detector finds, best first, each once.

    Args:
        image: RGB.
        session: of the detector.
        scans: passes over the image; those that only enlarge it further are left out.
        least: least score.
    """
    used = scans_of(image.size, scans)
    # a person whom one scan sees well may be faint in another
    faint = least if len(used) == 1 else min(least, _UNSEEN)
    found = [_scanned(image, session, scan, faint) for scan in used]
    people = found[0] if len(found) == 1 else agreed(found)
    return people[people.scores >= least]


def scans_of(image: Size, scans: tuple[Scan, ...]) -> list[Scan]:
    """Return the scans that serve an image of a size: the first, and those less enlarged."""
    longest = _MOST_ENLARGED * max(image)
    return [scan for index, scan in enumerate(scans) if index == 0 or scan.side <= longest]


def inputs_of(image: Size, scan: Scan) -> tuple[Size, list[Floats]]:
    """Return the size of a scan's inputs, and the map of each, (2, 3), from it to the image."""
    step = min(max(image), _STRIP * min(image)) / scan.side
    columns, rows = (
        min(_CELL * math.ceil(side / step / _CELL - 1e-6), scan.tile) for side in image
    )
    size = max(columns, _CELL), max(rows, _CELL)
    return size, tiles(image, size, step, _OVERLAP)


def _scanned(image: PILImage.Image, session: Session, scan: Scan, least: float) -> Detections:
    size, matrices = inputs_of(image.size, scan)
    parts = []
    for matrix in matrices:
        pixels = sample(image, matrix, size)
        maps = dict(zip(session.outputs, session.run({"image": pixels[None]}), strict=True))
        seen = decode({name: each[0] for name, each in maps.items()}, least)
        boxes = transform_boxes(matrix, seen.boxes)
        parts.append(Detections(boxes, seen.scores)[uncut(seen.boxes, matrix, size, image.size)])
    people = Detections.joined(parts)
    return people[suppress_boxes(people.boxes, people.scores, SAME_BOX)]


def decode(maps: Mapping[str, NDArray[np.float32]], least: float) -> Detections:
    """Return what the network has found in one input, in its own coordinates, overlaps included.

    Args:
        maps: of each stride (80, h, w) and (44, h, w), see `OUTPUTS`.
        least: least score.
    """
    parts = []
    for stride in _STRIDES:
        scores = maps[f"classes_{stride}"][_PERSON]
        rows, columns = np.nonzero(scores >= least)
        logits = maps[f"sides_{stride}"][:, rows, columns].reshape(4, _BINS, -1).astype(np.float64)
        likelihood = np.exp(logits - logits.max(axis=1, keepdims=True))
        likelihood /= likelihood.sum(axis=1, keepdims=True)
        # the expectation of a distance of 0 to 10 cells
        left, top, right, bottom = stride * np.einsum("sbn,b->sn", likelihood, np.arange(_BINS))
        x, y = stride * (columns + 0.5), stride * (rows + 0.5)
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1)
        parts.append(Detections(boxes, scores[rows, columns].astype(np.float64)))
    return Detections.joined(parts)


def uncut(boxes: Floats, matrix: Floats, size: Size, image: Size) -> NDArray[np.bool_]:
    """Return which boxes, in the coordinates of a tile, no inner edge of the tile cuts off.

    Args:
        boxes: (N, 4).
        matrix: of the tile, (2, 3).
        size: columns and rows of the tile.
        image: (width, height) in pixels.
    """
    low, high = transform_boxes(matrix, [0, 0, *size]).reshape(2, 2)
    near_low = (boxes[:, :2] < _EDGE) & (low > 0)
    near_high = (boxes[:, 2:] > np.array(size) - _EDGE) & (high < image)
    cut: NDArray[np.bool_] = np.any(near_low | near_high, axis=1)
    return ~cut


def agreed(scans: list[Detections]) -> Detections:
    """Return the people of several scans, each once, best first.

    A person's score is the geometric mean of its two best scans; its box is the mean of the boxes,
    weighted by score. So one scan alone seldom makes a person out of something that is none.
    """
    people = Detections.joined(scans)
    scan = np.repeat(np.arange(len(scans)), [len(each) for each in scans])
    overlaps = box_iou(people.boxes, people.boxes)
    kept = suppress(overlaps, people.scores, SAME_BOX)
    boxes, scores = [], []
    for index in kept.tolist():
        same = overlaps[index] > SAME_BOX
        same[index] = True  # a box without extent overlaps nothing, not even itself
        best = sorted(
            (
                people.scores[same & (scan == each)].max(initial=_UNSEEN)
                for each in range(len(scans))
            ),
            reverse=True,
        )
        scores.append(math.sqrt(best[0] * best[1]))
        boxes.append(np.average(people.boxes[same], axis=0, weights=people.scores[same]))
    merged = Detections(np.array(boxes).reshape(-1, 4), np.array(scores))
    return merged[np.argsort(-merged.scores, kind="stable")]
