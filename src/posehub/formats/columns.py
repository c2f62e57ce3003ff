"""The columns of tables of one person a row: what Parquet, Arrow and pandas hold.

Columns: `image`, `image_id`, `image_width`, `image_height`, `digest`, `frame` and `time` of the
image; `backend`, `request_id` and `skeleton` of its result; `error`, `error_message` and
`error_code` if it failed; `person` and `track_id` of the person; `left`, `top`, `right`, `bottom`
and `score` of the box; NAME_x, NAME_y and NAME_score of each keypoint; NAME_3d_x, NAME_3d_y and
NAME_3d_z if there are 3-D keypoints. An image without people, or that failed, has one row, whose
`person` is missing. The rows of an image come together, and `person` grows within them.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from posehub.errors import ConfigError
from posehub.poses.catalogue import get_skeleton
from posehub.poses.skeleton import Skeleton

FACTS = {
    "image": "string",
    "image_id": "int64",
    "image_width": "int32",
    "image_height": "int32",
    "digest": "string",
    "frame": "int64",
    "time": "float64",
    "backend": "string",
    "request_id": "string",
    "skeleton": "string",
    "error": "string",
    "error_message": "string",
    "error_code": "string",
    "person": "int32",
    "track_id": "int64",
}
"""Column -> type of what is not a number of a box or keypoint; those are float32."""

REQUIRED = ("image", "skeleton", "person")
"""The columns of `FACTS` that a table must have; the values of others are missing without them."""

BOX = ("left", "top", "right", "bottom", "score")


@frozen
class Layout:
    """The columns of boxes and keypoints.

    Attributes:
        skeleton: of all results; None if all images failed.
        has_3d: whether there are 3-D keypoints.
    """

    skeleton: Skeleton | None
    has_3d: bool

    @property
    def keypoints(self) -> tuple[str, ...]:
        """Names of the keypoints."""
        return () if self.skeleton is None else self.skeleton.keypoints

    @property
    def points(self) -> list[str]:
        """Names of the columns of x and y."""
        return [f"{name}_{axis}" for name in self.keypoints for axis in "xy"]

    @property
    def scores(self) -> list[str]:
        """Names of the columns of scores."""
        return [f"{name}_score" for name in self.keypoints]

    @property
    def points_3d(self) -> list[str]:
        """Names of the columns of x, y and z in metres."""
        names = self.keypoints if self.has_3d else ()
        return [f"{name}_3d_{axis}" for name in names for axis in "xyz"]

    @property
    def numbers(self) -> list[str]:
        """Names of every column of float32, in order."""
        return [*BOX, *self.points, *self.scores, *self.points_3d]


def layout_of(columns: Iterable[str], skeleton: Skeleton | None) -> Layout:
    """Return the layout of a table with these columns.

    Raises:
        ValueError: a column is missing.
    """
    there = set(columns)
    names = () if skeleton is None else skeleton.keypoints
    layout = Layout(skeleton, has_3d=any(f"{name}_3d_x" in there for name in names))
    for name in (*REQUIRED, *layout.numbers):
        if name not in there:
            raise ValueError(f"has no column {name!r}")
    return layout


def skeleton_called(name: str, given: Skeleton | None) -> Skeleton:
    """Return the skeleton of a name: the given one if it has that name, else a known one.

    Raises:
        ValueError: no known skeleton has the name.
    """
    if given is not None and given.name == name:
        return given
    try:
        return get_skeleton(name)
    except ConfigError as error:
        raise ValueError(f"{error} If it is your own, give it: skeleton=...") from error
