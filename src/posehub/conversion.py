"""The people of one skeleton on another."""

from __future__ import annotations

import attrs
import numpy as np

from posehub.model import PoseResult
from posehub.registry import get_skeleton
from posehub.skeleton import Skeleton


def convert(result: PoseResult, skeleton: str | Skeleton) -> PoseResult:
    """Return the people of `result` on another skeleton.

    A keypoint of the same name is copied with its score; one the source does not have is NaN
    with score 0. Boxes and everything else stay.

    Raises:
        ConfigError: no skeleton of that name is known.
    """
    target = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    shared = [name for name in target.keypoints if name in result.skeleton.keypoints]
    columns = [target.index(name) for name in shared]
    sources = [result.skeleton.index(name) for name in shared]
    keypoints = np.full((len(result), len(target), 2), np.nan, np.float32)
    keypoints[:, columns] = result.keypoints[:, sources]
    scores = np.zeros((len(result), len(target)), np.float32)
    scores[:, columns] = result.scores[:, sources]
    keypoints_3d = None
    if result.keypoints_3d is not None:
        keypoints_3d = np.full((len(result), len(target), 3), np.nan, np.float32)
        keypoints_3d[:, columns] = result.keypoints_3d[:, sources]
    return attrs.evolve(
        result, keypoints=keypoints, scores=scores, keypoints_3d=keypoints_3d, skeleton=target
    )
