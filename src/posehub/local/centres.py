"""Decoding by centres, as in CenterNet and MoveNet: a person is where the centre map is high, and
its keypoints are where the regression there says, corrected by heatmaps.

Coordinates are cells of the maps, in posehub's convention: cell i reaches from i to i + 1.
Regressions and offsets count from a cell's left upper corner, as in TensorFlow's CenterNet: of 456
certain keypoints of MoveNet, the x of a plain and a mirrored pass add up to 64.0 of 64 cells in the
median.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.local.geometry import Floats

Maps = NDArray[np.float32]

REACH = 1.8
"""MoveNet divides a keypoint's heatmap by the distance to the expected position plus this, in cells
(constant of its published graph)."""

CENTRE_REACH = 12.0
"""The centre map is divided by the distance to the middle of the maps plus this, in cells. The
published graph has 1.8, for one person whom a crop follows; boxes of a detector are less exact."""


@frozen(eq=False)
class CentreMaps:
    """The maps of N inputs, float32.

    Attributes:
        centre: (N, H, W), likelihood that a person's centre is there, in [0, 1].
        heatmap: (N, K, H, W), likelihood that a keypoint is there, in [0, 1].
        regression: (N, K, 2, H, W), y and x from the corner of the centre's cell to the keypoint,
            in cells.
        offset: (N, K, 2, H, W), y and x from the cell's corner to the keypoint, in cells.
    """

    centre: Maps
    heatmap: Maps
    regression: Maps
    offset: Maps

    def mirrored(self, order: Sequence[int]) -> CentreMaps:
        """Return the maps of the mirror image.

        Args:
            order: for each keypoint, the one of the other side of the body.
        """
        # what is x from the left corner of a cell is 1 - x from that of the mirrored cell
        sign = np.array([1, -1], np.float32)[:, None, None]
        shift = np.array([0, 1], np.float32)[:, None, None]
        return CentreMaps(
            centre=self.centre[..., ::-1],
            heatmap=self.heatmap[:, order, :, ::-1],
            regression=shift + sign * self.regression[:, order, :, :, ::-1],
            offset=shift + sign * self.offset[:, order, :, :, ::-1],
        )

    def averaged(self, other: CentreMaps) -> CentreMaps:
        """Return the mean of two maps of the same inputs."""
        return CentreMaps(
            centre=_mean(self.centre, other.centre),
            heatmap=_mean(self.heatmap, other.heatmap),
            regression=_mean(self.regression, other.regression),
            offset=_mean(self.offset, other.offset),
        )


def decode_middle(
    maps: CentreMaps, *, reach: float = REACH, centre_reach: float = CENTRE_REACH
) -> tuple[Floats, Floats, Floats]:
    """Return the person in the middle of each input.

    Args:
        maps: of N inputs.
        reach: see `REACH`.
        centre_reach: see `CENTRE_REACH`.

    Returns:
        Keypoints (N, K, 2) as x, y in cells; their heatmap values (N, K); the centre's value (N,).
    """
    count, rows, columns = maps.centre.shape
    points = maps.heatmap.shape[1]
    people = np.arange(count)
    y, x = np.arange(rows, dtype=np.float32), np.arange(columns, dtype=np.float32)
    near_middle = maps.centre / (_from_middle(rows, columns) + np.float32(centre_reach))
    best_cell = near_middle.reshape(count, -1).argmax(axis=1)
    centre_y, centre_x = np.divmod(best_cell, columns)
    regression = maps.regression[people, :, :, centre_y, centre_x]  # (N, K, 2)
    expected = regression + np.stack([centre_y, centre_x], axis=1)[:, None]
    apart_y = np.square(y - expected[..., 0, None])
    apart_x = np.square(x - expected[..., 1, None])
    distance = np.sqrt(apart_y[..., :, None] + apart_x[..., None, :])
    distance += np.float32(reach)
    best = (maps.heatmap / distance).reshape(count, points, -1).argmax(axis=2)
    cell_y, cell_x = np.divmod(best, columns)
    which = people[:, None], np.arange(points)
    offset = maps.offset[(*which, slice(None), cell_y, cell_x)].astype(np.float64)
    found = np.stack([cell_x + offset[..., 1], cell_y + offset[..., 0]], axis=2)
    values = maps.heatmap[(*which, cell_y, cell_x)].astype(np.float64)
    return found, values, maps.centre[people, centre_y, centre_x].astype(np.float64)


@lru_cache(maxsize=64)
def _from_middle(rows: int, columns: int) -> Maps:
    """Return the distance of each cell from the middle of the maps, (rows, columns), in cells."""
    y, x = np.arange(rows, dtype=np.float32), np.arange(columns, dtype=np.float32)
    distance: Maps = np.hypot(y[:, None] - np.float32(rows / 2), x - np.float32(columns / 2))
    return distance


def _mean(first: Maps, second: Maps) -> Maps:
    return (first + second) * np.float32(0.5)
