"""COCO-WholeBody's files: feet, face and hands in fields beside the 17 keypoints of the body.

The fields and their order are those of the data set's own evaluation
(github.com/jin-s13/xtcocoapi, xtcocotools/cocoeval.py, "keypoints_wholebody").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posehub.formats import fields

PARTS = {"foot_kpts": 6, "face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21}
"""Field -> number of keypoints, in the order of `coco_wholebody133` after the body."""

_BODY = 17


def has_parts(entry: Any) -> bool:
    """Return whether an annotation or result has the fields of all parts."""
    return isinstance(entry, Mapping) and PARTS.keys() <= entry.keys()


def joined(entry: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return x, y and the third value of the 133 keypoints, (399,); zeros for missing parts.

    Raises:
        ValueError: a field has another number of values.
    """
    rows = [_part(entry, "keypoints", _BODY)]
    rows += [_part(entry, field, points) for field, points in PARTS.items()]
    return np.concatenate(rows)


def _part(entry: Mapping[str, Any], field: str, points: int) -> NDArray[np.float64]:
    if not entry.get(field):
        return np.zeros(3 * points)
    return fields.numbers(entry, field, 3 * points)
