"""MPII Human Pose."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, LEG_LINKS, LIMB_PAIRS

# MPII Human Pose (Andriluka et al., CVPR 2014): names, links and sigmas from MMPose,
# configs/_base_/datasets/mpii.py. The sigmas are MMPose's adaptation of COCO's; that of the
# shoulders is 0.179 there, where COCO has 0.079. `upper_neck` is the neck of aic14, crowdpose14 and
# halpe26 (MMPose trains one keypoint on all four); `thorax` is on the spine at shoulder height.
MPII16 = Skeleton(
    name="mpii16",
    keypoints=(
        "right_ankle",
        "right_knee",
        "right_hip",
        "left_hip",
        "left_knee",
        "left_ankle",
        "pelvis",
        "thorax",
        "upper_neck",
        "head_top",
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
    ),
    links=(
        *LEG_LINKS,
        ("right_hip", "pelvis"),
        ("left_hip", "pelvis"),
        ("pelvis", "thorax"),
        ("thorax", "upper_neck"),
        ("upper_neck", "head_top"),
        ("upper_neck", "right_shoulder"),
        ("upper_neck", "left_shoulder"),
        *ARM_LINKS,
    ),
    flip_pairs=LIMB_PAIRS,
    sigmas=(
        *(0.089, 0.083, 0.107, 0.107, 0.083, 0.089),
        *(0.026, 0.026, 0.026, 0.026),
        *(0.062, 0.072, 0.179, 0.179, 0.072, 0.062),
    ),
    spots={"upper_neck": "neck"},
)
