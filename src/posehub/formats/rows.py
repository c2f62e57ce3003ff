"""Records as a table of one person a row, in named columns: what Parquet, Arrow and pandas hold.

Columns: image, image_id, image_width, image_height, backend, request_id, skeleton, person;
left, top, right, bottom and score of the box; NAME_x, NAME_y, NAME_score for each keypoint;
NAME_3d_x, NAME_3d_y, NAME_3d_z if there are 3-D keypoints. A picture with nobody has one row,
whose person is None. Rows of a picture come together, and `person` grows within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import ConfigError, FormatError
from posehub.formats.streams import of_one_skeleton
from posehub.poses.catalogue import get_skeleton
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

TEXTS = ("image", "backend", "request_id", "skeleton")
WHOLE_NUMBERS = {"image_id": 64, "image_width": 32, "image_height": 32, "person": 32}
FACTS = ("image", "image_id", "image_width", "image_height", "backend", "request_id", "skeleton")
_SHARED = FACTS[2:]
BOX = ("left", "top", "right", "bottom", "score")
_ROWS_TO_GATHER = 1 << 14  # some 4 MB of coco17

Columns = Mapping[str, Any]
"""Lists with None for missing values under TEXTS and WHOLE_NUMBERS, float32 arrays elsewhere."""


@frozen
class Layout:
    """Which keypoint columns a table has."""

    skeleton: Skeleton
    has_3d: bool

    @property
    def points(self) -> list[str]:
        """Names of the columns of x and y."""
        return [f"{name}_{axis}" for name in self.skeleton.keypoints for axis in "xy"]

    @property
    def scores(self) -> list[str]:
        """Names of the columns of scores."""
        return [f"{name}_score" for name in self.skeleton.keypoints]

    @property
    def points_3d(self) -> list[str]:
        """Names of the columns of x, y and z in metres."""
        names = self.skeleton.keypoints if self.has_3d else ()
        return [f"{name}_3d_{axis}" for name in names for axis in "xyz"]

    @property
    def numbers(self) -> list[str]:
        """Names of every column of floats, in order."""
        return [*BOX, *self.points, *self.scores, *self.points_3d]


def layout_of(columns: Iterable[str], skeleton: Skeleton) -> Layout:
    """Return the layout of a table with these columns.

    Raises:
        ValueError: a column is missing.
    """
    there = set(columns)
    layout = Layout(skeleton, has_3d=any(f"{name}_3d_x" in there for name in skeleton.keypoints))
    for name in (*FACTS, "person", *layout.numbers):
        if name not in there:
            raise ValueError(f"has no column {name!r}")
    return layout


def skeleton_called(name: str, given: Skeleton | None) -> Skeleton:
    """Return the skeleton a table names, which may be one only the caller knows.

    Raises:
        ValueError: nobody knows it.
    """
    if given is not None and given.name == name:
        return given
    try:
        return get_skeleton(name)
    except ConfigError as error:
        raise ValueError(f"{error} If it is your own, give it: skeleton=...") from error


def blocks(records: Iterable[Record], where: object) -> Iterator[tuple[Layout, dict[str, Any]]]:
    """Yield the layout, which is always the same, and columns of some thousand rows each.

    Raises:
        FormatError: the records differ in skeleton, or in having 3-D keypoints.
    """
    gathered: list[Record] = []
    rows = 0
    has_3d: bool | None = None
    for record in of_one_skeleton(records, where):
        if len(record.people):
            its = record.people.keypoints_3d is not None
            if has_3d not in (its, None):
                raise FormatError(
                    f"{where}: picture {record} has {'' if its else 'no '}3-D keypoints, unlike "
                    "those before, and a table has them for all or for none. Write JSONL instead."
                )
            has_3d = its
        gathered.append(record)
        rows += max(len(record.people), 1)
        # only people tell whether there are 3-D keypoints
        if rows >= _ROWS_TO_GATHER and has_3d is not None:
            layout = Layout(record.people.skeleton, has_3d)
            yield layout, columns_of(gathered, layout)
            gathered, rows = [], 0
    if gathered:
        layout = Layout(gathered[0].people.skeleton, bool(has_3d))
        yield layout, columns_of(gathered, layout)


def columns_of(records: Sequence[Record], layout: Layout) -> dict[str, Any]:
    """Return the records as columns of `layout`."""
    heights = [max(len(record.people), 1) for record in records]
    columns: dict[str, Any] = {name: [] for name in (*FACTS, "person")}
    for record, height in zip(records, heights, strict=True):
        for name, value in _facts(record).items():
            columns[name] += [value] * height
        columns["person"] += range(height) if len(record.people) else [None]
    results = [record.people for record in records]
    numbers = np.full((sum(heights), len(layout.numbers)), np.nan, np.float32)
    there = np.array([person is not None for person in columns["person"]])
    numbers[there] = np.concatenate([_numbers(result, layout) for result in results])
    columns |= zip(layout.numbers, numbers.T.copy(), strict=True)
    return columns


def _facts(record: Record) -> dict[str, Any]:
    result = record.people
    width, height = result.image_size or (None, None)
    facts = (record.image, record.image_id, width, height, result.backend, result.request_id)
    return dict(zip(FACTS, (*facts, result.skeleton.name), strict=True))


def _numbers(result: PoseResult, layout: Layout) -> Float32Array:
    count = len(result)
    parts = [
        result.boxes,
        result.box_scores[:, None],
        result.keypoints.reshape(count, 2 * len(layout.skeleton)),
        result.scores,
    ]
    if layout.has_3d and result.keypoints_3d is not None:
        parts.append(result.keypoints_3d.reshape(count, 3 * len(layout.skeleton)))
    elif layout.has_3d:
        parts.append(np.empty((0, 3 * len(layout.skeleton)), np.float32))
    return np.concatenate(parts, axis=1)


def records_of(tables: Iterable[Columns], layout: Layout, where: str) -> Iterator[Record]:
    """Yield the records of consecutive pieces of a table.

    Args:
        tables: the pieces, of `layout`; a picture may begin in one and end in the next.
        layout: of all of them.
        where: the table's name in messages.

    Raises:
        FormatError: a row is not what it should be; rows are counted from 0.
    """
    held: Columns | None = None
    first = 0
    for piece in tables:
        table = piece if held is None else _joined(held, piece)
        starts = _starts(table)
        for start, end in pairwise(starts):
            yield _record(table, start, end, layout, f"{where}: row {first + start}")
        # the last picture may go on in the next piece
        held = {name: column[starts[-1] :] for name, column in table.items()} if starts else None
        first += starts[-1] if starts else 0
    if held is not None:
        yield _record(held, 0, len(held["person"]), layout, f"{where}: row {first}")


def _joined(first: Columns, second: Columns) -> Columns:
    return {
        name: column + second[name]
        if isinstance(column, list)
        else np.concatenate([column, second[name]])
        for name, column in first.items()
    }


def _starts(table: Columns) -> list[int]:
    """Return the rows at which a picture begins."""
    keys = list(zip(table["image"], table["image_id"], strict=True))
    people = table["person"]
    return [
        row
        for row, (key, person) in enumerate(zip(keys, people, strict=True))
        if row == 0
        or key != keys[row - 1]
        or person is None
        or people[row - 1] is None
        or person <= people[row - 1]
    ]


def _record(table: Columns, start: int, end: int, layout: Layout, where: str) -> Record:
    facts = {name: table[name][start] for name in FACTS}
    for name in _SHARED:
        if any(value != facts[name] for value in table[name][start:end]):
            raise FormatError(f"{where}: {name} differs within the picture")
    if facts["skeleton"] != layout.skeleton.name:
        raise FormatError(
            f"{where}: skeleton is {facts['skeleton']!r}, above it is {layout.skeleton.name!r}, "
            "and a table has one"
        )
    size = (facts["image_width"], facts["image_height"])
    if (size[0] is None) != (size[1] is None):
        raise FormatError(f"{where}: image_width and image_height come together or not at all")
    if table["person"][start] is None:
        end = start
    count = len(layout.skeleton)
    try:
        result = PoseResult(
            keypoints=_gathered(table, layout.points, start, end).reshape(-1, count, 2),
            scores=_gathered(table, layout.scores, start, end),
            boxes=_gathered(table, BOX[:4], start, end),
            box_scores=table["score"][start:end],
            skeleton=layout.skeleton,
            image_size=None if size[0] is None else size,
            backend=facts["backend"] or "",
            request_id=facts["request_id"],
            keypoints_3d=_gathered(table, layout.points_3d, start, end).reshape(-1, count, 3)
            if layout.has_3d and end > start
            else None,
        )
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from error
    return Record(facts["image"] or "", result, facts["image_id"])


def _gathered(table: Columns, names: Sequence[str], start: int, end: int) -> Float32Array:
    """Return columns side by side, (rows, columns)."""
    array = np.empty((end - start, len(names)), np.float32)
    for column, name in enumerate(names):
        array[:, column] = table[name][start:end]
    return array
