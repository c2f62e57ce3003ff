"""One image in the forms that the networks take."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import frozen
from PIL import Image as PILImage

from posehub_blazepose import detector, landmarks
from posehub_blazepose.geometry import Floats, Region, letterbox
from posehub_blazepose.sampling import Grid, Pixels, warp
from posehub_blazepose.tiles import Tile


class Inputs:
    """Inputs of the networks, sampled from one image on demand."""

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = pixels
        self.height, self.width = pixels.shape[:2]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the image in pixels."""
        return self.width, self.height

    @cached_property
    def _resizable(self) -> PILImage.Image:
        return PILImage.fromarray(self._pixels)

    def whole(self) -> tuple[Grid, Floats]:
        """Return the whole image as the detector was trained on it, and the map back, (2, 3).

        Grey levels in [0, 255], float32 (224, 224, 3).
        """
        matrix = letterbox(self.width, self.height).matrix(detector.INPUT_SIZE)
        return warp(self._pixels, matrix, detector.INPUT_SIZE, "zero"), matrix

    def tile(self, tile: Tile) -> tuple[Grid, Floats]:
        """Return a tile, black outside the image, and the map back, (2, 3).

        Grey levels in [0, 255], float32 (*tile.shape, 3); detail finer than the elements is
        averaged.
        """
        rows = _fit(tile.top, tile.bottom, self.height, tile.shape[0])
        columns = _fit(tile.left, tile.right, self.width, tile.shape[1])
        resized = self._resizable.resize(
            (columns.count, rows.count),
            PILImage.Resampling.BILINEAR,
            box=(columns.low, rows.low, columns.high, rows.high),
        )
        grid = np.zeros((*tile.shape, 3), np.float32)
        grid[rows.elements, columns.elements] = np.asarray(resized)
        matrix = np.array([[columns.step, 0, columns.origin], [0, rows.step, rows.origin]])
        return grid, matrix

    def region(self, region: Region) -> Grid:
        """Return a region as the landmark network takes it, in [0, 1], float32 (256, 256, 3).

        Outside the image its edge is repeated, as in MediaPipe's landmark graph.
        """
        matrix = region.matrix(landmarks.INPUT_SIZE)
        grid = warp(self._pixels, matrix, landmarks.INPUT_SIZE, "edge")
        grid *= 1 / 255
        return grid


@frozen
class _Axis:
    """One axis of a tile: which elements hold which part of the image.

    Attributes:
        first: the first element that holds a part of the image.
        count: number of elements that do.
        low: where that part begins, in pixels.
        high: where it ends.
    """

    first: int
    count: int
    low: float
    high: float

    @property
    def elements(self) -> slice:
        return slice(self.first, self.first + self.count)

    @property
    def step(self) -> float:
        """Pixels per element."""
        return (self.high - self.low) / self.count

    @property
    def origin(self) -> float:
        """Position of the edge of element 0, in pixels."""
        return self.low - self.first * self.step


def _fit(start: float, end: float, length: int, size: int) -> _Axis:
    """Return the elements for the part of start to end that lies within `length` pixels.

    Only whole elements are used: where the image's edge falls inside an element, the step changes,
    by less than half an element over the whole axis.
    """
    low, high = max(0.0, start), min(float(length), end)
    first = min(round((low - start) / (end - start) * size), size - 1)
    last = max(round((high - start) / (end - start) * size), first + 1)
    return _Axis(first, last - first, low, high)
