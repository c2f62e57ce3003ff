"""Anatomical locations: which keypoints of different skeletons are equal, near, or derived.

A spot is an anatomical location on the body. Keypoints of two skeletons at one location are the
same point. A location has the name of the keypoints that mark it, except for those in `SPOTS`.
"""

from __future__ import annotations

SPOTS = {
    "head_top": "the crown",
    "head_end_mocap": "Human3.6M's end of the head, near the crown",
    "tencent_head": "Tencent's head; the vendor does not publish its exact position",
    "head_mocap": "Human3.6M's joint inside the head, behind the nose",
    "neck": "the neck as annotated in data sets of images",
    "baidu_neck": "Baidu's neck; the vendor does not publish its height",
    "tencent_neck": "Tencent's neck; the vendor does not publish its height",
    "shoulder_midpoint": "OpenPose's neck, the midpoint of the shoulders",
    "thorax": "MPII's thorax, on the spine at the height of the shoulders",
    "thorax_mocap": "Human3.6M's thorax, where neck and spine meet",
    "spine_mocap": "Human3.6M's joint of the spine between thorax and root",
    "pelvis": "MPII's pelvis, between the hips",
    "halpe_hip": "Halpe's hip, between the hips",
    "hip_midpoint": "OpenPose's mid hip, the midpoint of the hips",
    "pelvis_mocap": "Human3.6M's root, where spine and legs meet",
    "left_hip_mocap": "Human3.6M's left hip, the head of the thigh bone",
    "right_hip_mocap": "Human3.6M's right hip, the head of the thigh bone",
}
"""Anatomical locations whose name needs a description."""

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
"""Pairs of nearby locations: one replaces the other where the exact one is missing. The closest
pairs come first.

The source is MMHuman3D's table of approximate keypoints
(conventions/keypoints_mapping/human_data.py). The nose for Human3.6M's joint inside the head is
MMPose's choice: its 3-D models get COCO's nose as that joint. BlazePose's thumb has no partner:
sources disagree on which knuckle it is.
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
"""Locations that are the mean of others; the better rule comes first where a location has two.

OpenPose's neck and mid hip are these midpoints by definition. The other rules are common practice:
MMPose computes pelvis, thorax and spine like this when it converts COCO's keypoints to Human3.6M's.
"""
