"""From an image to its people."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from PIL import Image as PILImage

from posehub.local.geometry import Floats
from posehub.local.sessions import Session
from posehub.local.suppression import suppress_poses
from posehub.poses.skeletons import COCO17
from posehub_movenet.detector import Detections, find_people
from posehub_movenet.modes import Mode
from posehub_movenet.movenet import Poses, find_poses
from posehub_movenet.scores import evidence_of

_SIGMAS = np.array(COCO17.sigmas)

_SAME_POSE = 0.7
"""Two poses of higher OKS are one person: two detections of it, or two boxes around it. People who
hug stay below."""

_AREA = 0.6
"""Area of a person over that of its box, for OKS: about the median of COCO's annotations."""

_CANDIDATES = 2
"""Poses found for each person that may be returned: enough for what is suppressed."""


@frozen
class Limits:
    """What a caller may limit.

    Attributes:
        max_persons: most people of an image.
        min_detection: least score of a detection whose pose is found.
    """

    max_persons: int
    min_detection: float


@frozen(eq=False)
class Networks:
    """The two networks, and the most inputs that one run takes well."""

    detector: Session
    poses: Session
    together: int


@frozen(eq=False)
class People:
    """N people, best first unless their boxes were given.

    Attributes:
        boxes: (N, 4), pixels.
        poses: their keypoints.
        evidence: (N,), see `scores.evidence_of`.
    """

    boxes: Floats
    poses: Poses
    evidence: Floats


def people_of(image: PILImage.Image, networks: Networks, mode: Mode, limits: Limits) -> People:
    """Return the people in an image, each once, best first."""
    found = find_people(image, networks.detector, mode.scans, limits.min_detection)
    people = people_in(image, found[: _CANDIDATES * limits.max_persons], networks, mode)
    areas = _AREA * np.maximum(1, (people.boxes[:, 2:] - people.boxes[:, :2]).prod(axis=1))
    poses = people.poses
    kept = suppress_poses(
        poses.points, people.evidence, areas, _SIGMAS, _SAME_POSE, weights=poses.values
    )[: limits.max_persons]
    width, height = image.size
    return People(
        boxes=np.clip(people.boxes[kept], 0, (width, height, width, height)),
        poses=Poses(poses.points[kept], poses.values[kept]),
        evidence=people.evidence[kept],
    )


def people_in(image: PILImage.Image, known: Detections, networks: Networks, mode: Mode) -> People:
    """Return the person in each of the boxes known already, in their order."""
    poses = find_poses(
        image,
        known.boxes,
        networks.poses,
        sides=mode.crops,
        mirrored=mode.mirrored,
        together=networks.together,
    )
    return People(known.boxes, poses, evidence_of(poses.values, known.scores))
