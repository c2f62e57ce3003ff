"""Several backends' results on the same images, compared with each other, without annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import attrs
import numpy as np
from attrs import frozen

from posehub.evaluation.agreement import (
    Pair,
    PairTally,
    People,
    join,
    mean_or_none,
    symmetric_oks,
)
from posehub.evaluation.matching import Floats, refuse_crowd
from posehub.evaluation.running import Run
from posehub.poses.oks import areas_of, sigmas_of
from posehub.poses.result import DEFAULT_MIN_SCORE, PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17


@frozen
class FoundBy:
    """The number of people that exactly these runs found, by the runs' labels."""

    labels: tuple[str, ...]
    people: int


@frozen
class ComparedImage:
    """What the runs found in one image.

    Attributes:
        name: name of the image, as it was given.
        people: for each person in the image, its index in each run's result, or None for a run
            that did not find the person. Empty if a run failed on the image.
        agreement: mean, over people and pairs of runs, of the OKS, which is 0 if one of the two did
            not find the person; 1 if no run found a person; None if a run failed on the image.
    """

    name: str
    people: tuple[tuple[int | None, ...], ...]
    agreement: float | None


@frozen
class Comparison:
    """Everything that `posehub compare` reports.

    Attributes:
        runs: the compared runs, their results without the keypoints below `min_score`.
        min_score: least score of a keypoint that is compared.
        skeleton: name of the common skeleton.
        compared: number of images on which no run failed; all numbers below are of those.
        found_by: how many people were found by which runs, the largest number first.
        pairs: every two runs.
        images: all images, in the order given.
    """

    runs: tuple[Run, ...]
    min_score: float
    skeleton: str
    compared: int
    found_by: tuple[FoundBy, ...]
    pairs: tuple[Pair, ...]
    images: tuple[ComparedImage, ...]


def compare(
    names: Sequence[str], runs: Sequence[Run], min_score: float = DEFAULT_MIN_SCORE
) -> Comparison:
    """Return how far runs agree about the images `names`.

    All results are brought to one skeleton: their own if they share it, else coco17. A keypoint
    that one of the runs never reports is not compared. The people of one image are joined by OKS
    with the Hungarian method: those of each run with those that the runs before it found. None of
    the runs is the ground truth, so that the OKS of two people is the mean of both directions, each
    with the other person's area.

    Args:
        names: names of the images.
        runs: their results, one for each image.
        min_score: keypoints with a lower score are not compared; those without one (NaN) are.

    Raises:
        ConfigError: an image has too many people to pair.
    """
    runs = [_masked(run, min_score) for run in runs]
    common = common_skeleton([run.results for run in runs])
    columns = shared_columns([run.results for run in runs], common)
    sigmas = sigmas_of(common)[columns]
    tallies = {ends: PairTally() for ends in combinations(range(len(runs)), 2)}
    found: Counter[tuple[int, ...]] = Counter()
    images = []
    for row, name in enumerate(names):
        results = [run.results[row] for run in runs]
        people = [_on(common, columns, result) for result in results if result is not None]
        if len(people) < len(results):
            images.append(ComparedImage(name, (), None))
            continue
        oks = _oks_of_pairs(people, sigmas)
        groups = join([len(own.areas) for own in people], oks)
        found.update(tuple(n for n, index in enumerate(g) if index is not None) for g in groups)
        agreements = [
            tally.add(people[a], people[b], [(g[a], g[b]) for g in groups], oks[a, b], sigmas)
            for (a, b), tally in tallies.items()
        ]
        agreement = mean_or_none(agreements) if groups else 1.0
        images.append(ComparedImage(name, tuple(groups), agreement))
    labels = [run.label for run in runs]
    keypoints = [common.keypoints[column] for column in columns]
    return Comparison(
        runs=tuple(runs),
        min_score=min_score,
        skeleton=common.name,
        compared=sum(image.agreement is not None for image in images),
        found_by=tuple(
            FoundBy(tuple(labels[n] for n in numbers), count)
            for numbers, count in found.most_common()
        ),
        pairs=tuple(
            tally.summary(labels[a], labels[b], keypoints) for (a, b), tally in tallies.items()
        ),
        images=tuple(images),
    )


def common_skeleton(results: Sequence[Sequence[PoseResult | None]]) -> Skeleton:
    """Return the skeleton of all results, or coco17 if they have several."""
    own = {result.skeleton for one in results for result in one if result is not None}
    return own.pop() if len(own) == 1 else COCO17


def shared_columns(results: Sequence[Sequence[PoseResult | None]], common: Skeleton) -> list[int]:
    """Return the columns of the keypoints that every run with people reports at least once."""
    shared = np.ones(len(common), np.bool_)
    for one in results:
        parts = [r.to(common).keypoints for r in one if r is not None and len(r)]
        if parts:
            shared &= ~np.isnan(np.concatenate(parts)[..., 0]).all(axis=0)
    return [int(column) for column in np.flatnonzero(shared)]


def _masked(run: Run, min_score: float) -> Run:
    results = (None if r is None else r.mask(min_score=min_score) for r in run.results)
    return attrs.evolve(run, results=tuple(results))


def _on(common: Skeleton, columns: Sequence[int], result: PoseResult) -> People:
    converted = result if result.skeleton == common else result.to(common)
    keypoints = converted.keypoints.astype(np.float64)
    return People(keypoints[:, columns], areas_of(converted))


def _oks_of_pairs(people: Sequence[People], sigmas: Floats) -> Mapping[tuple[int, int], Floats]:
    """Return the OKS matrix of every two runs, by their numbers."""
    refuse_crowd(max(len(own.areas) for own in people))
    return {
        (a, b): symmetric_oks(people[a], people[b], sigmas)
        for a, b in combinations(range(len(people)), 2)
    }
