"""Which detections are people, which of them belong to one person, and how certain that is."""

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
"""Two poses of higher similarity belong to one person. COCO's evaluation counts a pose as found
from an OKS of 0.5 on. Two people who hug stay below; two detections of one person are above."""

_CELL = 1 / 128
"""A cell of the landmark network's heatmap as a share of the region: no pose is more exact than
that. It matters in a portrait, where the region reaches far beyond the image."""

_SAME_HEAD = 0.05
"""Two heads are one if their centres are closer than this share of the smaller region's side: about
12 cm on an adult, less than the width of a head, so one of two real heads would be hidden."""

_SAME_CENTER, _SAME_SIZE = 0.15, 1.4
"""Two regions belong to one person if their centres are closer than this share of the smaller side
and their sides differ by less than this factor. This is the spread of the detector's output for one
person over tiles and scales; even in a crowd, hips are further apart."""

_FADE = 0.1
"""Distance from the image, as a share of the region's side, at which the score of a point reaches
0: there the network only infers the point from the others."""

_PART_REACH = 0.1
_PART_SIZE, _WEAK_PART_SIZE, _WEAK = 0.35, 0.7, 0.8
"""A shoe, a hand or a print on a shirt can look like a person. A detection whose torso is closer to
the limbs of a larger person than the first share of that person's region is such a part if its
region is smaller than the second share of that person's region; or than the third, if its evidence
is less than the fourth share too."""

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
on joints, a box encloses the skin."""


@frozen(eq=False)
class Detection:
    """A possible person: a pose, and how certain it is.

    Attributes:
        landmarks: the pose.
        scores: (33,), in [0, 1], see `point_scores`.
        detector_score: the detector's best score for the person, in [0, 1].
        agreement: similarity, in [0, 1], of the poses of a plain and a mirrored pass; if no
            mirrored pass was run, the square root of the detector's score.
    """

    landmarks: Landmarks
    scores: Floats
    detector_score: float
    agreement: float = 1.0

    @property
    def evidence(self) -> float:
        """How certain it is that this is a person, in [0, 1].

        The product of the landmark network's likelihood of a person, the agreement, and the square
        root of the detector's score: the detector only proposes a region, so it counts half. If no
        mirrored pass was run it counts in full, because the agreement is its square root too.
        """
        return math.sqrt(self.detector_score) * self.landmarks.person * self.agreement

    @property
    def score(self) -> float:
        """The geometric mean of the evidence and of the visible share of the body, in [0, 1]."""
        return math.sqrt(self.evidence * float(self.scores[_POINTS].mean()))


def point_scores(landmarks: Landmarks, width: int, height: int) -> Floats:
    """Return the likelihood that each point is in view and not hidden, (33,), in [0, 1].

    The product of the network's likelihoods that the point is visible and within the region,
    falling to 0 outside the image.
    """
    beyond = np.maximum(-landmarks.points, landmarks.points - (width, height)).clip(0).max(axis=1)
    inside = np.clip(1 - beyond / (_FADE * landmarks.region.side), 0, 1)
    scores: Floats = landmarks.visibility * landmarks.presence * inside
    return scores


def similarity(first: Landmarks, second: Landmarks, weights: Floats) -> float:
    """Return the object keypoint similarity of two poses, in [0, 1].

    COCO's formula with COCO's sigmas on its 17 points, as a weighted mean.

    Args:
        first: one pose.
        second: another.
        weights: (33,), one for each point, such as the lower of its two scores.
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
    """Return the area of the box around the points of high weight, in pixels, at least 1."""
    visible = points[weights >= 0.5 * weights.max()]
    width, height = np.ptp(visible, axis=0)
    # a person seen from the side still has some width
    longer = max(width, height)
    return max(1.0, float(max(width, longer / 4) * max(height, longer / 4)))


def same_region(first: Region, second: Region) -> bool:
    """Return whether two regions belong to one person."""
    small, large = sorted((first.side, second.side))
    distance = np.hypot(first.x - second.x, first.y - second.y)
    return bool(distance < _SAME_CENTER * small and large < _SAME_SIZE * small)


def is_part_of(small: Detection, large: Detection) -> bool:
    """Return whether a detection is only a part of a larger person, such as a shoe."""
    part, other = small.landmarks, large.landmarks
    weak = small.evidence < _WEAK * large.evidence
    if part.region.side > (_WEAK_PART_SIZE if weak else _PART_SIZE) * other.region.side:
        return False
    center = part.points[[_LEFT_SHOULDER, _RIGHT_SHOULDER, _LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    start, end = other.points[_LIMBS[:, 0]], other.points[_LIMBS[:, 1]]
    along = end - start
    share = ((center - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    reach = np.linalg.norm(nearest - center, axis=1).min()
    return bool(reach < _PART_REACH * other.region.side)


def distinct(detections: Sequence[Detection]) -> list[Detection]:
    """Return each person once, best first."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda each: -each.score):
        if not any(is_same(detection, better) for better in kept):
            kept.append(detection)
    return [each for each in kept if not any(is_part_of(each, other) for other in kept)]


def is_same(first: Detection, second: Detection) -> bool:
    """Return whether two detections are one person: similar poses, or the same head."""
    weights = np.minimum(first.scores, second.scores)
    one, other = first.landmarks, second.landmarks
    if similarity(one, other, weights) > _SAME_POSE:
        return True
    apart = one.points[_HEAD].mean(axis=0) - other.points[_HEAD].mean(axis=0)
    return float(np.hypot(*apart)) < _SAME_HEAD * min(one.region.side, other.region.side)


def enclosing_box(landmarks: Landmarks, scores: Floats, width: int, height: int) -> Floats:
    """Return the box of the person's visible body, x1, y1, x2, y2, within the image.

    It encloses every point with at least half the best score, the top of the head, and the flesh
    around the joints.
    """
    points = landmarks.points
    eyes = points[[_LEFT_EYE, _RIGHT_EYE]].mean(axis=0)
    crown = eyes + _HEADROOM * (eyes - points[[_LEFT_MOUTH, _RIGHT_MOUTH]].mean(axis=0))
    visible = points[scores >= 0.5 * scores.max()]
    if scores[[_LEFT_EYE, _RIGHT_EYE]].max() >= 0.5 * scores.max():
        visible = np.vstack([visible, crown])
    torso = np.linalg.norm(
        points[[_LEFT_SHOULDER, _RIGHT_SHOULDER]].mean(axis=0)
        - points[[_LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    )
    low = np.clip(visible.min(axis=0) - _FLESH * torso, 0, (width, height))
    high = np.clip(visible.max(axis=0) + _FLESH * torso, 0, (width, height))
    return np.concatenate([low, high])


def hip_centred(world: Floats) -> Floats:
    """Return world points (33, 3) relative to the midpoint of the hips.

    The network's own origin is near that point, but not exactly there.
    """
    centred: Floats = world - world[[_LEFT_HIP, _RIGHT_HIP]].mean(axis=0)
    return centred
