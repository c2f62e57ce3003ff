"""Records as columns of a table; see `columns`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from posehub.errors import FormatError
from posehub.formats.columns import FACTS, Layout
from posehub.formats.error_values import values_of
from posehub.formats.streams import of_one_skeleton
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

_ROWS_TO_GATHER = 1 << 14  # some 4 MB of coco17


def blocks(records: Iterable[Record], where: object) -> Iterator[tuple[Layout, dict[str, Any]]]:
    """Yield the layout, always the same, with columns of some thousand rows; at least once.

    Columns are lists with None for missing values where `FACTS` has their type, else float32
    arrays with NaN.

    Raises:
        FormatError: the records differ in skeleton, or in having 3-D keypoints.
    """
    gathered: list[Record] = []
    rows = 0
    layout: Layout | None = None
    for record in of_one_skeleton(records, where):
        # only people settle whether there are 3-D keypoints
        if record.result is not None and len(record.result):
            its = Layout(record.result.skeleton, record.result.keypoints_3d is not None)
            if layout is not None and its.has_3d != layout.has_3d:
                raise FormatError(
                    f"{where}: image {record} has {'' if its.has_3d else 'no '}3-D keypoints, "
                    "unlike the images before it, and a table has them for all or for none. "
                    "Write JSONL instead."
                )
            layout = its
        gathered.append(record)
        rows += _height(record)
        if rows >= _ROWS_TO_GATHER and layout is not None:
            yield layout, _columns(gathered, layout)
            gathered, rows = [], 0
    if layout is None:
        skeletons = [r.result.skeleton for r in gathered if r.result is not None]
        layout = Layout(skeletons[0] if skeletons else None, has_3d=False)
        yield layout, _columns(gathered, layout)
    elif gathered:
        yield layout, _columns(gathered, layout)


def _height(record: Record) -> int:
    """Return how many rows an image has."""
    return 1 if record.result is None else max(len(record.result), 1)


def _columns(records: Sequence[Record], layout: Layout) -> dict[str, Any]:
    columns: dict[str, Any] = {name: [] for name in FACTS}
    results = []
    for record in records:
        height = _height(record)
        for name, value in _facts(record).items():
            columns[name] += [value] * height
        result = record.result
        if result is None or not len(result):
            columns["person"].append(None)
            columns["track_id"].append(None)
            continue
        results.append(result)
        columns["person"] += range(height)
        columns["track_id"] += [None] * height if result.ids is None else result.ids.tolist()
    numbers = np.full((len(columns["person"]), len(layout.numbers)), np.nan, np.float32)
    if results:
        there = np.array([person is not None for person in columns["person"]])
        numbers[there] = np.concatenate([_numbers(result) for result in results])
    return columns | dict(zip(layout.numbers, numbers.T.copy(), strict=True))


def _facts(record: Record) -> dict[str, Any]:
    width, height = record.size or (None, None)
    facts = {
        "image": record.image,
        "image_id": record.image_id,
        "image_width": width,
        "image_height": height,
        "digest": record.digest,
        "frame": record.frame,
        "time": record.time,
    }
    if record.error is None:
        result = record.people
        return facts | {
            "backend": result.backend,
            "request_id": result.request_id,
            "skeleton": result.skeleton.name,
            **dict.fromkeys(("error", "error_message", "error_code")),
        }
    error = values_of(record.error)
    code = error.get("code")
    return facts | {
        "backend": None,
        "request_id": error.get("request_id"),
        "skeleton": None,
        "error": error["type"],
        "error_message": error["message"],
        "error_code": None if code is None else str(code),
    }


def _numbers(result: PoseResult) -> Float32Array:
    count = len(result)
    parts = [
        result.boxes,
        result.box_scores[:, None],
        result.keypoints.reshape(count, -1),
        result.scores,
    ]
    if result.keypoints_3d is not None:
        parts.append(result.keypoints_3d.reshape(count, -1))
    return np.concatenate(parts, axis=1)
