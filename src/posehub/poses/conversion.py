"""Conversion between skeletons: which keypoints are copied, derived from others, or missing."""

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
"""The factor by which the score of a near or derived keypoint is multiplied: below 1, so that the
score shows it, and close to 1, so that thresholds still work. The value is posehub's own choice."""


@frozen
class Step:
    """The origin of one keypoint of the target.

    Attributes:
        name: the target's keypoint.
        kind: "direct", a copy from the same anatomical location; "near", a copy from a nearby
            location; "derived", the mean of several keypoints; or "missing".
        sources: the source's keypoints that are copied or averaged.
    """

    name: str
    kind: str
    sources: tuple[str, ...] = ()


@frozen(slots=False, repr=False)
class Conversion:
    """The table by which keypoints of one skeleton become those of another; printing it shows it.

    Attributes:
        source: the skeleton to convert from.
        target: the skeleton to convert to.
        steps: the origin of each keypoint of the target, in the target's order.
    """

    source: Skeleton
    target: Skeleton
    steps: tuple[Step, ...]

    @property
    def direct(self) -> dict[str, str]:
        """Keypoints of the target copied with their scores, each with its original."""
        return {step.name: step.sources[0] for step in self._of_kind("direct")}

    @property
    def near(self) -> dict[str, str]:
        """Keypoints of the target copied from a nearby location, each with its original."""
        return {step.name: step.sources[0] for step in self._of_kind("near")}

    @property
    def derived(self) -> dict[str, tuple[str, ...]]:
        """Keypoints of the target that are a mean, each with the averaged keypoints."""
        return {step.name: step.sources for step in self._of_kind("derived")}

    @property
    def missing(self) -> tuple[str, ...]:
        """Keypoints of the target that cannot be computed from the source."""
        return tuple(step.name for step in self._of_kind("missing"))

    @property
    def dropped(self) -> tuple[str, ...]:
        """Keypoints of the source that are not copied to any keypoint of the target."""
        copied = {*self.direct.values(), *self.near.values()}
        return tuple(name for name in self.source.keypoints if name not in copied)

    def apply(self, result: PoseResult) -> PoseResult:
        """Return the people of `result` on the target skeleton.

        Direct keypoints are copied with their scores. Near keypoints are copied, and derived
        keypoints are the mean of their sources, with `INDIRECT_FACTOR` times the (lowest) score of
        the sources: NaN if one of them has no score. A derived keypoint is missing where one of its
        sources is. Missing keypoints are NaN with score 0. `keypoints_3d` is treated likewise; all
        other fields stay the same.

        Raises:
            ValueError: `result` is not of the source skeleton.
        """
        if result.skeleton != self.source:
            raise ValueError(
                f"this conversion is from {self.source.name}, but the people have the skeleton "
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
        for columns in self._missing_columns:
            out[:, columns] = np.nan

    def _score(self, scores: Float32Array, points: Float32Array, out: Float32Array) -> None:
        scores.take(self._columns, axis=1, out=out, mode="clip")
        if self._factors is not None:
            out *= self._factors
        for column, sources in self._derived_columns:
            # unlike fmin, minimum returns NaN if one of the scores is NaN
            lowest = reduce(np.minimum, (scores[:, source] for source in sources))
            out[:, column] = np.where(np.isnan(points[:, column, 0]), 0, lowest * INDIRECT_FACTOR)
        for columns in self._missing_columns:
            out[:, columns] = 0

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        """The source's column of each copied keypoint; an arbitrary one for the others."""
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
    def _factors(self) -> Float32Array | None:
        """The factor of each score, or None if no keypoint is near."""
        near = [step.kind == "near" for step in self.steps]
        return np.where(near, INDIRECT_FACTOR, 1).astype(np.float32) if any(near) else None

    @cached_property
    def _missing_columns(self) -> list[slice]:
        """The columns of the missing keypoints, as slices: faster to fill than one by one."""
        columns = {column for column, step in enumerate(self.steps) if step.kind == "missing"}
        starts = sorted(column for column in columns if column - 1 not in columns)
        ends = sorted(column + 1 for column in columns if column + 1 not in columns)
        return list(map(slice, starts, ends))

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
    """Return the table by which keypoints of one skeleton become those of another.

    A keypoint of the target is the first of these that exists: the source's keypoint at the same
    anatomical location; a source's keypoint at a nearby location, unless it is copied already; the
    mean of other keypoints by a rule; missing. `posehub.poses.skeletons.spots` has the locations
    and the rules.

    Args:
        source: a skeleton or its name. The number of keypoints never decides.
        target: a skeleton or its name.

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
    """Return the nearby keypoints of the source by the target's keypoint they are copied to.

    Each keypoint has at most one partner, the same in both directions. Converting there and back
    can therefore not move a keypoint to the location of another.
    """
    used_source = {name for name in source.keypoints if target.at(source.spot(name))}
    used_target = {name for name in target.keypoints if source.at(target.spot(name))}
    partners: dict[str, str] = {}
    for one, other in NEAR:
        for spot, nearby in ((one, other), (other, one)):
            copy, original = target.at(spot), source.at(nearby)
            if copy is None or original is None or copy in used_target or original in used_source:
                continue
            partners[copy] = original
            used_target.add(copy)
            used_source.add(original)
    return partners


def _formula(step: Step) -> str:
    if step.kind == "derived":
        return f"mean of {', '.join(step.sources)}"
    return ", ".join(step.sources)
