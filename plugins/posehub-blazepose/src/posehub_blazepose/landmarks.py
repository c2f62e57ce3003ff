"""The landmark network's tensors, decoded: points, likelihoods and world points of one person."""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from posehub_blazepose.geometry import Floats, Region, transform, turn

INPUT_SIZE = 256
"""Columns and rows of the landmark network's input (the model file)."""

REGION_SCALE = 2.5
"""Side of the region over the distance of its alignment points (MediaPipe's pose landmark graph:
a square of twice the distance, enlarged 1.25 times)."""

CLOSE_SCALE = 2.25
"""The same for a region that landmarks ask for: of the quarter that MediaPipe adds for what a
detector leaves unsure, half is enough, and the person is shown larger."""

POINTS = 33
"""Points of the body among the network's 39; the next two are alignment points."""

_KERNEL = 9
_MIN_CONFIDENCE = 0.5
"""kernel_size and min_confidence_to_refine of MediaPipe's RefineLandmarksFromHeatmapCalculator.
The graph's text says 7; the points mediapipe 0.10.21 returns are those of 9, to four digits."""

MIRRORED = np.array(
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9]
    + [side for left in range(11, POINTS, 2) for side in (left + 1, left)]
)
"""The point each of the 33 becomes in a mirror: left and right swapped (MediaPipe's list of
landmarks: odd numbers from 11 on are the left side)."""


@frozen
class Output:
    """One run of the landmark network, as it came.

    Attributes:
        values: float32 (39, 5): x, y, z in elements of the input, logits of visibility, presence.
        person: likelihood that the region shows a person, in [0, 1].
        heatmap: float32 (S, S, 39), logits, one channel a point.
        world: float32 (39, 3), metres, x right and y down in the input, z away from the camera.
    """

    values: NDArray[np.float32]
    person: float
    heatmap: NDArray[np.float32]
    world: NDArray[np.float32]


@frozen
class Landmarks:
    """What the network saw in a region.

    Attributes:
        points: (33, 2), pixels of the picture.
        visibility: (33,), likelihood in [0, 1] that the point is in view and nothing hides it.
        presence: (33,), likelihood in [0, 1] that the point lies within the region.
        alignment: (2, 2), pixels: the hips' centre and the point on the circle round the body.
        world: (33, 3), metres about the hips' centre; x right, y down in the picture, z away.
        person: likelihood in [0, 1] that the region shows a person.
        region: where the network looked.
    """

    points: Floats
    visibility: Floats
    presence: Floats
    alignment: Floats
    world: Floats
    person: float
    region: Region


def decode(output: Output, region: Region, *, mirrored: bool = False) -> Landmarks:
    """Return the output of a run in the picture's frame.

    Args:
        output: of the run.
        region: where its input lay in the picture.
        mirrored: whether the input's columns were in reverse order.
    """
    inside = output.values[:, :2].astype(np.float64)
    inside = refine(inside / INPUT_SIZE, output.heatmap) * INPUT_SIZE
    likely = _sigmoid(output.values[:POINTS, 3:5].astype(np.float64))
    world = output.world[:POINTS].astype(np.float64)
    if mirrored:
        inside = inside[[*MIRRORED, *range(POINTS, len(inside))]]
        inside[:, 0] = INPUT_SIZE - 1 - inside[:, 0]
        likely, world = likely[MIRRORED], world[MIRRORED] * (-1, 1, 1)
    points = transform(region.matrix(INPUT_SIZE), inside)
    return Landmarks(
        points=points[:POINTS],
        visibility=likely[:, 0],
        presence=likely[:, 1],
        alignment=points[POINTS : POINTS + 2],
        world=turn(world, region.angle),
        person=output.person,
        region=region,
    )


def refine(points: Floats, heatmap: NDArray[np.float32]) -> Floats:
    """Return points moved to the middle of their heatmap's mass, where the heatmap is sure.

    MediaPipe's RefineLandmarksFromHeatmapCalculator: the mean position in a window of 9 x 9 cells
    about the point, weighted by the sigmoid of the logits, if one weight reaches 0.5. A point
    outside the heatmap stays.

    Args:
        points: (N, 2), as fractions of the input.
        heatmap: float32 (S, S, N), logits.
    """
    size = heatmap.shape[0]
    cells = np.trunc(points * size).astype(np.intp)
    reach = np.arange(_KERNEL) - _KERNEL // 2
    columns, rows = cells[:, :1] + reach, cells[:, 1:] + reach
    window = heatmap[
        np.clip(rows, 0, size - 1)[:, :, None],
        np.clip(columns, 0, size - 1)[:, None, :],
        np.arange(len(points))[:, None, None],
    ]
    weights = _sigmoid(window.astype(np.float64))
    weights *= _within(rows, size)[:, :, None] & _within(columns, size)[:, None, :]
    sure = (weights.max(axis=(1, 2)) >= _MIN_CONFIDENCE) & _within(cells, size).all(axis=1)
    mass = weights.sum(axis=(1, 2))[sure]
    refined = points.copy()
    refined[sure, 0] = (weights.sum(axis=1) * columns).sum(axis=1)[sure] / mass / size
    refined[sure, 1] = (weights.sum(axis=2) * rows).sum(axis=1)[sure] / mass / size
    return refined


def blend(first: Landmarks, second: Landmarks) -> Landmarks:
    """Return the mean of two looks at one person, with the region of the second."""
    return evolve(
        second,
        points=(first.points + second.points) / 2,
        visibility=(first.visibility + second.visibility) / 2,
        presence=(first.presence + second.presence) / 2,
        alignment=(first.alignment + second.alignment) / 2,
        world=(first.world + second.world) / 2,
        person=(first.person + second.person) / 2,
    )


def _within(cells: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    return (cells >= 0) & (cells < size)


def _sigmoid(logits: Floats) -> Floats:
    # this form never overflows
    return 0.5 * (1 + np.tanh(0.5 * logits))
