"""People of one skeleton on another: which points are copied, which computed, which missing."""

from __future__ import annotations

from functools import cached_property, lru_cache, reduce

import attrs
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.poses.catalogue import get_skeleton
from posehub.poses.checks import Float32Array, blocks
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons.spots import DERIVED, NEAR

INDIRECT_FACTOR = 0.9
"""What the score of a near or derived point is multiplied by: below 1, so that the score tells, and
close to 1, so that thresholds keep working. The value is posehub's own choice."""


@frozen
class Step:
    """Where one point of the target comes from.

    Attributes:
        name: the target's keypoint.
        kind: "direct", the same anatomical spot; "near", another spot close to it; "derived", the
            mean of several points; or "missing".
        sources: the source's keypoints it is made of.
    """

    name: str
    kind: str
    sources: tuple[str, ...] = ()


@frozen(slots=False, repr=False)
class Conversion:
    """How the points of one skeleton become those of another; print it to see the table.

    Attributes:
        source: the skeleton to convert from.
        target: the skeleton to convert to.
        steps: for each keypoint of the target, in its order, where it comes from.
    """

    source: Skeleton
    target: Skeleton
    steps: tuple[Step, ...]

    @property
    def direct(self) -> dict[str, str]:
        """The target's points copied with their scores, and the source's points they copy."""
        return {step.name: step.sources[0] for step in self._of_kind("direct")}

    @property
    def near(self) -> dict[str, str]:
        """The target's points copied from a point close by, at a lower score."""
        return {step.name: step.sources[0] for step in self._of_kind("near")}

    @property
    def derived(self) -> dict[str, tuple[str, ...]]:
        """The target's points computed as the mean of these points of the source."""
        return {step.name: step.sources for step in self._of_kind("derived")}

    @property
    def missing(self) -> tuple[str, ...]:
        """The target's points the source cannot give."""
        return tuple(step.name for step in self._of_kind("missing"))

    @property
    def dropped(self) -> tuple[str, ...]:
        """The source's points that are not copied to any point of the target."""
        copied = {*self.direct.values(), *self.near.values()}
        return tuple(name for name in self.source.keypoints if name not in copied)

    def apply(self, result: PoseResult) -> PoseResult:
        """Return the people of `result` on the target skeleton.

        Direct points are copied with their scores. Near points are copied, and derived points are
        the mean of their sources, with `INDIRECT_FACTOR` times the (least) score of the sources:
        NaN if one has none. A derived point is missing where one of its sources is. Missing points
        are NaN with score 0. `keypoints_3d` is treated likewise; boxes and all else stay.

        Raises:
            ValueError: `result` is not of the source skeleton.
        """
        if result.skeleton != self.source:
            raise ValueError(
                f"this conversion is from {self.source.name}, the people are of "
                f"{result.skeleton.name}"
            )
        if self.source == self.target:
            return result
        people, points = len(result), len(self.target)
        keypoints = np.empty((people, points, 2), np.float32)
        scores = np.empty((people, points), np.float32)
        for rows in blocks(people):
            self._place(result.keypoints[rows], keypoints[rows])
            self._score(result.scores[rows], keypoints[rows], scores[rows])
        keypoints_3d = None
        if result.keypoints_3d is not None:
            keypoints_3d = np.empty((people, points, 3), np.float32)
            for rows in blocks(people):
                self._place(result.keypoints_3d[rows], keypoints_3d[rows])
        return attrs.evolve(
            result,
            keypoints=keypoints,
            scores=scores,
            keypoints_3d=keypoints_3d,
            skeleton=self.target,
        )

    def _place(self, points: Float32Array, out: Float32Array) -> None:
        points.take(self._columns, axis=1, out=out, mode="clip")
        for column, sources in self._derived_columns:
            total = points[:, sources[0]].astype(np.float64)
            for source in sources[1:]:
                total += points[:, source]
            out[:, column] = total / len(sources)
        for column in self._missing_columns:
            out[:, column] = np.nan

    def _score(self, scores: Float32Array, points: Float32Array, out: Float32Array) -> None:
        scores.take(self._columns, axis=1, out=out, mode="clip")
        for column in self._near_columns:
            out[:, column] *= INDIRECT_FACTOR
        for column, sources in self._derived_columns:
            # unlike fmin, minimum lets NaN pass: who has no score gives none
            least = reduce(np.minimum, (scores[:, source] for source in sources))
            out[:, column] = np.where(np.isnan(points[:, column, 0]), 0, least * INDIRECT_FACTOR)
        for column in self._missing_columns:
            out[:, column] = 0

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        """The source's column of each copied point; any column for the others."""
        firsts = [self.source.index(step.sources[0]) if step.sources else 0 for step in self.steps]
        return np.array(firsts, np.intp)

    @cached_property
    def _derived_columns(self) -> list[tuple[int, list[int]]]:
        return [
            (column, [self.source.index(name) for name in step.sources])
            for column, step in enumerate(self.steps)
            if step.kind == "derived"
        ]

    @cached_property
    def _near_columns(self) -> list[int]:
        return [column for column, step in enumerate(self.steps) if step.kind == "near"]

    @cached_property
    def _missing_columns(self) -> list[int]:
        return [column for column, step in enumerate(self.steps) if step.kind == "missing"]

    def _of_kind(self, kind: str) -> list[Step]:
        return [step for step in self.steps if step.kind == kind]

    def __repr__(self) -> str:
        return (
            f"Conversion({self.source.name} -> {self.target.name}: {len(self.direct)} direct, "
            f"{len(self.near)} near, {len(self.derived)} derived, {len(self.missing)} missing)"
        )

    def __str__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        lines = [
            f"  {step.name:<{width}}  {step.kind:<7}  {_formula(step)}".rstrip()
            for step in self.steps
        ]
        if self.dropped:
            lines.append(f"  dropped: {', '.join(self.dropped)}")
        return "\n".join([repr(self), *lines])


