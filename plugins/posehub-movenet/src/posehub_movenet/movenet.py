"""MoveNet Thunder: the 17 keypoints of the person in a box."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub.local.centres import CentreMaps, decode_middle
from posehub.local.geometry import Floats, Size, inverse, region, transform, transform_boxes
from posehub.local.sampling import sample
from posehub.local.sessions import Session
from posehub.poses.skeletons import COCO17

_HEADS = "StatefulPartitionedCall"
OUTPUTS = {
    "centre": f"{_HEADS}/Sigmoid_1",
    "heatmap": f"{_HEADS}/Sigmoid",
    "regression": f"{_HEADS}/kpt_regress_0/conv2d_6/BiasAdd",
    "offset": f"{_HEADS}/kpt_offset_0/conv2d_7/BiasAdd",
}
"""Output of the converted network -> tensor of the graph, before the decoding that it ends with."""

_STRIDE = 4
_CELL = 32
"""The sides of an input are multiples of the network's coarsest stride."""

_SPACE = 1.1
"""Sides of the region over those of the box, so that limbs at its edge are in view."""

_LEAST_SHARE = 0.5
"""Least shorter side of an input over its longer one. The network was trained on squares; an
upright person fills a part of one only, and half a square takes half the time."""

_BOX_REACH = 0.07
"""How far beyond its box a person is expected, as a share of the box's longer side: about the error
of the detector's boxes. Heatmaps fall off beyond, as a normal distribution does."""

_REACH = 2.5
_CENTRE_REACH = 4.0
"""See `posehub.local.centres`. Both are wider than in the published graph: it follows one person
from image to image, while a crop around a box is less exact, and often has other people in it."""

_OTHER_SIDE = {a: b for pair in COCO17.flip_pairs for a, b in (pair, pair[::-1])}
_MIRRORED = [COCO17.index(_OTHER_SIDE.get(name, name)) for name in COCO17.keypoints]


@frozen(eq=False)
class Poses:
    """The poses of N people.

    Attributes:
        points: (N, 17, 2), pixels.
        values: (N, 17), of the heatmaps at the points, in [0, 1].
    """

    points: Floats
    values: Floats


@frozen(eq=False)
class _Crop:
    index: int
    matrix: Floats
    size: Size


def find_poses(
    image: PILImage.Image,
    boxes: Floats,
    session: Session,
    *,
    sides: Sequence[int],
    mirrored: bool,
    together: int,
) -> Poses:
    """Return the pose of the person in each box.

    Args:
        image: RGB.
        boxes: (N, 4), x1, y1, x2, y2, pixels.
        session: of the network.
        sides: elements along the longer side of the inputs, multiples of 32. If there are several,
            each keypoint is the one of the highest value.
        mirrored: whether the mirror image is seen too, and the maps of both are averaged.
        together: most inputs of one run.
    """
    found = [_at_side(image, boxes, session, side, mirrored, together) for side in sides]
    if len(found) == 1:
        return found[0]
    values = np.stack([poses.values for poses in found])
    best = values.argmax(axis=0)[None]
    points = np.stack([poses.points for poses in found])
    return Poses(
        np.take_along_axis(points, best[..., None], axis=0)[0],
        np.take_along_axis(values, best, axis=0)[0],
    )


def _at_side(
    image: PILImage.Image,
    boxes: Floats,
    session: Session,
    side: int,
    mirrored: bool,
    together: int,
) -> Poses:
    points = np.empty((len(boxes), len(COCO17), 2))
    values = np.empty((len(boxes), len(COCO17)))
    for block in blocks([_crop(index, box, side) for index, box in enumerate(boxes)], together):
        pixels = np.stack([sample(image, crop.matrix, crop.size) for crop in block])
        maps = _run(session, pixels)
        if mirrored:
            reverse = np.ascontiguousarray(pixels[:, :, ::-1])
            maps = maps.averaged(_run(session, reverse).mirrored(_MIRRORED))
        for crop, cells, found in zip(block, *_decoded(maps, block, boxes), strict=True):
            points[crop.index] = transform(crop.matrix, _STRIDE * cells)
            values[crop.index] = found
    return Poses(points, values)


def blocks(crops: Sequence[_Crop], most: int) -> list[list[_Crop]]:
    """Return the crops in blocks of one size, of at most `most`."""
    sizes = dict.fromkeys(crop.size for crop in crops)
    alike = [[crop for crop in crops if crop.size == size] for size in sizes]
    return [group[at : at + most] for group in alike for at in range(0, len(group), most)]


def input_size(box: Floats, side: int) -> Size:
    """Return columns and rows of the input for a box: no larger than the box needs."""
    extents = np.maximum(box[2:] - box[:2], 0).tolist()
    longest = max(*extents, 1e-9)
    least = max(_CELL, _LEAST_SHARE * side)
    columns, rows = (
        min(side, _CELL * math.ceil(max(least, side * extent / longest) / _CELL - 1e-6))
        for extent in extents
    )
    return (columns, rows) if max(columns, rows) == side else (side, side)


def within(boxes: Floats, size: Size) -> NDArray[np.float32]:
    """Return how likely each cell belongs to the person in a box, (N, rows, columns), in (0, 1].

    Args:
        boxes: (N, 4), in cells.
        size: columns and rows of the maps.
    """
    spread = _BOX_REACH * np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    likelihood = []
    for axis in (0, 1):
        cells = np.arange(size[axis]) + 0.5
        low, high = boxes[:, axis, None], boxes[:, axis + 2, None]
        beyond = np.maximum(0, np.maximum(low - cells, cells - high))
        # a box without extent still reaches over a cell
        likelihood.append(np.exp(-0.5 * (beyond / np.maximum(spread, 1.0)[:, None]) ** 2))
    return (likelihood[1][:, :, None] * likelihood[0][:, None]).astype(np.float32)


def _crop(index: int, box: Floats, side: int) -> _Crop:
    size = input_size(box, side)
    extent = max(1.0, float(box[2] - box[0]), float(box[3] - box[1]))
    center = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    return _Crop(index, region(center, _SPACE * extent * size[0] / side, size), size)


def _run(session: Session, pixels: NDArray[np.uint8]) -> CentreMaps:
    centre, heatmap, regression, offset = session.run({"image": pixels}, list(OUTPUTS))
    pairs = (len(pixels), len(COCO17), 2, *heatmap.shape[2:])
    return CentreMaps(centre[:, 0], heatmap, regression.reshape(pairs), offset.reshape(pairs))


def _decoded(maps: CentreMaps, crops: Sequence[_Crop], boxes: Floats) -> tuple[Floats, Floats]:
    """Return points in cells, (N, 17, 2), and their values, (N, 17)."""
    in_cells = [
        transform_boxes(inverse(crop.matrix), boxes[crop.index]) / _STRIDE for crop in crops
    ]
    rows, columns = maps.centre.shape[1:]
    likely = within(np.array(in_cells), (columns, rows))
    weighted = CentreMaps(maps.centre, maps.heatmap * likely[:, None], maps.regression, maps.offset)
    points, values, _ = decode_middle(weighted, reach=_REACH, centre_reach=_CENTRE_REACH)
    return points, values
