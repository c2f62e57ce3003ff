"""Tencent Cloud's body analysis."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, LEG_LINKS, LIMB_PAIRS

# Tencent Cloud BDA, DetectBodyJoints: the values of `KeyPointType` in the order of the vendor's
# reference (cloud.tencent.com/document/api/1208/42985; KeyPointInfo in its SDKs). It publishes
# neither links nor sigmas; the links are posehub's own. Two facts are not published. First, whether
# left and right are the person's own sides: this is assumed, as with every other service; in the
# reference's example the right shoulder has the larger x, as for a person seen from behind. Second,
# the exact positions of `head` and `neck`, so that both are anatomical locations of their own; in
# that example the head is well below the top of the box.
TENCENT14 = Skeleton(
    name="tencent14",
    keypoints=(
        "head",
        "neck",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        ("head", "neck"),
        ("neck", "left_shoulder"),
        ("neck", "right_shoulder"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_hip", "right_hip"),
    ),
    flip_pairs=LIMB_PAIRS,
    spots={"head": "tencent_head", "neck": "tencent_neck"},
)
