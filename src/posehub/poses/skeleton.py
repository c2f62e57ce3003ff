"""Skeletons: the named keypoints of one body model, in order, and the links between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from attrs import field, frozen

from posehub.errors import nearest


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


def _pairs(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return tuple((first, second) for first, second in items)


def _numbers(values: Iterable[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(float(value) for value in values)


@frozen(slots=False)
class Skeleton:
    """The keypoints of one body model.

    Attributes:
        name: unique name, such as "coco17".
        keypoints: keypoint names in the model's own order; snake_case, `left_` and `right_`
            from the person's own side.
        links: pairs of keypoint names joined by a line when drawn.
        flip_pairs: pairs of keypoint names that change places when the image is mirrored.
        sigmas: per keypoint, the standard deviation of human annotation relative to the person's
            size, as used by OKS (object keypoint similarity), or None if none are published.
        spots: pairs of a keypoint's name and the anatomical location it marks, as pairs or as a
            mapping. A keypoint without a pair marks the location of its own name. Keypoints of two
            skeletons at one location are the same point, whatever their names; see
            `posehub.poses.skeletons.spots`.

    Raises:
        ValueError: a name is a duplicate, a pair names an unknown keypoint, the number of sigmas
            differs from the number of keypoints, or two keypoints mark one location.
    """

    name: str
    keypoints: tuple[str, ...] = field(converter=_names)
    links: tuple[tuple[str, str], ...] = field(converter=_pairs, default=())
    flip_pairs: tuple[tuple[str, str], ...] = field(converter=_pairs, default=())
    sigmas: tuple[float, ...] | None = field(converter=_numbers, default=None)
    spots: tuple[tuple[str, str], ...] = field(converter=_pairs, default=())

    def __attrs_post_init__(self) -> None:
        points = set(self.keypoints)
        faults = {
            "duplicate keypoints": Counter(self.keypoints) - Counter(points),
            "links to unknown keypoints": {n for pair in self.links for n in pair} - points,
            "flip_pairs of unknown keypoints": {n for p in self.flip_pairs for n in p} - points,
            "spots of unknown keypoints": {name for name, _ in self.spots} - points,
            "two keypoints for one spot": points - set(self._of_spot.values()),
        }
        for fault, names in faults.items():
            if names:
                raise ValueError(f"skeleton {self.name!r} has {fault}: {', '.join(sorted(names))}")
        if self.sigmas is not None and len(self.sigmas) != len(self.keypoints):
            counts = f"{len(self.sigmas)} sigmas for {len(self.keypoints)} keypoints"
            raise ValueError(f"skeleton {self.name!r} has {counts}")

    @cached_property
    def _of_spot(self) -> dict[str, str]:
        spots = dict(self.spots)
        return {spots.get(name, name): name for name in self.keypoints}

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.keypoints)}

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, name: str) -> int:
        """Return the column of keypoint `name` in the arrays of a result.

        Raises:
            KeyError: the skeleton has no such keypoint.
        """
        try:
            return self._indices[name]
        except KeyError:
            message = f"{self.name} has no keypoint {name!r}.{nearest(name, self.keypoints)}"
            raise KeyError(message) from None

    def at(self, spot: str) -> str | None:
        """Return the name of the keypoint at an anatomical location, or None."""
        return self._of_spot.get(spot)

    def spot(self, name: str) -> str:
        """Return the anatomical location that keypoint `name` marks.

        Raises:
            KeyError: the skeleton has no such keypoint.
        """
        return dict(self.spots).get(name, self.keypoints[self.index(name)])
