"""The landmark network's output decoded: points, likelihoods and world points of one person."""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from posehub_blazepose.geometry import FROM_MEDIAPIPE, Floats, Region, rotate, transform

INPUT_SIZE = 256
"""Columns and rows of the landmark network's input (the model file)."""

REGION_SCALE = 2.5
"""Side of the region over the distance of its alignment points (MediaPipe's pose landmark graph:
a square of twice the distance, enlarged 1.25 times)."""

CLOSE_SCALE = 2.25
"""The same for a region that is taken from landmarks. MediaPipe enlarges by a quarter because the
detector is not exact; landmarks are more exact, so an eighth is enough, and the person is larger in
the input."""

POINTS = 33
"""Points of the body among the network's 39; the next two points are alignment points."""

_KERNEL = 9
_MIN_CONFIDENCE = 0.5
"""kernel_size and min_confidence_to_refine of MediaPipe's RefineLandmarksFromHeatmapCalculator.
The graph's file says 7; but mediapipe 0.10.21 returns the points of 9, to four digits."""

MIRRORED = np.array(
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9]
    + [side for left in range(11, POINTS, 2) for side in (left + 1, left)]
)
"""For each of the 33 points, the same point of the other side (MediaPipe's list of landmarks: odd
numbers from 11 on are the left side)."""


@frozen
class Output:
    """The output of one run of the landmark network, not decoded.

    Attributes:
        values: float32 (39, 5): x, y, z in elements of the input, in MediaPipe's coordinates;
            logits of visibility and presence.
        person: likelihood that the region shows a person, in [0, 1].
        heatmap: float32 (S, S, 39), logits, one channel for each point.
        world: float32 (39, 3), metres, x right and y down in the input, z away from the camera.
    """

    values: NDArray[np.float32]
    person: float
    heatmap: NDArray[np.float32]
    world: NDArray[np.float32]


@frozen
class Landmarks:
    """The pose that the network found in a region.

    Attributes:
        points: (33, 2), pixels of the image.
        visibility: (33,), likelihood in [0, 1] that the point is in view and not hidden.
        presence: (33,), likelihood in [0, 1] that the point lies within the region.
        alignment: (2, 2), pixels: the hips' centre and the point on the circle around the body.
        world: (33, 3), metres relative to the hips' centre; x right, y down in the image, z away
            from the camera.
        person: likelihood in [0, 1] that the region shows a person.
        region: the region that was the network's input.
    """

    points: Floats
    visibility: Floats
    presence: Floats
    alignment: Floats
    world: Floats
    person: float
    region: Region


def decode(output: Output, region: Region, *, mirrored: bool = False) -> Landmarks:
    """Return the output of a run in the coordinates of the image.

    Args:
        output: of the run.
        region: the region of the image that was the input.
        mirrored: whether the columns of the input were in reverse order.
    """
    inside = output.values[:, :2].astype(np.float64)
    inside = refine(inside / INPUT_SIZE, output.heatmap) * INPUT_SIZE + FROM_MEDIAPIPE
    likely = _sigmoid(output.values[:POINTS, 3:5].astype(np.float64))
    world = output.world[:POINTS].astype(np.float64)
    if mirrored:
        inside = inside[[*MIRRORED, *range(POINTS, len(inside))]]
        inside[:, 0] = INPUT_SIZE - inside[:, 0]
        likely, world = likely[MIRRORED], world[MIRRORED] * (-1, 1, 1)
    points = transform(region.matrix(INPUT_SIZE), inside)
    return Landmarks(
        points=points[:POINTS],
        visibility=likely[:, 0],
        presence=likely[:, 1],
        alignment=points[POINTS : POINTS + 2],
        world=rotate(world, region.angle),
        person=output.person,
        region=region,
    )


def refine(points: Floats, heatmap: NDArray[np.float32]) -> Floats:
    """Return points moved to the centre of mass of their heatmap, where the heatmap is confident.

    MediaPipe's RefineLandmarksFromHeatmapCalculator: the mean position in a window of 9 x 9 cells
    around the point, weighted by the sigmoid of the logits, if one weight reaches 0.5. A point
    outside the heatmap stays where it is.

    Args:
        points: (N, 2), as fractions of the input, in MediaPipe's coordinates.
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
    confident = (weights.max(axis=(1, 2)) >= _MIN_CONFIDENCE) & _within(cells, size).all(axis=1)
    mass = weights.sum(axis=(1, 2))[confident]
    refined = points.copy()
    refined[confident, 0] = (weights.sum(axis=1) * columns).sum(axis=1)[confident] / mass / size
    refined[confident, 1] = (weights.sum(axis=2) * rows).sum(axis=1)[confident] / mass / size
    return refined


def blend(first: Landmarks, second: Landmarks) -> Landmarks:
    """Return the mean of two passes for one person, with the region of the second."""
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
