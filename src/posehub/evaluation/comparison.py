"""Several backends' results on the same pictures, with no truth: who agrees with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from attrs import frozen

from posehub.evaluation.matching import Floats, pair, refuse_crowd
from posehub.evaluation.running import Contestant
from posehub.poses.oks import areas_of, oks_matrix, point_similarity, sigmas_of
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17


@frozen
class FoundBy:
    """How many people exactly these contestants found."""

    labels: tuple[str, ...]
    people: int


@frozen
class KeypointAgreement:
    """How closely two contestants place one keypoint of the people both found.

    Attributes:
        name: of the keypoint.
        both, only_first, only_second: how many of those people have it from whom.
        distance: median distance as a share of the person's size, the square root of the area;
            None if `both` is 0.
        similarity: mean of its term in OKS; None if `both` is 0.
    """

    name: str
    both: int
    only_first: int
    only_second: int
    distance: float | None
    similarity: float | None


@frozen
class Pair:
    """Two contestants.

    Attributes:
        first, second: their labels.
        both, only_first, only_second: people found by both, or by one of the two.
        oks: mean OKS of the people both found, or None if there are none.
        keypoints: by keypoint, on the common skeleton.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    oks: float | None
    keypoints: tuple[KeypointAgreement, ...]


@frozen
class Picture:
    """One picture.

    Attributes:
        name: as it was given.
        people: for each person in it, the index in each contestant's result, None where that
            contestant did not find it.
        agreement: mean over people and pairs of contestants of their OKS, 0 where one of the two
            did not find the person; 1 if nobody found anybody; None if somebody failed.
    """

    name: str
    people: tuple[tuple[int | None, ...], ...]
    agreement: float | None


@frozen
class Comparison:
    """What `posehub compare` tells.

    Attributes:
        contestants: who was compared, and how they did by themselves.
        skeleton: name of the common skeleton.
        compared: pictures that every contestant answered; all numbers below are of those.
        found_by: who found whom, the most people first.
        pairs: every two contestants.
        pictures: all of them, in the order given.
    """

    contestants: tuple[Contestant, ...]
    skeleton: str
    compared: int
    found_by: tuple[FoundBy, ...]
    pairs: tuple[Pair, ...]
    pictures: tuple[Picture, ...]


@frozen(eq=False)
class _People:
    """One contestant's people in one picture, on the common skeleton."""

    keypoints: Floats
    areas: Floats


def compare(names: Sequence[str], contestants: Sequence[Contestant]) -> Comparison:
    """Return how far contestants agree about the pictures `names`.

    All are brought to one skeleton: their own if they share it, else coco17; points that somebody
    never reports are left out. People of one picture are joined by OKS with the Hungarian method:
    each contestant's with the people the ones before it found. Neither of two is the truth here,
    so that their OKS is the mean of both directions, each with the other person's area.
    """
    common = common_skeleton([c.results for c in contestants])
    columns = shared_columns([c.results for c in contestants], common)
    sigmas = sigmas_of(common)[columns]
    pictures, tallies = [], {ends: _Tally() for ends in combinations(range(len(contestants)), 2)}
    found: Counter[tuple[int, ...]] = Counter()
    for row, name in enumerate(names):
        results = [contestant.results[row] for contestant in contestants]
        answers = [result for result in results if result is not None]
        if len(answers) < len(results):
            pictures.append(Picture(name, (), None))
            continue
        people = [_on(common, columns, answer) for answer in answers]
        groups = join(people, sigmas)
        found.update(tuple(i for i, p in enumerate(group) if p is not None) for group in groups)
        agreement = [
            tally.add(people[a], people[b], [(g[a], g[b]) for g in groups], sigmas)
            for (a, b), tally in tallies.items()
        ]
        pictures.append(Picture(name, tuple(groups), _mean(agreement) if groups else 1.0))
    labels = [contestant.label for contestant in contestants]
    points = [common.keypoints[column] for column in columns]
    return Comparison(
        contestants=tuple(contestants),
        skeleton=common.name,
        compared=sum(picture.agreement is not None for picture in pictures),
        found_by=tuple(
            FoundBy(tuple(labels[i] for i in who), count) for who, count in found.most_common()
        ),
        pairs=tuple(
            tally.summary(labels[a], labels[b], points) for (a, b), tally in tallies.items()
        ),
        pictures=tuple(pictures),
    )


def common_skeleton(results: Sequence[Sequence[PoseResult | None]]) -> Skeleton:
    """Return the skeleton all results have, or coco17 if they have several."""
    own = {result.skeleton for one in results for result in one if result is not None}
    return own.pop() if len(own) == 1 else COCO17


