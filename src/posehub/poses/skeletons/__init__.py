"""The built-in skeletons. Each module states the source of its tables."""

from __future__ import annotations

from posehub.poses.skeletons.aic import AIC14
from posehub.poses.skeletons.baidu import BAIDU14, BAIDU21
from posehub.poses.skeletons.blazepose import BLAZEPOSE33
from posehub.poses.skeletons.coco import COCO17, COCO_WHOLEBODY133
from posehub.poses.skeletons.crowdpose import CROWDPOSE14
from posehub.poses.skeletons.h36m import H36M17
from posehub.poses.skeletons.halpe import HALPE26
from posehub.poses.skeletons.mpii import MPII16
from posehub.poses.skeletons.openpose import (
    OPENPOSE_BODY25,
    OPENPOSE_BODY25B,
    OPENPOSE_BODY137,
    OPENPOSE_COCO18,
    OPENPOSE_MPI15,
)
from posehub.poses.skeletons.tencent import TENCENT14

__all__ = [
    "AIC14",
    "BAIDU14",
    "BAIDU21",
    "BLAZEPOSE33",
    "BUILTIN",
    "COCO17",
    "COCO_WHOLEBODY133",
    "CROWDPOSE14",
    "H36M17",
    "HALPE26",
    "MPII16",
    "OPENPOSE_BODY25",
    "OPENPOSE_BODY25B",
    "OPENPOSE_BODY137",
    "OPENPOSE_COCO18",
    "OPENPOSE_MPI15",
    "TENCENT14",
]

BUILTIN = {
    skeleton.name: skeleton
    for skeleton in (
        COCO17,
        COCO_WHOLEBODY133,
        HALPE26,
        OPENPOSE_BODY25,
        OPENPOSE_BODY25B,
        OPENPOSE_BODY137,
        OPENPOSE_COCO18,
        OPENPOSE_MPI15,
        MPII16,
        AIC14,
        CROWDPOSE14,
        H36M17,
        BLAZEPOSE33,
        BAIDU21,
        BAIDU14,
        TENCENT14,
    )
}
