"""COCO: the 17 body keypoints, and the 133 keypoints of COCO-WholeBody."""

from __future__ import annotations

from itertools import pairwise

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import (
    ARM_LINKS,
    COCO_FACE_LINKS,
    FACE_PAIRS,
    FOOT_LINKS,
    FOOT_PAIRS,
    LEG_LINKS,
    LIMB_PAIRS,
    TORSO_LINKS,
)

# COCO 2017 keypoint annotations: names and links from the `categories` entry of
# person_keypoints_val2017.json; sigmas from the keypoint evaluation page of cocodataset.org.
COCO17 = Skeleton(
    name="coco17",
    keypoints=(
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        *TORSO_LINKS,
        *COCO_FACE_LINKS,
    ),
    flip_pairs=(*FACE_PAIRS, *LIMB_PAIRS),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035),
        *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
        *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
    ),
)

_FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")


def hand(side: str) -> tuple[str, ...]:
    """Return the names of the 21 keypoints of a hand, the wrist first."""
    joints = (f"{side}_{finger}{number}" for finger in _FINGERS for number in (1, 2, 3, 4))
    return (f"{side}_hand_root", *joints)


def _hand_links(side: str) -> list[tuple[str, str]]:
    links = []
    for finger in _FINGERS:
        chain = [f"{side}_wrist", *(f"{side}_{finger}{number}" for number in (1, 2, 3, 4))]
        links += list(pairwise(chain))
    return links


FACE_POINTS = tuple(f"face_{number}" for number in range(68))

# The face points that change places when mirrored: jaw line, brows, nostrils, eyes, lips.
_FACE_MIRROR = (
    *((0, 16), (1, 15), (2, 14), (3, 13), (4, 12), (5, 11), (6, 10), (7, 9)),
    *((17, 26), (18, 25), (19, 24), (20, 23), (21, 22)),
    *((31, 35), (32, 34)),
    *((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),
    *((48, 54), (49, 53), (50, 52), (55, 59), (56, 58), (60, 64), (61, 63), (65, 67)),
)

# COCO-WholeBody (Jin et al., ECCV 2020): names, links, mirrored pairs and sigmas from MMPose,
# configs/_base_/datasets/coco_wholebody.py, whose sigmas are those of the data set's own
# evaluation/myeval_wholebody.py. The source writes face points as `face-0`. The face points are the
# 68 of iBUG 300-W: the corners of eyes and mouth are locations that other skeletons have too
# (MMHuman3D, conventions/keypoints_mapping/mediapipe.py, identifies the same six). `left_hand_root`
# is the wrist as annotated for hands. It is a location of its own, because this skeleton has
# `left_wrist` as well.
COCO_WHOLEBODY133 = Skeleton(
    name="coco_wholebody133",
    keypoints=(
        *COCO17.keypoints,
        *("left_big_toe", "left_small_toe", "left_heel"),
        *("right_big_toe", "right_small_toe", "right_heel"),
        *FACE_POINTS,
        *hand("left"),
        *hand("right"),
    ),
    links=(*COCO17.links, *FOOT_LINKS, *_hand_links("left"), *_hand_links("right")),
    flip_pairs=(
        *COCO17.flip_pairs,
        *FOOT_PAIRS,
        *((f"face_{one}", f"face_{other}") for one, other in _FACE_MIRROR),
        *zip(hand("left"), hand("right"), strict=True),
    ),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062),
        *(0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089, 0.068, 0.066, 0.066),
        *(0.092, 0.094, 0.094, 0.042, 0.043, 0.044, 0.043, 0.040, 0.035, 0.031),
        *(0.025, 0.020, 0.023, 0.029, 0.032, 0.037, 0.038, 0.043, 0.041, 0.045),
        *(0.013, 0.012, 0.011, 0.011, 0.012, 0.012, 0.011, 0.011, 0.013, 0.015),
        *(0.009, 0.007, 0.007, 0.007, 0.012, 0.009, 0.008, 0.016, 0.010, 0.017),
        *(0.011, 0.009, 0.011, 0.009, 0.007, 0.013, 0.008, 0.011, 0.012, 0.010),
        *(0.034, 0.008, 0.008, 0.009, 0.008, 0.008, 0.007, 0.010, 0.008, 0.009),
        *(0.009, 0.009, 0.007, 0.007, 0.008, 0.011, 0.008, 0.008, 0.008, 0.01),
        *(0.008, 0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035),
        *(0.018, 0.024, 0.022, 0.026, 0.017, 0.021, 0.021, 0.032, 0.02, 0.019),
        *(0.022, 0.031, 0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024),
        *(0.035, 0.018, 0.024, 0.022, 0.026, 0.017, 0.021, 0.021, 0.032, 0.02),
        *(0.019, 0.022, 0.031),
    ),
    spots={
        "face_36": "right_eye_outer",
        "face_39": "right_eye_inner",
        "face_42": "left_eye_inner",
        "face_45": "left_eye_outer",
        "face_48": "right_mouth_corner",
        "face_54": "left_mouth_corner",
    },
)
