"""Decoding of heatmaps: where a map is highest, to a fraction of a cell.

Coordinates are cells in posehub's convention: the centre of cell i is at i + 0.5.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from posehub.local.geometry import Floats

Refinement = Literal["none", "quarter", "dark"]

BLUR = 11
"""Width of the blur before the refinement "dark", in cells, for maps of 64 x 48 cells (MMPose)."""


def decode_heatmaps(
    maps: NDArray[np.float32], refinement: Refinement = "dark", blur: int = BLUR
) -> tuple[Floats, Floats]:
    """Return the keypoints of N inputs and their scores.

    Args:
        maps: (N, K, H, W).
        refinement: "none" gives centres of cells. "quarter" moves by a quarter of a cell towards
            the higher neighbour (Hourglass). "dark" fits a normal distribution to the logarithm
            of the blurred map ("Distribution-Aware Coordinate Representation for Human Pose
            Estimation", Zhang and others, 2020).
        blur: width of the blur of "dark", in cells, odd.

    Returns:
        Keypoints (N, K, 2) as x, y in cells; scores (N, K), the highest values of the maps.
    """
    count, points, _, columns = maps.shape
    flat = maps.reshape(count, points, -1)
    best = flat.argmax(axis=2)
    scores = np.take_along_axis(flat, best[..., None], axis=2)[..., 0].astype(np.float64)
    y, x = np.divmod(best, columns)
    cells = np.stack([x, y], axis=2).astype(np.float64)
    if refinement == "quarter":
        cells += _quarter(maps, x, y)
    elif refinement == "dark":
        cells += _newton(np.log(np.maximum(blurred(maps, blur), 1e-3)), x, y)
    return cells + 0.5, scores


def input_points(
    points: Floats, maps: tuple[int, int], size: tuple[int, int], *, udp: bool
) -> Floats:
    """Return keypoints (..., 2) in cells as elements of the input.

    Args:
        points: in cells, posehub's convention.
        maps: columns and rows of the maps.
        size: columns and rows of the input.
        udp: whether the network was trained with the centres of the outermost cells on those of the
            outermost elements ("The Devil is in the Details", Huang and others, 2020), as ViTPose
            was; if not, edges fall on edges.
    """
    if not udp:
        scaled: Floats = points * (np.array(size) / np.array(maps))
        return scaled
    aligned: Floats = (points - 0.5) * ((np.array(size) - 1) / (np.array(maps) - 1)) + 0.5
    return aligned


def blurred(maps: NDArray[np.float32], width: int) -> Floats:
    """Return maps (..., H, W) convolved with a normal distribution, and scaled to their old maxima.

    Args:
        maps: to blur; 0 is assumed beyond them.
        width: of the kernel in cells, odd. Its standard deviation is OpenCV's for that width.
    """
    half = width // 2
    deviation = 0.3 * ((width - 1) / 2 - 1) + 0.8
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    result = maps.astype(np.float64)
    for axis in (-2, -1):
        padding = [(0, 0)] * result.ndim
        padding[axis] = (half, half)
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(result, padding), width, axis=axis
        )
        result = windows @ kernel
    before = maps.max(axis=(-2, -1), keepdims=True)
    after = result.max(axis=(-2, -1), keepdims=True)
    scaled: Floats = result * np.divide(before, after, out=np.ones_like(after), where=after > 0)
    return scaled


def _quarter(maps: NDArray[np.float32], x: NDArray[np.intp], y: NDArray[np.intp]) -> Floats:
    """Return the move of the refinement "quarter", (N, K, 2); none at the edge of a map."""
    near = _neighbourhood(maps.astype(np.float64), x, y, 1)
    slope = np.stack([near[..., 1, 2] - near[..., 1, 0], near[..., 2, 1] - near[..., 0, 1]], axis=2)
    moves: Floats = 0.25 * np.sign(slope) * _inside(maps, x, y, 1)[..., None]
    return moves


def _newton(maps: Floats, x: NDArray[np.intp], y: NDArray[np.intp]) -> Floats:
    """Return one step of Newton's method from each cell, (N, K, 2); none near the edge of a map."""
    near = _neighbourhood(maps, x, y, 2)
    middle = near[..., 2, 2]
    slope_x = (near[..., 2, 3] - near[..., 2, 1]) / 2
    slope_y = (near[..., 3, 2] - near[..., 1, 2]) / 2
    xx = (near[..., 2, 4] - 2 * middle + near[..., 2, 0]) / 4
    yy = (near[..., 4, 2] - 2 * middle + near[..., 0, 2]) / 4
    xy = (near[..., 3, 3] - near[..., 1, 3] - near[..., 3, 1] + near[..., 1, 1]) / 4
    determinant = xx * yy - xy**2
    usable = _inside(maps, x, y, 2) & (determinant != 0)
    divisor = np.where(usable, determinant, 1.0)
    step = np.stack([xy * slope_y - yy * slope_x, xy * slope_x - xx * slope_y], axis=2)
    moves: Floats = np.where(usable[..., None], step / divisor[..., None], 0.0)
    return moves


def _neighbourhood(maps: Floats, x: NDArray[np.intp], y: NDArray[np.intp], reach: int) -> Floats:
    """Return the values around cells, (N, K, 2 reach + 1, 2 reach + 1); the edge is repeated."""
    count, points, rows, columns = maps.shape
    steps = np.arange(-reach, reach + 1)
    near_y = np.clip(y[..., None, None] + steps[:, None], 0, rows - 1)
    near_x = np.clip(x[..., None, None] + steps, 0, columns - 1)
    people = np.arange(count)[:, None, None, None], np.arange(points)[:, None, None]
    near: Floats = maps[(*people, near_y, near_x)]
    return near


def _inside(
    maps: NDArray[np.floating], x: NDArray[np.intp], y: NDArray[np.intp], reach: int
) -> NDArray[np.bool_]:
    rows, columns = maps.shape[2:]
    inside: NDArray[np.bool_] = (
        (x >= reach) & (x < columns - reach) & (y >= reach) & (y < rows - reach)
    )
    return inside
