"""Human3.6M."""

from __future__ import annotations

from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons._parts import ARM_LINKS

# Human3.6M (Ionescu et al., TPAMI 2014), the 17 of its 32 joints that move independently: names and
# links from MMPose, configs/_base_/datasets/h36m.py. That file names joints 1 to 3 the left leg and
# 4 to 6 the right leg. The data has them the other way round, and so has this table: see MMPose's
# own Body3DH36MDataset and its issue 1478, the names in 3d-pose-baseline, src/data_utils.py, and
# the data set's Matlab code, quoted in human-motion-prediction's issue 46. No sigmas are published.
#
# The keypoints are joints of a motion-capture skeleton inside the body. `left_foot` is the ankle,
# where the foot starts. The hips are the heads of the thigh bones, near the annotated hips of other
# data sets. `thorax` is where neck and spine meet. `neck_base`, elsewhere called Neck/Nose, is
# inside the head behind the nose. `head` is the end of the chain, near the crown. MMHuman3D
# distinguishes the same joints from those of other data sets (conventions/keypoints_mapping/h36m.py
# and human_data.py).
H36M17 = Skeleton(
    name="h36m17",
    keypoints=(
        "root",
        "right_hip",
        "right_knee",
        "right_foot",
        "left_hip",
        "left_knee",
        "left_foot",
        "spine",
        "thorax",
        "neck_base",
        "head",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
    ),
    links=(
        ("root", "left_hip"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_foot"),
        ("root", "right_hip"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_foot"),
        ("root", "spine"),
        ("spine", "thorax"),
        ("thorax", "neck_base"),
        ("neck_base", "head"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        *ARM_LINKS,
    ),
    flip_pairs=(
        ("left_hip", "right_hip"),
        ("left_knee", "right_knee"),
        ("left_foot", "right_foot"),
        ("left_shoulder", "right_shoulder"),
        ("left_elbow", "right_elbow"),
        ("left_wrist", "right_wrist"),
    ),
    spots={
        "root": "pelvis_mocap",
        "left_hip": "left_hip_mocap",
        "right_hip": "right_hip_mocap",
        "left_foot": "left_ankle",
        "right_foot": "right_ankle",
        "spine": "spine_mocap",
        "thorax": "thorax_mocap",
        "neck_base": "head_mocap",
        "head": "head_end_mocap",
    },
)
