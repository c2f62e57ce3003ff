"""The names by which data sets and tools call keypoints, compared with those of the skeletons.

Names are compared without case, spaces, hyphens, underscores and what is in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons.blazepose import BLAZEPOSE33
from posehub.poses.skeletons.openpose import OPENPOSE_BODY25

_IGNORED = re.compile(r"\([^)]*\)|[\s_\-.]+")
_SIDE = re.compile(r"(left|right|l|r)(?=[a-z])")
_SIDE_AT_END = re.compile(r"(?<=[a-z])(left|right)$")

ALIASES = {
    # the annotation files of CrowdPose, as in tests/data/crowdpose of MMPose
    "crowdpose14": {"head": "top_head", "head_top": "top_head", "upper_neck": "neck"},
    # the data set's own Matlab file and MMPose
    "mpii16": {"head": "head_top", "top_head": "head_top", "neck": "upper_neck", "hip": "pelvis"},
    "aic14": {"head": "head_top", "top_head": "head_top", "upper_neck": "neck"},
    "halpe26": {"head_top": "head", "top_head": "head", "pelvis": "hip", "mid_hip": "hip"},
    "h36m17": {"pelvis": "root", "left_ankle": "left_foot", "right_ankle": "right_foot"},
    # MediaPipe's PoseLandmark
    "blazepose33": {
        "mouth_left": "left_mouth_corner",
        "mouth_right": "right_mouth_corner",
        "left_pinky_1": "left_pinky",
        "right_pinky_1": "right_pinky",
        "left_index_1": "left_index",
        "right_index_1": "right_index",
        "left_thumb_2": "left_thumb",
        "right_thumb_2": "right_thumb",
    },
    "openpose_body25": {"hip_center": "mid_hip", "pelvis": "mid_hip"},
}
"""Skeleton -> another name of a keypoint -> its name there."""


BODIES = {"pose_landmarks": BLAZEPOSE33, "pose_keypoints_2d": OPENPOSE_BODY25}
"""What MediaPipe and OpenPose call the points of the body -> their skeleton."""


def plain(name: str) -> str:
    """Return a name as it is compared: "Left-Shoulder" and "LShoulder" are "leftshoulder"."""
    text = _IGNORED.sub("", name.lower())
    end = _SIDE_AT_END.search(text)
    if end:
        text = end[1] + text[: end.start()]
    side = _SIDE.match(text)
    if side and len(side[1]) == 1 and text[1:] in _SIDED:
        text = {"l": "left", "r": "right"}[side[1]] + text[1:]
    return text


_SIDED = frozenset(
    (
        *("eye", "eyeinner", "eyeouter", "ear", "shoulder", "elbow", "wrist", "hand", "hip"),
        *("knee", "ankle", "foot", "heel", "bigtoe", "smalltoe", "footindex"),
    )
)


def are_those_of(names: Sequence[str], skeleton: Skeleton) -> bool:
    """Return whether names are those of a skeleton's keypoints, in its order."""
    if tuple(names) == skeleton.keypoints:
        return True
    return len(names) == len(skeleton) and all(
        keypoint_called(name, skeleton) == own
        for name, own in zip(names, skeleton.keypoints, strict=True)
    )


def keypoint_called(name: str, skeleton: Skeleton) -> str | None:
    """Return the keypoint of a skeleton that a data set calls `name`, or None."""
    return _by_plain_name(skeleton).get(plain(name))


@lru_cache(maxsize=64)
def _by_plain_name(skeleton: Skeleton) -> dict[str, str]:
    aliases = ALIASES.get(skeleton.name, {})
    by_alias = {plain(alias): own for alias, own in aliases.items()}
    return by_alias | {plain(own): own for own in skeleton.keypoints}


def spots_of(names: Sequence[str], models: Sequence[Skeleton]) -> dict[str, str]:
    """Return the anatomical locations of a file's own keypoint names, as far as they are known.

    Args:
        names: of the keypoints, each once.
        models: skeletons whose names are tried, the first that has a name decides.
    """
    spots: dict[str, str] = {}
    for name in names:
        for model in models:
            own = keypoint_called(name, model)
            if own is not None:
                spots[name] = model.spot(own)
                break
    taken: set[str] = set()
    kept = {}
    for name in names:
        spot = spots.get(name, name)
        if spot not in taken and (spot == name or spot not in names):
            taken.add(spot)
            if spot != name:
                kept[name] = spot
    return kept