def conversion(source: str | Skeleton, target: str | Skeleton) -> Conversion:
    """Return how the points of one skeleton become those of another.

    A point of the target is, in this order: the source's point on the same spot; a point on a spot
    near it that no other point is taken from; the mean of other points by a stated rule; missing.
    `posehub.poses.skeletons.spots` has the spots and rules.

    Args:
        source: a skeleton or the name of one. The number of points never chooses it.
        target: likewise.

    Raises:
        ConfigError: no skeleton of that name is known.
    """
    return _plan(_named(source), _named(target))


def convert(result: PoseResult, skeleton: str | Skeleton) -> PoseResult:
    """Return the people of `result` on another skeleton; see `Conversion.apply`.

    Raises:
        ConfigError: no skeleton of that name is known.
    """
    return conversion(result.skeleton, skeleton).apply(result)


def _named(skeleton: str | Skeleton) -> Skeleton:
    return skeleton if isinstance(skeleton, Skeleton) else get_skeleton(skeleton)


@lru_cache(maxsize=256)
def _plan(source: Skeleton, target: Skeleton) -> Conversion:
    partners = _partners(source, target)
    steps = (_step(name, source, target, partners) for name in target.keypoints)
    return Conversion(source, target, tuple(steps))


def _step(name: str, source: Skeleton, target: Skeleton, partners: dict[str, str]) -> Step:
    spot = target.spot(name)
    same = source.at(spot)
    if same is not None:
        return Step(name, "direct", (same,))
    if name in partners:
        return Step(name, "near", (partners[name],))
    for derived, parts in DERIVED:
        found = [source.at(part) for part in parts]
        if derived == spot and None not in found:
            return Step(name, "derived", tuple(part for part in found if part is not None))
    return Step(name, "missing")


def _partners(source: Skeleton, target: Skeleton) -> dict[str, str]:
    """Return for points of the target the source's point near them.

    Every point has one partner at most, and the same one in both directions: so that going there
    and back cannot move a point to another's place.
    """
    taken_source = {name for name in source.keypoints if target.at(source.spot(name))}
    taken_target = {name for name in target.keypoints if source.at(target.spot(name))}
    partners: dict[str, str] = {}
    for one, other in NEAR:
        for spot, close in ((one, other), (other, one)):
            wanted, given = target.at(spot), source.at(close)
            if wanted is None or given is None or wanted in taken_target or given in taken_source:
                continue
            partners[wanted] = given
            taken_target.add(wanted)
            taken_source.add(given)
    return partners


def _formula(step: Step) -> str:
    if step.kind == "derived":
        return f"mean of {', '.join(step.sources)}"
    return ", ".join(step.sources)
