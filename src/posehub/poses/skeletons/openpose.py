"""OpenPose: BODY_25."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS, FACE_PAIRS, FOOT_PAIRS, LEG_LINKS, LIMB_PAIRS

# Names in the order of github.com/CMU-Perceptual-Computing-Lab/openpose, doc/02_output.md; links
# from include/openpose/pose/poseParametersRender.hpp. No sigmas are published. `neck` and `mid_hip`
# are trained on the midpoints of shoulders and hips (issue 1537 of that repository): they are these
# midpoints by definition.
OPENPOSE_BODY25 = Skeleton(
    name="openpose_body25",
    keypoints=(
        "nose",
        "neck",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "mid_hip",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
        "left_big_toe",
        "left_small_toe",
        "left_heel",
        "right_big_toe",
        "right_small_toe",
        "right_heel",
    ),
    links=(
        ("neck", "mid_hip"),
        ("neck", "right_shoulder"),
        ("neck", "left_shoulder"),
        *ARM_LINKS,
        ("mid_hip", "right_hip"),
        ("mid_hip", "left_hip"),
        *LEG_LINKS,
        ("neck", "nose"),
        ("nose", "right_eye"),
        ("right_eye", "right_ear"),
        ("nose", "left_eye"),
        ("left_eye", "left_ear"),
        ("left_ankle", "left_big_toe"),
        ("left_big_toe", "left_small_toe"),
        ("left_ankle", "left_heel"),
        ("right_ankle", "right_big_toe"),
        ("right_big_toe", "right_small_toe"),
        ("right_ankle", "right_heel"),
    ),
    flip_pairs=(*FACE_PAIRS, *LIMB_PAIRS, *FOOT_PAIRS),
    spots={"neck": "shoulder_midpoint", "mid_hip": "hip_midpoint"},
)
