"""OpenPose's body models, and BODY_25 with hands and face."""

from __future__ import annotations

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
from posehub.poses.skeletons.coco import COCO17, COCO_WHOLEBODY133, FACE_POINTS, hand

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

_TRUNK_LINKS = (
    ("neck", "right_shoulder"),
    ("neck", "left_shoulder"),
    *ARM_LINKS,
    ("neck", "right_hip"),
    ("neck", "left_hip"),
    *LEG_LINKS,
)

# The COCO model of OpenPose before 1.4, which ControlNet and DWPose write too: order from
# doc/02_output.md. `neck` is the midpoint of the shoulders.
OPENPOSE_COCO18 = Skeleton(
    name="openpose_coco18",
    keypoints=(
        *("nose", "neck"),
        *("right_shoulder", "right_elbow", "right_wrist"),
        *("left_shoulder", "left_elbow", "left_wrist"),
        *("right_hip", "right_knee", "right_ankle"),
        *("left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
    ),
    links=(
        *_TRUNK_LINKS,
        ("neck", "nose"),
        ("nose", "right_eye"),
        ("right_eye", "right_ear"),
        ("nose", "left_eye"),
        ("left_eye", "left_ear"),
    ),
    flip_pairs=(*FACE_PAIRS, *LIMB_PAIRS),
    spots={"neck": "shoulder_midpoint"},
)

# The MPI model of OpenPose: order from src/openpose/pose/poseParameters.cpp, POSE_MPI_BODY_PARTS.
# It is trained on MPII, whose upper neck and top of the head it has. `chest` is no point of another
# skeleton.
OPENPOSE_MPI15 = Skeleton(
    name="openpose_mpi15",
    keypoints=(
        *("head", "neck"),
        *("right_shoulder", "right_elbow", "right_wrist"),
        *("left_shoulder", "left_elbow", "left_wrist"),
        *("right_hip", "right_knee", "right_ankle"),
        *("left_hip", "left_knee", "left_ankle"),
        "chest",
    ),
    links=(
        ("head", "neck"),
        ("neck", "right_shoulder"),
        ("neck", "left_shoulder"),
        *ARM_LINKS,
        ("neck", "chest"),
        ("chest", "right_hip"),
        ("chest", "left_hip"),
        *LEG_LINKS,
    ),
    flip_pairs=LIMB_PAIRS,
    spots={"head": "head_top"},
)

# BODY_25B: order from src/openpose/pose/poseParameters.cpp, POSE_BODY_25B_BODY_PARTS: COCO's 17,
# then MPII's upper neck and top of the head, then the feet.
OPENPOSE_BODY25B = Skeleton(
    name="openpose_body25b",
    keypoints=(
        *COCO17.keypoints,
        "upper_neck",
        "head_top",
        *("left_big_toe", "left_small_toe", "left_heel"),
        *("right_big_toe", "right_small_toe", "right_heel"),
    ),
    links=(
        *ARM_LINKS,
        *LEG_LINKS,
        *TORSO_LINKS,
        *COCO_FACE_LINKS,
        *FOOT_LINKS,
        ("upper_neck", "head_top"),
    ),
    flip_pairs=(*FACE_PAIRS, *LIMB_PAIRS, *FOOT_PAIRS),
    spots={"upper_neck": "neck"},
)

_PUPILS = ("face_68", "face_69")

# BODY_25 with both hands and the face: the 21 points of a hand are those of COCO-WholeBody, and so
# are the first 68 of the face; the last two are the pupils of the right and the left eye
# (doc/02_output.md).
OPENPOSE_BODY137 = Skeleton(
    name="openpose_body137",
    keypoints=(
        *OPENPOSE_BODY25.keypoints,
        *hand("left"),
        *hand("right"),
        *FACE_POINTS,
        *_PUPILS,
    ),
    links=(
        *OPENPOSE_BODY25.links,
        *(
            link
            for link in COCO_WHOLEBODY133.links
            if any(name in (*hand("left")[1:], *hand("right")[1:]) for name in link)
        ),
    ),
    flip_pairs=(
        *OPENPOSE_BODY25.flip_pairs,
        *(pair for pair in COCO_WHOLEBODY133.flip_pairs if pair[0].startswith("face_")),
        _PUPILS,
        *zip(hand("left"), hand("right"), strict=True),
    ),
    spots=(
        *OPENPOSE_BODY25.spots,
        *(pair for pair in COCO_WHOLEBODY133.spots if pair[0].startswith("face_")),
    ),
)
