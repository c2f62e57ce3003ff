"""One person of a result, by the names of the skeleton: views on the result's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult


@frozen
class Keypoint:
    """One named point of one person.

    Attributes:
        name: the skeleton's name of the point, such as "left_wrist".
        x, y: pixels of the upright picture, origin top left, x right, y down; NaN when the
            backend did not report the point.
        score: in [0, 1]; NaN when the backend gave none, 0 when it did not report the point.
    """

    name: str
    x: float
    y: float
    score: float


@frozen
class Box:
    """A person's bounding box, in pixels of the upright picture; NaN when the backend gave none."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top


@frozen(eq=False, repr=False)
class Person:
    """One person of a `PoseResult`: a view that copies nothing.

    Attributes:
        result: the result the person belongs to.
        index: the person's row in the result's arrays.
    """

    result: PoseResult
    index: int

    def __getitem__(self, name: str) -> Keypoint:
        """Return the keypoint `name`; its x and y are NaN if the backend did not report it.

        Raises:
            KeyError: the skeleton has no such keypoint.
        """
        column = self.result.skeleton.index(name)
        x, y = self.result.keypoints[self.index, column].tolist()
        return Keypoint(name, x, y, float(self.result.scores[self.index, column]))

    @property
    def keypoints(self) -> dict[str, Keypoint]:
        """The reported keypoints by name, in the skeleton's order."""
        reported = ~np.isnan(self.result.keypoints[self.index, :, 0])
        names = self.result.skeleton.keypoints
        return {names[column]: self[names[column]] for column in np.flatnonzero(reported)}

    @property
    def box(self) -> Box:
        """The bounding box."""
        left, top, right, bottom = self.result.boxes[self.index].tolist()
        return Box(left, top, right, bottom, self.score)

    @property
    def score(self) -> float:
        """How sure the backend is of this person, in [0, 1]; NaN when it gave no score."""
        return float(self.result.box_scores[self.index])

    @property
    def id(self) -> int | None:
        """Which person it is across the frames of a film, or None."""
        return None if self.result.ids is None else int(self.result.ids[self.index])

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same row of the same result."""
        if not isinstance(other, Person):
            return NotImplemented
        return self.result is other.result and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.result), self.index))

    def __repr__(self) -> str:
        box = self.box
        return (
            f"Person({len(self.keypoints)} of {len(self.result.skeleton)} keypoints, "
            f"box=({box.left:.0f}, {box.top:.0f}, {box.right:.0f}, {box.bottom:.0f}), "
            f"score={self.score:.2f})"
        )
