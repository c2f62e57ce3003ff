"""Agreement of two results: their people joined, and the distances between their keypoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from posehub.evaluation.matching import Floats, pair
from posehub.poses.oks import oks_matrix, point_similarity


@frozen(eq=False)
class People:
    """The people of one run in one image, on the common skeleton.

    Attributes:
        keypoints: (P, K, 2), pixels, NaN where not reported.
        areas: (P,), square pixels.
    """

    keypoints: Floats
    areas: Floats


@frozen
class KeypointAgreement:
    """How closely two runs agree on one keypoint, of the people that both found.

    Attributes:
        name: name of the keypoint.
        both, only_first, only_second: number of those people for whom both runs, or one of them,
            report the keypoint.
        distance: median distance as a share of the person's size, which is the square root of the
            area; None if `both` is 0.
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
    """The agreement of two runs.

    Attributes:
        first, second: their labels.
        both, only_first, only_second: number of people found by both, or by one of the two.
        oks: mean OKS of the people that both found, or None if there are none.
        keypoints: the agreement by keypoint, on the common skeleton.
    """

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    oks: float | None
    keypoints: tuple[KeypointAgreement, ...]


def symmetric_oks(first: People, second: People, sigmas: Floats) -> Floats:
    """Return the OKS of each of `first` with each of `second`, (P, Q), the mean of both directions.

    It is 0 for a person without keypoints.
    """
    forward = oks_matrix(first.keypoints, second.keypoints, second.areas, sigmas)
    backward = oks_matrix(second.keypoints, first.keypoints, first.areas, sigmas)
    oks: Floats = np.nan_to_num((forward + backward.T) / 2)
    return oks


def join(
    counts: Sequence[int], oks: Mapping[tuple[int, int], Floats]
) -> list[tuple[int | None, ...]]:
    """Return the people of one image: for each, its index in each run's result, or None.

    Args:
        counts: number of people that each run found.
        oks: the OKS matrix of every two runs, (people of the first, people of the second), by
            their numbers, the smaller one first.
    """
    groups: list[list[int | None]] = []
    for number, count in enumerate(counts):
        best = np.zeros((len(groups), count))
        for other in range(number):
            members = [(row, group[other]) for row, group in enumerate(groups)]
            rows = [row for row, index in members if index is not None]
            indices = [index for _, index in members if index is not None]
            best[rows] = np.maximum(best[rows], oks[other, number][indices])
        joined = dict(pair(best)) if best.size else {}
        for row, group in enumerate(groups):
            group.append(joined.get(row))
        new = sorted(set(range(count)) - set(joined.values()))
        groups += [[None] * number + [index] for index in new]
    return [tuple(group) for group in groups]


class PairTally:
    """Collects the agreement of two runs, image by image."""

    def __init__(self) -> None:
        self._oks: list[float] = []
        self._only = [0, 0]
        self._distances: list[Floats] = []
        self._similarities: list[Floats] = []
        self._reported: list[Floats] = []

    def add(
        self,
        first: People,
        second: People,
        joined: Sequence[tuple[int | None, int | None]],
        oks: Floats,
        sigmas: Floats,
    ) -> float:
        """Add the people of one image.

        Args:
            first: the people of the first run.
            second: the people of the second run.
            joined: for each person of the image, its index in `first` and in `second`.
            oks: the OKS of each of `first` with each of `second`.
            sigmas: (K,).

        Returns:
            The mean OKS over `joined`, 0 for a person that one of the two did not find.
        """
        both = [(a, b) for a, b in joined if a is not None and b is not None]
        self._only[0] += sum(a is not None and b is None for a, b in joined)
        self._only[1] += sum(a is None and b is not None for a, b in joined)
        if not both:
            return 0.0
        left, right = ([ends[side] for ends in both] for side in (0, 1))
        areas = (first.areas[left] + second.areas[right]) / 2
        a, b = first.keypoints[left], second.keypoints[right]
        self._oks.extend(oks[left, right].tolist())
        self._distances.append(np.linalg.norm(a - b, axis=2) / np.sqrt(areas)[:, None])
        self._similarities.append(point_similarity(a - b, areas, sigmas))
        self._reported.append(~np.isnan(np.stack([a[..., 0], b[..., 0]])))
        return float(oks[left, right].sum() / len(joined))

    def summary(self, first: str, second: str, keypoints: Sequence[str]) -> Pair:
        """Return what was added, with the labels of the runs and the names of the keypoints."""
        return Pair(
            first=first,
            second=second,
            both=len(self._oks),
            only_first=self._only[0],
            only_second=self._only[1],
            oks=mean_or_none(self._oks),
            keypoints=tuple(self._keypoint(column, name) for column, name in enumerate(keypoints)),
        )

    def _keypoint(self, column: int, name: str) -> KeypointAgreement:
        distances = np.concatenate([[], *(d[:, column] for d in self._distances)])
        similarities = np.concatenate([[], *(s[:, column] for s in self._similarities)])
        by_first, by_second = np.concatenate(
            [np.empty((2, 0), np.bool_), *(r[:, :, column] for r in self._reported)], axis=1
        )
        both = by_first & by_second
        return KeypointAgreement(
            name=name,
            both=int(both.sum()),
            only_first=int((by_first & ~by_second).sum()),
            only_second=int((by_second & ~by_first).sum()),
            distance=float(np.median(distances[both])) if both.any() else None,
            similarity=float(similarities[both].mean()) if both.any() else None,
        )


def mean_or_none(values: Sequence[float]) -> float | None:
    """Return the mean, or None of no values."""
    return sum(values) / len(values) if values else None
