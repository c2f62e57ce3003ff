"""What a skeleton is: the named keypoints of one body model, in order, and how they connect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from attrs import field, frozen

from posehub.errors import nearest


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


def _pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in pairs)


def _items(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return _pairs(pairs.items() if isinstance(pairs, Mapping) else pairs)


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
        flip_pairs: pairs of keypoint names that change places when the picture is mirrored.
        sigmas: per keypoint, the standard deviation of human annotation relative to the
            person's size, as used by OKS (object keypoint similarity), or None where none
            are published.
        spots: pairs of a keypoint's name and the anatomical spot it marks, for the keypoints that
            mean another spot than one of their own name; given as pairs or as a mapping. Points of
            two skeletons on one spot are the same point, whatever they are called; see
            `posehub.poses.skeletons.spots`.

    Raises:
        ValueError: a name is doubled, a pair names an unknown keypoint, the number of sigmas
            differs from the number of keypoints, or two keypoints mark one spot.
    """

    name: str
    keypoints: tuple[str, ...] = field(converter=_names)
    links: tuple[tuple[str, str], ...] = field(converter=_pairs, default=())
    flip_pairs: tuple[tuple[str, str], ...] = field(converter=_pairs, default=())
    sigmas: tuple[float, ...] | None = field(converter=_numbers, default=None)
    spots: tuple[tuple[str, str], ...] = field(converter=_items, default=())

    def __attrs_post_init__(self) -> None:
        if len(self._indices) != len(self.keypoints):
            doubled = sorted({n for n in self.keypoints if self.keypoints.count(n) > 1})
            raise ValueError(f"skeleton {self.name!r} names these keypoints twice: {doubled}")
        named = {
            "links": {name for pair in self.links for name in pair},
            "flip_pairs": {name for pair in self.flip_pairs for name in pair},
            "spots": {name for name, _ in self.spots},
        }
        for kind, names in named.items():
            unknown = sorted(names - set(self.keypoints))
            if unknown:
                raise ValueError(f"skeleton {self.name!r} has {kind} to unknown points {unknown}")
        if self.sigmas is not None and len(self.sigmas) != len(self.keypoints):
            raise ValueError(
                f"skeleton {self.name!r} has {len(self.sigmas)} sigmas "
                f"for {len(self.keypoints)} keypoints"
            )
        if len(self._of_spot) != len(self.keypoints):
            shared = sorted(set(self.keypoints) - set(self._of_spot.values()))
            raise ValueError(f"skeleton {self.name!r} has {shared} on spots of other keypoints")

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
        """Return the row of keypoint `name`.

        Raises:
            KeyError: the skeleton has no such keypoint.
        """
        try:
            return self._indices[name]
        except KeyError:
            raise KeyError(
                f"{self.name} has no keypoint {name!r}.{nearest(name, self.keypoints)}"
            ) from None

    def at(self, spot: str) -> str | None:
        """Return the name of the keypoint that marks an anatomical spot, or None."""
        return self._of_spot.get(spot)

    def spot(self, name: str) -> str:
        """Return the anatomical spot that keypoint `name` marks; its name unless `spots` has it.

        Raises:
            KeyError: the skeleton has no such keypoint.
        """
        self.index(name)
        return dict(self.spots).get(name, name)
