"""Halpe: the 26 body keypoints of Halpe-FullBody."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import (
    ARM_LINKS,
    COCO_FACE_LINKS,
    FACE_PAIRS,
    FOOT_LINKS,
    LEG_LINKS,
    LIMB_PAIRS,
)
from posehub.poses.skeletons.coco import COCO17

# Names in the order of github.com/Fang-Haoshu/Halpe-FullBody, README.md, spelled as in MMPose,
# configs/_base_/datasets/halpe26.py. Links and sigmas are from that file, whose sigmas are those of
# the data set's own halpecocotools/cocoeval.py. `head` is the crown: MMPose trains it on the
# `head_top` and `top_head` of aic14, mpii16 and crowdpose14, and `neck` on their (upper) necks, but
# does not train `hip` on mpii16's `pelvis` (configs/body_2d_keypoint/rtmpose/body8,
# rtmpose-m_8xb512-700e_body8-halpe26-256x192.py).
HALPE26 = Skeleton(
    name="halpe26",
    keypoints=(
        *COCO17.keypoints,
        "head",
        "neck",
        "hip",
        "left_big_toe",
        "right_big_toe",
        "left_small_toe",
        "right_small_toe",
        "left_heel",
        "right_heel",
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        ("left_hip", "hip"),
        ("right_hip", "hip"),
        ("head", "neck"),
        ("neck", "hip"),
        ("neck", "left_shoulder"),
        ("neck", "right_shoulder"),
        *COCO_FACE_LINKS,
        *FOOT_LINKS,
    ),
    flip_pairs=(
        *FACE_PAIRS,
        *LIMB_PAIRS,
        ("left_big_toe", "right_big_toe"),
        ("left_small_toe", "right_small_toe"),
        ("left_heel", "right_heel"),
    ),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035),
        *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
        *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
        *(0.026, 0.026, 0.066),
        *(0.079, 0.079, 0.079, 0.079, 0.079, 0.079),
    ),
    spots={"head": "head_top", "hip": "halpe_hip"},
)
