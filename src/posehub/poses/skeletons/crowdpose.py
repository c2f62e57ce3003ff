"""CrowdPose."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, LEG_LINKS, LIMB_PAIRS, TORSO_LINKS

# CrowdPose (Li et al., CVPR 2019): names, links and sigmas from MMPose,
# configs/_base_/datasets/crowdpose.py.
CROWDPOSE14 = Skeleton(
    name="crowdpose14",
    keypoints=(
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
        "top_head",
        "neck",
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        *TORSO_LINKS,
        ("top_head", "neck"),
        ("right_shoulder", "neck"),
        ("left_shoulder", "neck"),
    ),
    flip_pairs=LIMB_PAIRS,
    sigmas=(
        *(0.079, 0.079, 0.072, 0.072, 0.062, 0.062),
        *(0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
        *(0.079, 0.079),
    ),
    spots={"top_head": "head_top"},
)
