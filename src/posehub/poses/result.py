"""What every backend answers with: the people of a picture, as arrays with names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from attrs import evolve, field, fields, frozen
from numpy.typing import ArrayLike, NDArray

from posehub.poses.checks import Float32Array, check_finite, check_points, check_shape, check_unit
from posehub.poses.person import Person
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    from PIL import Image as PILImage


DEFAULT_MIN_SCORE = 0.3
"""Least score of a keypoint that is drawn, measured or annotated. posehub's own choice: the field's
viewers and tutorials use 0.2 to 0.5, and a keypoint that is out of view scores well below."""


def _view(values: ArrayLike) -> Float32Array:
    """Return a read-only float32 view of `values`, copying only if the dtype differs."""
    view = np.asarray(values, dtype=np.float32).view()
    view.flags.writeable = False
    return view


def _optional_view(values: ArrayLike | None) -> Float32Array | None:
    return None if values is None else _view(values)


def _identities(values: ArrayLike | None) -> NDArray[np.int64] | None:
    """Return a read-only int64 view of `values`; None stays None.

    Raises:
        ValueError: they are not whole numbers.
    """
    if values is None:
        return None
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"ids must be whole numbers, got {given.dtype}")
    view = given.astype(np.int64, copy=False).view()
    view.flags.writeable = False
    return view


def _size(size: tuple[int, int] | None) -> tuple[int, int] | None:
    return None if size is None else (int(size[0]), int(size[1]))


@frozen(eq=False, repr=False)
class PoseResult(Sequence[Person]):
    """The people a backend found in one picture: P persons of K keypoints.

    Arrays are read-only float32. Coordinates are pixels of the upright picture, origin top left,
    x right, y down. It is a sequence of `Person`; slices, integer arrays and boolean masks give
    a `PoseResult` of the chosen people.

    Attributes:
        keypoints: (P, K, 2), x and y; both NaN where the backend did not report the point.
        scores: (P, K), in [0, 1]; NaN where the backend gave none, 0 where the point is missing.
        boxes: (P, 4), x1, y1, x2, y2; NaN where the backend gave none.
        box_scores: (P,), in [0, 1]; NaN where the backend gave none.
        skeleton: names the K keypoints.
        image_size: (width, height) of the upright picture, or None if unknown.
        backend: name of the backend that answered.
        request_id: the backend's id of the call, or None.
        raw: the backend's own reply as parsed JSON, or None.
        keypoints_3d: (P, K, 3), metres, origin between the hips, axes as the picture's with z
            away from the camera, or None.
        ids: (P,), int64, which person each one is across the frames of a film, or None.

    Raises:
        ValueError: an array's shape or range is not the one above.
    """

    keypoints: Float32Array = field(converter=_view)
    scores: Float32Array = field(converter=_view)
    boxes: Float32Array = field(converter=_view)
    box_scores: Float32Array = field(converter=_view)
    skeleton: Skeleton
    image_size: tuple[int, int] | None = field(converter=_size, default=None)
    backend: str = ""
    request_id: str | None = None
    raw: Any = None
    keypoints_3d: Float32Array | None = field(converter=_optional_view, default=None)
    ids: NDArray[np.int64] | None = field(converter=_identities, default=None)

    def __attrs_post_init__(self) -> None:
        persons = len(self.keypoints) if self.keypoints.ndim else 0
        points = len(self.skeleton)
        check_shape("keypoints", self.keypoints, (persons, points, 2))
        check_shape("scores", self.scores, (persons, points))
        check_shape("boxes", self.boxes, (persons, 4))
        check_shape("box_scores", self.box_scores, (persons,))
        if self.keypoints_3d is not None:
            check_shape("keypoints_3d", self.keypoints_3d, (persons, points, 3))
            check_finite("keypoints_3d", self.keypoints_3d)
        if self.ids is not None:
            check_shape("ids", self.ids, (persons,))
        check_points(self.keypoints, self.scores)
        check_finite("boxes", self.boxes)
        check_unit("scores", self.scores)
        check_unit("box_scores", self.box_scores)

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
        """Return the result of a picture with nobody in it."""
        points = len(skeleton)
        return cls(
            keypoints=np.empty((0, points, 2)),
            scores=np.empty((0, points)),
            boxes=np.empty((0, 4)),
            box_scores=np.empty(0),
            skeleton=skeleton,
            image_size=image_size,
            backend=backend,
            request_id=request_id,
            raw=raw,
        )

    def __len__(self) -> int:
        return len(self.keypoints)

    @overload
    def __getitem__(self, key: int) -> Person: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | NDArray[Any]) -> PoseResult: ...
    def __getitem__(self, key: int | slice | Sequence[int] | NDArray[Any]) -> Person | PoseResult:
        if isinstance(key, (slice, np.ndarray, Sequence)):
            return self._select(key)
        index = range(len(self))[key]  # counts negative ones from the end, refuses those outside
        return Person(self, index)

    def __iter__(self) -> Iterator[Person]:
        return (Person(self, index) for index in range(len(self)))

    def _select(self, key: slice | Sequence[int] | NDArray[Any]) -> PoseResult:
        if not isinstance(key, slice):
            # an empty list would become a float array, which cannot index
            key = np.asarray(key) if len(key) else np.empty(0, dtype=np.intp)
        return evolve(
            self,
            keypoints=self.keypoints[key],
            scores=self.scores[key],
            boxes=self.boxes[key],
            box_scores=self.box_scores[key],
            keypoints_3d=None if self.keypoints_3d is None else self.keypoints_3d[key],
            ids=None if self.ids is None else self.ids[key],
        )

    def filter(
        self,
        *,
        min_box_score: float | None = None,
        min_keypoints: int = 0,
        min_keypoint_score: float = 0.0,
    ) -> PoseResult:
        """Return the people who pass every given bound.

        Args:
            min_box_score: least box score; a person without one (NaN) does not pass.
            min_keypoints: least number of reported keypoints that count.
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
        keypoints, scores = self.keypoints.copy(), self.scores.copy()
        keypoints[low] = np.nan
        scores[low] = 0.0
        keypoints_3d = self.keypoints_3d
        if keypoints_3d is not None:
            keypoints_3d = keypoints_3d.copy()
            keypoints_3d[low] = np.nan
        return evolve(self, keypoints=keypoints, scores=scores, keypoints_3d=keypoints_3d)

    def to(self, skeleton: str | Skeleton) -> PoseResult:
        """Return the same people on another skeleton.

        Points of the same anatomical spot are copied; what is near or follows from others has a
        lower score; what cannot be had is NaN with score 0. `posehub.conversion` shows the table.

        Raises:
            ConfigError: no skeleton of that name is known.
        """
        from posehub.poses.conversion import convert

        return convert(self, skeleton)

    def offset(
        self, x: float, y: float, *, image_size: tuple[int, int] | None = None
    ) -> PoseResult:
        """Return the people moved by pixels; see `posehub.poses.transforms.offset`."""
        from posehub.poses.transforms import offset

        return offset(self, x, y, image_size=image_size)

    def crop(self, left: int, top: int, width: int, height: int) -> PoseResult:
        """Return the people in a part of the picture; see `posehub.poses.transforms.crop`."""
        from posehub.poses.transforms import crop

        return crop(self, left, top, width, height)

    def scale(self, x: float, y: float | None = None) -> PoseResult:
        """Return the people of the scaled picture; see `posehub.poses.transforms.scale`."""
        from posehub.poses.transforms import scale

        return scale(self, x, y)

    def rotate(self, degrees: float, *, center: tuple[float, float] | None = None) -> PoseResult:
        """Return the people turned counter-clockwise; see `posehub.poses.transforms.rotate`."""
        from posehub.poses.transforms import rotate

        return rotate(self, degrees, center=center)

    def flip(self, *, width: float | None = None) -> PoseResult:
        """Return the people mirrored left to right; see `posehub.poses.transforms.flip`."""
        from posehub.poses.transforms import flip

        return flip(self, width=width)

    def normalize(self, by: str = "box") -> Float32Array:
        """Return keypoints relative to box or torso; see `posehub.poses.angles.normalize`."""
        from posehub.poses.angles import normalize

        return normalize(self, by)

    def angle(self, first: str, joint: str, last: str, *, dimensions: int = 2) -> Float32Array:
        """Return the angle at a joint in degrees, (P,); see `posehub.poses.angles.angle`."""
        from posehub.poses.angles import angle

        return angle(self, first, joint, last, dimensions=dimensions)

    def angles(self, *, dimensions: int = 2) -> dict[str, Float32Array]:
        """Return the common joint angles in degrees; see `posehub.poses.angles.angles`."""
        from posehub.poses.angles import angles

        return angles(self, dimensions=dimensions)

    def oks(self, truth: PoseResult) -> NDArray[np.float64]:
        """Return the similarity of each person to each of `truth`, (P, T); see `poses.oks`."""
        from posehub.poses.oks import oks

        return oks(self, truth)

    def draw(
        self,
        image: Any = None,
        *,
        names: bool = False,
        scores: bool = False,
        boxes: bool = False,
        ids: bool = False,
    ) -> PILImage.Image:
        """Return the people drawn on `image`, or on a blank canvas; see `posehub.draw`."""
        from posehub.drawing import draw

        return draw(self, image, names=names, scores=scores, boxes=boxes, ids=ids)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready values; see `posehub.poses.json` for the layout."""
        from posehub.poses.json import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PoseResult:
        """Return the result that `to_dict` wrote.

        Raises:
            ValueError: `data` is not of that layout; names the field.
        """
        from posehub.poses.json import from_dict

        return from_dict(data)

    def to_json(self) -> str:
        """Return `to_dict` as one line of strict JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> PoseResult:
        """Return the result that `to_json` wrote.

        Raises:
            ValueError: `text` is not JSON of that layout.
        """
        return cls.from_dict(json.loads(text))

    def __eq__(self, other: object) -> bool:
        """Compare all fields; NaN equals NaN."""
        if not isinstance(other, PoseResult):
            return NotImplemented
        mine, theirs = self._plain_fields(), other._plain_fields()
        return mine == theirs and all(
            np.array_equal(a, b, equal_nan=True)
            for a, b in zip(self._arrays(), other._arrays(), strict=True)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields only: a copy is made anew, and so is read-only again."""
        return PoseResult, tuple(getattr(self, field.name) for field in fields(PoseResult))

    __hash__ = None  # type: ignore[assignment]  # arrays have no cheap hash; attrs asks for a word

    def _arrays(self) -> list[NDArray[Any]]:
        optional = [array for array in (self.keypoints_3d, self.ids) if array is not None]
        return [self.keypoints, self.scores, self.boxes, self.box_scores, *optional]

    def _plain_fields(self) -> tuple[Any, ...]:
        return (
            self.skeleton,
            self.image_size,
            self.backend,
            self.request_id,
            self.raw,
            self.keypoints_3d is None,
            self.ids is None,
        )

    def __repr__(self) -> str:
        people = "1 person" if len(self) == 1 else f"{len(self)} people"
        size = "" if self.image_size is None else f", {self.image_size[0]}x{self.image_size[1]}"
        return f"PoseResult({people}, {self.skeleton.name}{size}, backend={self.backend!r})"
