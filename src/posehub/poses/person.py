"""One person of a result, with keypoints by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen

if TYPE_CHECKING:
    from posehub.poses.result import PoseResult


@frozen
class Keypoint:
    """One named keypoint of one person.

    Attributes:
        name: the skeleton's name of the keypoint, such as "left_wrist".
        x, y: pixels of the upright image, as in `PoseResult`; NaN if not reported.
        score: in [0, 1]; NaN if the backend gave none, 0 if the keypoint is not reported.
    """

    name: str
    x: float
    y: float
    score: float


@frozen
class Box:
    """A person's bounding box, in pixels of the upright image; NaN if the backend gave none."""

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


@frozen(repr=False)
class Person:
    """One person of a `PoseResult`: a view that copies nothing.

    Two are equal if they are the same row of the same result object.

    Attributes:
        result: the result the person belongs to.
        index: the person's row in the result's arrays.
    """

    result: PoseResult = field(eq=id)
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
        """The backend's confidence in this person, in [0, 1]; NaN if it gave none."""
        return float(self.result.box_scores[self.index])

    @property
    def id(self) -> int | None:
        """The identity of the person across the frames of a video, or None."""
        return None if self.result.ids is None else int(self.result.ids[self.index])

    def __repr__(self) -> str:
        identity = "" if self.id is None else f"id={self.id}, "
        edges = ", ".join(f"{edge:.0f}" for edge in self.result.boxes[self.index])
        counts = f"{len(self.keypoints)} of {len(self.result.skeleton)} keypoints"
        return f"Person({identity}{counts}, box=({edges}), score={self.score:.2f})"
