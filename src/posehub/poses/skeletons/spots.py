"""Which keypoints of different skeletons are the same, near each other, or follow from others.

A spot is a place on the body. Keypoints on one spot are the same point. A spot is called as the
keypoints that mark it, but for those that `SPOTS` describes.
"""

from __future__ import annotations

SPOTS = {
    "head_top": "the crown",
    "head_end_mocap": "Human3.6M's end of the head, near the crown",
    "tencent_head": "somewhere on the head; the vendor does not say where",
    "head_mocap": "Human3.6M's joint inside the head, behind the nose",
    "neck": "the neck of people who annotate pictures",
    "baidu_neck": "Baidu's neck; the vendor does not say how high",
    "tencent_neck": "Tencent's neck; the vendor does not say how high",
    "shoulder_midpoint": "OpenPose's neck, the midpoint of the shoulders",
    "thorax": "MPII's thorax, on the spine at the height of the shoulders",
    "thorax_mocap": "Human3.6M's thorax, where neck and spine meet",
    "spine_mocap": "Human3.6M's joint of the spine between thorax and root",
    "pelvis": "MPII's pelvis, between the hips",
    "halpe_hip": "Halpe's hip, between the hips",
    "hip_midpoint": "OpenPose's mid hip, the midpoint of the hips",
    "pelvis_mocap": "Human3.6M's root, the joint of spine and legs",
    "left_hip_mocap": "Human3.6M's left hip, the head of the thigh bone",
    "right_hip_mocap": "Human3.6M's right hip, the head of the thigh bone",
}
"""Spots whose name does not say what they are."""

NEAR = (
    ("left_hip", "left_hip_mocap"),
    ("right_hip", "right_hip_mocap"),
    ("pelvis", "hip_midpoint"),
    ("pelvis", "halpe_hip"),
    ("halpe_hip", "hip_midpoint"),
    ("pelvis", "pelvis_mocap"),
    ("halpe_hip", "pelvis_mocap"),
    ("hip_midpoint", "pelvis_mocap"),
    ("thorax", "thorax_mocap"),
    ("baidu_neck", "tencent_neck"),
    ("neck", "baidu_neck"),
    ("neck", "tencent_neck"),
    ("neck", "thorax_mocap"),
    ("baidu_neck", "thorax_mocap"),
    ("tencent_neck", "thorax_mocap"),
    ("thorax", "shoulder_midpoint"),
    ("thorax_mocap", "shoulder_midpoint"),
    ("neck", "shoulder_midpoint"),
    ("baidu_neck", "shoulder_midpoint"),
    ("tencent_neck", "shoulder_midpoint"),
    ("head_top", "head_end_mocap"),
    ("head_top", "tencent_head"),
    ("head_end_mocap", "tencent_head"),
    ("nose", "head_mocap"),
    ("left_big_toe", "left_foot_index"),
    ("right_big_toe", "right_foot_index"),
    ("left_forefinger1", "left_index"),
    ("right_forefinger1", "right_index"),
    ("left_pinky_finger1", "left_pinky"),
    ("right_pinky_finger1", "right_pinky"),
)
"""Pairs of spots that stand for each other where the exact one is missing; the closest first.

After MMHuman3D's table of approximate keypoints (conventions/keypoints_mapping/human_data.py). The
nose for Human3.6M's joint inside the head is MMPose's choice, which gives COCO's nose to its 3-D
models there. BlazePose's thumb has no partner: sources disagree on which knuckle it is.
"""

_SHOULDERS = ("left_shoulder", "right_shoulder")
_HIPS = ("left_hip", "right_hip")
_HIPS_MOCAP = ("left_hip_mocap", "right_hip_mocap")

DERIVED = (
    ("shoulder_midpoint", _SHOULDERS),
    ("neck", _SHOULDERS),
    ("baidu_neck", _SHOULDERS),
    ("tencent_neck", _SHOULDERS),
    ("thorax", _SHOULDERS),
    ("thorax_mocap", _SHOULDERS),
    ("hip_midpoint", _HIPS),
    ("pelvis", _HIPS),
    ("halpe_hip", _HIPS),
    ("pelvis_mocap", _HIPS),
    ("hip_midpoint", _HIPS_MOCAP),
    ("spine_mocap", (*_SHOULDERS, *_HIPS)),
)
"""Spots that are the mean of others, the better rule first where a spot has two.

OpenPose's neck and mid hip are these midpoints by definition. For the rest it is what the field
does: MMPose computes pelvis, thorax and spine so when it turns COCO's points into Human3.6M's.
"""
