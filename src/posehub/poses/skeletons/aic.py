"""AI Challenger."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, LEG_LINKS, LIMB_PAIRS

# AI Challenger human keypoints (Wu et al., arXiv 1711.06475): names in the order of the task
# description of the competition, spelled as in MMPose, configs/_base_/datasets/aic.py. Links and
# sigmas are from that file (the sigmas are half the deltas of the competition's
# Evaluation/keypoint_eval.py).
AIC14 = Skeleton(
    name="aic14",
    keypoints=(
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
        "head_top",
        "neck",
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        ("right_shoulder", "neck"),
        ("neck", "left_shoulder"),
        ("right_hip", "left_hip"),
        ("head_top", "neck"),
        ("right_shoulder", "right_hip"),
        ("left_shoulder", "left_hip"),
    ),
    flip_pairs=LIMB_PAIRS,
    sigmas=(
        *(0.01388152, 0.01515228, 0.01057665, 0.01417709, 0.01497891, 0.01402144),
        *(0.03909642, 0.03686941, 0.01981803, 0.03843971, 0.03412318, 0.02415081),
        *(0.01291456, 0.01236173),
    ),
)
