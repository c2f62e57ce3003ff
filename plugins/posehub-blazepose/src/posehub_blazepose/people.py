"""Which sightings are people, which are one person seen twice, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from posehub.poses.skeletons import COCO17
from posehub_blazepose.geometry import Floats, Region
from posehub_blazepose.landmarks import Landmarks

COCO_POINTS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""COCO's 17 points among BlazePose's 33, in COCO's order (MediaPipe's list of landmarks)."""

_POINTS = np.array(COCO_POINTS)
_SIGMAS = np.array(COCO17.sigmas)
_HEAD = [0, 2, 5, 7, 8]
_LEFT_EYE, _RIGHT_EYE, _LEFT_MOUTH, _RIGHT_MOUTH = 2, 5, 9, 10
_LEFT_SHOULDER, _RIGHT_SHOULDER, _LEFT_HIP, _RIGHT_HIP = 11, 12, 23, 24

_SAME_POSE = 0.5
"""Two poses of higher similarity are one person's. COCO's evaluation counts a pose as found from an
OKS of 0.5 on; two people in each other's arms stay below it, one person seen twice is above."""

_CELL = 1 / 128
"""A cell of the landmark network's heatmap as a share of the region: no pose is finer than that,
which tells in a portrait, where the region reaches far beyond the picture."""

_SAME_HEAD = 0.05
"""Two heads are one if their centres are closer than this share of the smaller region's side: some
12 cm on an adult, less than the width of a head, so that only one of two could be seen."""

_SAME_CENTER, _SAME_SIZE = 0.15, 1.4
"""Two regions are one person's if their centres are closer than this share of the smaller side and
their sides differ by less than this factor: the spread of the detector's answers for one person
over tiles and scales, while even in a crowd hips are further apart."""

_FADE = 0.1
"""A point outside the picture counts for nothing from this share of the region's side on: nobody
can have seen it, the network only guesses it from the rest."""

_PART_REACH = 0.1
_PART_SIZE, _WEAK_PART_SIZE, _WEAK = 0.35, 0.7, 0.8
"""A shoe, a hand or a print on a shirt can look like a person. A sighting within the first share of
a larger person's region from that person's limbs is such a part if its region is smaller than the
second share of theirs; or than the third, if its evidence is less than the fourth share too."""

_LIMBS = np.array(
    [(0, 11), (0, 12), (11, 12), (23, 24), (11, 23), (12, 24)]
    + [(joint, joint + 2) for joint in (11, 12, 13, 14, 23, 24, 25, 26)]
    + [(27, 31), (28, 32)]
)

_HEADROOM = 1.7
"""Distance from the eyes to the top of the head over that from the mouth to the eyes: 12 cm to
7 cm in an adult."""

_FLESH = 0.12
"""Half the thickness of a limb over the length of the torso, 6 cm to 50 cm in an adult: points lie
on joints, a box goes round the skin."""


@frozen(eq=False)
class Sighting:
    """A person, or what looked like one.

    Attributes:
        landmarks: where the points are.
        scores: (33,), in [0, 1], how well each point was seen.
        detection: the detector's best score for the person.
        agreement: similarity, in [0, 1], of the pose with that seen in the mirror; where nobody
            asked the mirror, the square root of the detection.
    """

    landmarks: Landmarks
    scores: Floats
    detection: float
    agreement: float = 1.0

    @property
    def evidence(self) -> float:
        """How surely it is a person, in [0, 1]: what detector, landmark network and mirror say.

        The detector counts half, as it only says where to look; in full where no mirror is asked,
        and its score stands for the agreement too.
        """
        return math.sqrt(self.detection) * self.landmarks.person * self.agreement

    @property
    def score(self) -> float:
        """The evidence weighed with how much of the person is in view, in [0, 1]."""
        return math.sqrt(self.evidence * float(self.scores[_POINTS].mean()))


def point_scores(landmarks: Landmarks, width: int, height: int) -> Floats:
    """Return how well each point was seen, (33,), in [0, 1].

    The product of the network's likelihoods that the point is unhidden and within the region,
    fading to 0 outside the picture.
    """
    beyond = (
        np.maximum(-0.5 - landmarks.points, landmarks.points - (width - 0.5, height - 0.5))
        .clip(0)
        .max(axis=1)
    )
    inside = np.clip(1 - beyond / (_FADE * landmarks.region.side), 0, 1)
    scores: Floats = landmarks.visibility * landmarks.presence * inside
    return scores


