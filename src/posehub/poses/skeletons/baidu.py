"""Baidu AI Cloud's body analysis: 21 keypoints, and the 14 of its older version."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, FACE_PAIRS, LEG_LINKS, LIMB_PAIRS

# Baidu body_analysis: part names in the order of the vendor's API page (cloud.baidu.com/doc/BODY,
# "body_parts"). The vendor publishes neither links nor sigmas; the links are posehub's own. It does
# not publish the height of its `neck` either, so that `neck` is an anatomical location of its own.
BAIDU21 = Skeleton(
    name="baidu21",
    keypoints=(
        "top_head",
        "left_ear",
        "right_ear",
        "left_eye",
        "right_eye",
        "nose",
        "left_mouth_corner",
        "right_mouth_corner",
        "neck",
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
        ("neck", "left_shoulder"),
        ("neck", "right_shoulder"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_hip", "right_hip"),
        ("top_head", "nose"),
        ("nose", "neck"),
        ("nose", "left_eye"),
        ("nose", "right_eye"),
        ("left_eye", "left_ear"),
        ("right_eye", "right_ear"),
        ("left_mouth_corner", "right_mouth_corner"),
    ),
    flip_pairs=(
        *FACE_PAIRS,
        ("left_mouth_corner", "right_mouth_corner"),
        *LIMB_PAIRS,
    ),
    spots={"top_head": "head_top", "neck": "baidu_neck"},
)

# The older version of Baidu body_analysis: the parts in the order of the vendor's older API page
# (cloud.baidu.com/doc/BODY/Body-API, "14 main keypoints"). Links are posehub's own.
BAIDU14 = Skeleton(
    name="baidu14",
    keypoints=(
        "nose",
        "neck",
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
        ("neck", "left_shoulder"),
        ("neck", "right_shoulder"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_hip", "right_hip"),
        ("nose", "neck"),
    ),
    flip_pairs=LIMB_PAIRS,
    spots={"neck": "baidu_neck"},
)