def shared_columns(results: Sequence[Sequence[PoseResult | None]], common: Skeleton) -> list[int]:
    """Return the columns of the points that everybody who found anybody reports at least once."""
    shared = np.ones(len(common), np.bool_)
    for one in results:
        parts = [r.to(common).keypoints for r in one if r is not None and len(r)]
        if parts:
            shared &= ~np.isnan(np.concatenate(parts)[..., 0]).all(axis=0)
    return [int(column) for column in np.flatnonzero(shared)]


def join(people: Sequence[_People], sigmas: Floats) -> list[tuple[int | None, ...]]:
    """Return the people of one picture: for each, its index in each contestant's result or None."""
    groups: list[list[int | None]] = []
    for number, own in enumerate(people):
        refuse_crowd(len(own.areas))
        matrix = np.zeros((len(groups), len(own.areas)))
        for other in range(number):
            members = [(g, group[other]) for g, group in enumerate(groups)]
            rows = [g for g, index in members if index is not None]
            indices = [index for _, index in members if index is not None]
            oks = symmetric_oks(people[other], own, sigmas)[indices]
            matrix[rows] = np.maximum(matrix[rows], oks)
        pairs = pair(matrix) if matrix.size else []
        for group in groups:
            group.append(None)
        for g, index in pairs:
            groups[g][number] = index
        taken = {index for _, index in pairs}
        for index in range(len(own.areas)):
            if index not in taken:
                groups.append([None] * number + [index])
    return [tuple(group) for group in groups]


def symmetric_oks(first: _People, second: _People, sigmas: Floats) -> Floats:
    """Return the OKS of each of `first` with each of `second`, (P, Q), neither being the truth."""
    there = oks_matrix(first.keypoints, second.keypoints, second.areas, sigmas)
    back = oks_matrix(second.keypoints, first.keypoints, first.areas, sigmas)
    # a person without any of the points is like nobody
    oks: Floats = np.nan_to_num((there + back.T) / 2)
    return oks


class _Tally:
    """Adds up what two contestants agree on, picture by picture."""

    def __init__(self) -> None:
        self._oks: list[float] = []
        self._only = [0, 0]
        self._distances: list[Floats] = []
        self._similarities: list[Floats] = []
        self._reported: list[Floats] = []

    def add(
        self,
        first: _People,
        second: _People,
        people: Sequence[tuple[int | None, int | None]],
        sigmas: Floats,
    ) -> float:
        """Count the people of one picture; return their mean OKS, 0 for who one did not find."""
        both = [(a, b) for a, b in people if a is not None and b is not None]
        self._only[0] += sum(a is not None and b is None for a, b in people)
        self._only[1] += sum(a is None and b is not None for a, b in people)
        if not both:
            return 0.0
        left, right = ([ends[side] for ends in both] for side in (0, 1))
        oks = symmetric_oks(first, second, sigmas)[left, right]
        areas = (first.areas[left] + second.areas[right]) / 2
        a, b = first.keypoints[left], second.keypoints[right]
        distances = np.linalg.norm(a - b, axis=2)
        self._oks.extend(oks.tolist())
        self._distances.append(distances / np.sqrt(areas)[:, None])
        self._similarities.append(point_similarity(a - b, areas, sigmas))
        self._reported.append(~np.isnan(np.stack([a[..., 0], b[..., 0]])))
        return float(oks.sum() / len(people))

    def summary(self, first: str, second: str, points: Sequence[str]) -> Pair:
        """Return what was counted."""
        return Pair(
            first=first,
            second=second,
            both=len(self._oks),
            only_first=self._only[0],
            only_second=self._only[1],
            oks=_mean(self._oks),
            keypoints=tuple(self._point(column, name) for column, name in enumerate(points)),
        )

    def _point(self, column: int, name: str) -> KeypointAgreement:
        distances = np.concatenate([[], *(d[:, column] for d in self._distances)])
        alike = np.concatenate([[], *(s[:, column] for s in self._similarities)])
        mine, theirs = np.concatenate(
            [np.empty((2, 0), np.bool_), *(r[:, :, column] for r in self._reported)], axis=1
        )
        both = mine & theirs
        return KeypointAgreement(
            name=name,
            both=int(both.sum()),
            only_first=int((mine & ~theirs).sum()),
            only_second=int((theirs & ~mine).sum()),
            distance=float(np.median(distances[both])) if both.any() else None,
            similarity=float(alike[both].mean()) if both.any() else None,
        )


def _on(common: Skeleton, columns: Sequence[int], result: PoseResult) -> _People:
    converted = result if result.skeleton == common else result.to(common)
    keypoints = converted.keypoints.astype(np.float64)
    return _People(keypoints[:, columns], areas_of(converted))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