def similarity(first: Landmarks, second: Landmarks, weights: Floats) -> float:
    """Return the object keypoint similarity of two poses, in [0, 1].

    COCO's formula with COCO's sigmas on its 17 points, weighted by how well both were seen.

    Args:
        first: one pose.
        second: another.
        weights: (33,), for each point.
    """
    chosen = weights[_POINTS] + 1e-6
    a, b = first.points[_POINTS], second.points[_POINTS]
    size = min(_extent(a, chosen), _extent(b, chosen))
    squared = ((a - b) ** 2).sum(axis=1)
    # COCO: exp(-d^2 / (2 s^2 k^2)) with k = 2 sigma and s^2 the person's area
    spread = size * (2 * _SIGMAS) ** 2
    spread += (_CELL * max(first.region.side, second.region.side)) ** 2
    likeness = np.exp(-squared / (2 * spread))
    return float((likeness * chosen).sum() / chosen.sum())


def _extent(points: Floats, weights: Floats) -> float:
    """Return the area the well-seen points span, in pixels, at least 1."""
    seen = points[weights >= 0.5 * weights.max()]
    width, height = np.ptp(seen, axis=0)
    # somebody edge on still has depth
    longer = max(width, height)
    return max(1.0, float(max(width, longer / 4) * max(height, longer / 4)))


def same_region(first: Region, second: Region) -> bool:
    """Return whether two regions surround one person."""
    small, large = sorted((first.side, second.side))
    distance = np.hypot(first.x - second.x, first.y - second.y)
    return bool(distance < _SAME_CENTER * small and large < _SAME_SIZE * small)


def is_part_of(small: Sighting, large: Sighting) -> bool:
    """Return whether a sighting is only a part of a larger person, such as a shoe."""
    mine, other = small.landmarks, large.landmarks
    weak = small.evidence < _WEAK * large.evidence
    if mine.region.side > (_WEAK_PART_SIZE if weak else _PART_SIZE) * other.region.side:
        return False
    center = mine.points[[_LEFT_SHOULDER, _RIGHT_SHOULDER, _LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    start, end = other.points[_LIMBS[:, 0]], other.points[_LIMBS[:, 1]]
    along = end - start
    share = ((center - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    reach = np.linalg.norm(nearest - center, axis=1).min()
    return bool(reach < _PART_REACH * other.region.side)


def distinct(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return each person once, best first."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda each: -each.score):
        if not any(is_same(sighting, better) for better in kept):
            kept.append(sighting)
    return [each for each in kept if not any(is_part_of(each, other) for other in kept)]


def is_same(first: Sighting, second: Sighting) -> bool:
    """Return whether two sightings are of one person: of one pose, or of one head."""
    weights = np.minimum(first.scores, second.scores)
    one, other = first.landmarks, second.landmarks
    if similarity(one, other, weights) > _SAME_POSE:
        return True
    apart = one.points[_HEAD].mean(axis=0) - other.points[_HEAD].mean(axis=0)
    return float(np.hypot(*apart)) < _SAME_HEAD * min(one.region.side, other.region.side)


def enclosing_box(landmarks: Landmarks, scores: Floats, width: int, height: int) -> Floats:
    """Return the box about the person's visible body, x1, y1, x2, y2, within the picture.

    It goes round every point seen at least half as well as the best, round the top of the head,
    and round the flesh on the joints.
    """
    points = landmarks.points
    eyes = points[[_LEFT_EYE, _RIGHT_EYE]].mean(axis=0)
    crown = eyes + _HEADROOM * (eyes - points[[_LEFT_MOUTH, _RIGHT_MOUTH]].mean(axis=0))
    seen = points[scores >= 0.5 * scores.max()]
    if scores[[_LEFT_EYE, _RIGHT_EYE]].max() >= 0.5 * scores.max():
        seen = np.vstack([seen, crown])
    torso = np.linalg.norm(
        points[[_LEFT_SHOULDER, _RIGHT_SHOULDER]].mean(axis=0)
        - points[[_LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    )
    low = np.clip(seen.min(axis=0) - _FLESH * torso, 0, (width, height))
    high = np.clip(seen.max(axis=0) + _FLESH * torso, 0, (width, height))
    return np.concatenate([low, high])


def hip_centred(world: Floats) -> Floats:
    """Return world points (33, 3) about the middle of the hips, which the network only nears."""
    centred: Floats = world - world[[_LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    return centred
