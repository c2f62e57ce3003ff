"""The result of every backend: the people in one image, as arrays with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from attrs import evolve, field, fields, frozen
from numpy.typing import NDArray

from posehub.poses import angles, checks, oks, transforms
from posehub.poses.checks import DEFAULT_MIN_SCORE as DEFAULT_MIN_SCORE
from posehub.poses.checks import Float32Array, Int64Array
from posehub.poses.person import Person
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    from PIL import Image as PILImage

_ARRAYS = ("keypoints", "scores", "boxes", "box_scores", "keypoints_3d", "ids")
Rows = slice | Sequence[int] | NDArray[Any]


@frozen(eq=False, repr=False)
class PoseResult(Sequence[Person]):
    """The people a backend found in one image: P people of K keypoints.

    Coordinates are pixels of the upright image: x = 0 is the left edge of the first pixel, whose
    centre is 0.5; y likewise from the top; x right, y down. Arrays are read-only. The result is a
    sequence of `Person`; slices, integer arrays and boolean masks give a `PoseResult`.

    Attributes:
        keypoints: float32 (P, K, 2), x and y; both NaN where a keypoint is not reported.
        scores: float32 (P, K), in [0, 1]; NaN where the backend gave none, 0 where a keypoint is
            not reported. Values within 0.05 outside [0, 1] are set to the nearest bound.
        boxes: float32 (P, 4), x1, y1, x2, y2; NaN where the backend gave none.
        box_scores: float32 (P,), as `scores`.
        skeleton: names the K keypoints.
        image_size: (width, height) of the upright image, or None if unknown.
        backend: name of the backend.
        request_id: the service's id of the request, or None.
        raw: the response of the service as parsed JSON, or None.
        keypoints_3d: float32 (P, K, 3), metres, origin between the hips, axes as those of the image
            with z away from the camera, or None.
        ids: int64 (P,), the identity of each person across the frames of a video, or None.

    Raises:
        ValueError: an array's shape or range is not the one above.
    """

    keypoints: Float32Array = field(converter=checks.float32_view)
    scores: Float32Array = field(converter=checks.clamped_scores)
    boxes: Float32Array = field(converter=checks.float32_view)
    box_scores: Float32Array = field(converter=checks.clamped_box_scores)
    skeleton: Skeleton
    image_size: tuple[int, int] | None = field(converter=checks.optional_size, default=None)
    backend: str = ""
    request_id: str | None = None
    raw: Any = None
    keypoints_3d: Float32Array | None = field(converter=checks.optional_float32_view, default=None)
    ids: Int64Array | None = field(converter=checks.optional_int64_view, default=None)

    def __attrs_post_init__(self) -> None:
        checks.check_arrays(self)

    @classmethod
    def empty(
        cls,
        skeleton: Skeleton,
        *,
        image_size: tuple[int, int] | None = None,
        backend: str = "",
        request_id: str | None = None,
        raw: Any = None,
    ) -> PoseResult:
        """Return the result of an image without people."""
        points = len(skeleton)
        arrays = np.empty((0, points, 2)), np.empty((0, points)), np.empty((0, 4)), np.empty(0)
        return cls(*arrays, skeleton, image_size, backend, request_id, raw)

    def __len__(self) -> int:
        return len(self.keypoints)

    @overload
    def __getitem__(self, key: int) -> Person: ...
    @overload
    def __getitem__(self, key: Rows) -> PoseResult: ...
    def __getitem__(self, key: int | Rows) -> Person | PoseResult:
        if not isinstance(key, (slice, np.ndarray, Sequence)):
            # a range counts negative indices from the end and refuses those outside
            return Person(self, range(len(self))[key])
        rows = key if isinstance(key, slice) else checks.row_index(key)
        selected = object.__new__(PoseResult)  # rows of valid arrays need no validation
        for name in _FIELDS:
            value = getattr(self, name)
            if name in _ARRAYS and value is not None:
                value = value[rows]
                value.setflags(write=False)
            object.__setattr__(selected, name, value)
        return selected

    def __iter__(self) -> Iterator[Person]:
        return (Person(self, index) for index in range(len(self)))

    def filter(
        self,
        *,
        min_box_score: float | None = None,
        min_keypoints: int = 0,
        min_keypoint_score: float = 0.0,
    ) -> PoseResult:
        """Return the people who pass every given bound.

        Args:
            min_box_score: lowest box score; a person without one (NaN) does not pass.
            min_keypoints: lowest number of reported keypoints that count.
            min_keypoint_score: a keypoint counts if its score is at least this; one without a
                score (NaN) counts only at 0.
        """
        scores = np.nan_to_num(self.scores, nan=0.0)
        counted = ~np.isnan(self.keypoints[..., 0]) & (scores >= min_keypoint_score)
        keep: NDArray[np.bool_] = counted.sum(axis=1) >= min_keypoints
        if min_box_score is not None:
            keep &= self.box_scores >= min_box_score
        return self[keep]

    def mask(self, *, min_score: float = DEFAULT_MIN_SCORE) -> PoseResult:
        """Return the same people without the keypoints whose score is below `min_score`.

        Such a keypoint becomes not reported: NaN, with score 0. A keypoint without a score (NaN)
        is kept.
        """
        low = self.scores < min_score
        if not low.any():
            return self
        points = low[..., None]
        keypoints_3d = self.keypoints_3d
        return evolve(
            self,
            keypoints=np.where(points, np.nan, self.keypoints),
            scores=np.where(low, 0, self.scores),
            keypoints_3d=None if keypoints_3d is None else np.where(points, np.nan, keypoints_3d),
        )

    def to(self, skeleton: str | Skeleton) -> PoseResult:
        """Return the same people on another skeleton; see `posehub.conversion` for the table."""
        from posehub.poses.conversion import convert

        return convert(self, skeleton)

    def offset(
        self, x: float, y: float, *, image_size: tuple[int, int] | None = None
    ) -> PoseResult:
        """Return the people moved by pixels; see `posehub.poses.transforms.offset`."""
        return transforms.offset(self, x, y, image_size=image_size)

    def crop(self, left: int, top: int, width: int, height: int) -> PoseResult:
        """Return the people in a part of the image; see `posehub.poses.transforms.crop`."""
        return transforms.crop(self, left, top, width, height)

    def scale(self, x: float, y: float | None = None) -> PoseResult:
        """Return the people of the scaled image; see `posehub.poses.transforms.scale`."""
        return transforms.scale(self, x, y)

    def rotate(self, degrees: float, *, center: tuple[float, float] | None = None) -> PoseResult:
        """Return the people rotated counter-clockwise; see `posehub.poses.transforms.rotate`."""
        return transforms.rotate(self, degrees, center=center)

    def flip(self, *, width: float | None = None) -> PoseResult:
        """Return the people mirrored left to right; see `posehub.poses.transforms.flip`."""
        return transforms.flip(self, width=width)

    def normalize(self, by: str = "box", *, min_score: float = DEFAULT_MIN_SCORE) -> Float32Array:
        """Return keypoints relative to box or torso; see `posehub.poses.angles.normalize`."""
        return angles.normalize(self, by, min_score=min_score)

    def angle(
        self,
        first: str,
        joint: str,
        last: str,
        *,
        dimensions: int = 2,
        min_score: float = DEFAULT_MIN_SCORE,
    ) -> Float32Array:
        """Return the angle at a joint in degrees, (P,); see `posehub.poses.angles.angle`."""
        return angles.angle(self, first, joint, last, dimensions=dimensions, min_score=min_score)

    def angles(
        self, *, dimensions: int = 2, min_score: float = DEFAULT_MIN_SCORE
    ) -> dict[str, Float32Array]:
        """Return the common joint angles in degrees; see `posehub.poses.angles.angles`."""
        return angles.angles(self, dimensions=dimensions, min_score=min_score)

    def oks(self, truth: PoseResult) -> NDArray[np.float64]:
        """Return the similarity of each person to each of `truth`, (P, T); see `poses.oks`."""
        return oks.oks(self, truth)

    def draw(
        self,
        image: Any = None,
        *,
        min_score: float = DEFAULT_MIN_SCORE,
        names: bool = False,
        scores: bool = False,
        boxes: bool = False,
        ids: bool = False,
    ) -> PILImage.Image:
        """Return the people drawn on `image`, or on a blank canvas; see `posehub.draw`."""
        from posehub.drawing import draw

        show = {"names": names, "scores": scores, "boxes": boxes, "ids": ids}
        return draw(self, image, min_score=min_score, **show)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values; see `posehub.poses.json` for the layout."""
        from posehub.poses.json import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PoseResult:
        """Return the result `to_dict` wrote; a ValueError names the person and field at fault."""
        from posehub.poses.parsing import fields_of

        return cls(**fields_of(data))

    def to_json(self) -> str:
        """Return `to_dict` as one line of strict JSON."""
        from posehub.poses.json import dumps

        return dumps(self.to_dict()).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> PoseResult:
        """Return the result `to_json` wrote; a ValueError says what is wrong with `text`."""
        from posehub.poses.json import loads

        return cls.from_dict(loads(text))

    def __eq__(self, other: object) -> bool:
        """Compare all fields; NaN equals NaN."""
        if not isinstance(other, PoseResult):
            return NotImplemented
        return all(checks.equal(getattr(self, n), getattr(other, n)) for n in _FIELDS)

    __hash__ = None  # type: ignore[assignment]  # arrays have no cheap hash; attrs needs a statement

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields only: the copy is constructed anew, and so is read-only again."""
        return PoseResult, tuple(getattr(self, name) for name in _FIELDS)

    def __repr__(self) -> str:
        people = "1 person" if len(self) == 1 else f"{len(self)} people"
        size = "" if self.image_size is None else f", {self.image_size[0]}x{self.image_size[1]}"
        ids = "" if self.ids is None else " with ids"
        return f"PoseResult({people}{ids}, {self.skeleton.name}{size}, backend={self.backend!r})"


_FIELDS = tuple(attribute.name for attribute in fields(PoseResult))
