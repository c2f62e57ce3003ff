"""Columns of a table as records; see `columns`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from attrs import frozen

from posehub.errors import FormatError, PosehubError
from posehub.formats.columns import BOX, FACTS, Layout, layout_of, skeleton_called
from posehub.formats.error_values import error_of
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

_IMAGE = [name for name in FACTS if name not in ("person", "track_id")]

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,999})")

_Table = Mapping[str, Any]  # columns as `blocks` has them


@frozen
class Piece:
    """Some consecutive rows of a table.

    Attributes:
        rows: how many.
        names: of all columns of the table.
        column: returns the values of a column by its name: a list with None for missing values if
            `FACTS` has its type, else a float32 array with NaN.
    """

    rows: int
    names: Sequence[str]
    column: Callable[[str], Any]


def records_of(pieces: Iterable[Piece], skeleton: Skeleton | None, where: str) -> Iterator[Record]:
    """Yield the records of a table.

    Args:
        pieces: all rows of the table, in order; an image may begin in one piece and end in the
            next.
        skeleton: the one that the table names, if no known skeleton has the name.
        where: the table's name in messages.

    Raises:
        FormatError: a column is missing, or a row is malformed; rows are counted from 0.
    """
    layout = Layout(None, has_3d=False)
    held: list[_Table] = []  # the pieces of the image that may continue in the next piece
    first = row = 0
    for piece in pieces:
        table = _facts(piece)
        if layout.skeleton is None:
            layout = _layout(piece.names, table["skeleton"], skeleton, where)
        table |= {name: piece.column(name) for name in layout.numbers}
        starts = _starts(table, held[-1] if held else None)
        if held and starts:
            held.append(_rows(table, 0, starts[0]))
            yield _image(held, layout, f"{where}: row {first}")
            held = []
        elif held:
            held.append(table)
        for start, end in pairwise(starts):
            yield _record(table, start, end, layout, f"{where}: row {row + start}")
        if starts:
            held, first = [_rows(table, starts[-1], piece.rows)], row + starts[-1]
        row += piece.rows
    if held:
        yield _image(held, layout, f"{where}: row {first}")


def _rows(table: _Table, start: int, end: int) -> dict[str, Any]:
    return {name: column[start:end] for name, column in table.items()}


def _image(pieces: Sequence[_Table], layout: Layout, where: str) -> Record:
    """Return the record of an image whose rows are in several pieces; they are joined once."""
    joined = {
        name: list(chain.from_iterable(table[name] for table in pieces))
        if isinstance(column, list)
        else np.concatenate([table[name] for table in pieces])
        # the pieces before the skeleton was known have failed images only
        for name, column in pieces[-1].items()
        if all(name in table for table in pieces)
    }
    return _record(joined, 0, len(joined["person"]), layout, where)


def _facts(piece: Piece) -> dict[str, Any]:
    nothing = [None] * piece.rows
    return {name: piece.column(name) if name in piece.names else nothing for name in FACTS}


def _layout(
    names: Sequence[str], skeletons: Sequence[str | None], given: Skeleton | None, where: str
) -> Layout:
    """Return the layout of a table; without a skeleton, as long as all images failed."""
    name = next((name for name in skeletons if name is not None), None)
    try:
        return layout_of(names, None if name is None else skeleton_called(name, given))
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from error


def _starts(table: _Table, before: _Table | None) -> list[int]:
    """Return the rows at which an image begins.

    Args:
        table: some rows.
        before: rows that end where `table` begins; None if there are none.
    """
    keys = list(zip(table["image"], table["image_id"], strict=True))
    people = table["person"]
    last_key = last_person = None
    if before is not None:
        last_key = (before["image"][-1], before["image_id"][-1])
        last_person = before["person"][-1]
    starts = []
    for row, (key, person) in enumerate(zip(keys, people, strict=True)):
        if key != last_key or person is None or last_person is None or person <= last_person:
            starts.append(row)
        last_key, last_person = key, person
    return starts


def _record(table: _Table, start: int, end: int, layout: Layout, where: str) -> Record:
    facts = {name: table[name][start] for name in _IMAGE}
    for name in _IMAGE:
        if any(value != facts[name] for value in table[name][start:end]):
            raise FormatError(f"{where}: {name} differs within the image")
    size = (facts["image_width"], facts["image_height"])
    if (size[0] is None) != (size[1] is None):
        raise FormatError(f"{where}: image_width and image_height must both be there, or neither")
    image: dict[str, Any] = {
        "image": facts["image"] or "",
        "image_id": facts["image_id"],
        "size": None if size[0] is None else size,
        "digest": facts["digest"],
        "frame": facts["frame"],
        "time": facts["time"],
    }
    people = slice(start, start if table["person"][start] is None else end)
    if facts["error"] is not None:
        if people.stop > start:
            raise FormatError(f"{where}: has an error, so it cannot have people")
        return Record(error=_error(facts), **image)
    if layout.skeleton is None or facts["skeleton"] is None:
        raise FormatError(f"{where}: skeleton is missing")
    if facts["skeleton"] != layout.skeleton.name:
        raise FormatError(
            f"{where}: skeleton is {facts['skeleton']!r}, above it is {layout.skeleton.name!r}, "
            "and a table has one skeleton"
        )
    try:
        result = _result(table, people, layout, layout.skeleton, image["size"])
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from error
    return Record(result=result, **image)


def _error(facts: Mapping[str, Any]) -> PosehubError:
    code = facts["error_code"]
    values = {
        "type": facts["error"],
        "message": facts["error_message"] or "",
        # the column holds texts, and services have numbers as well as words for codes
        "code": int(code) if code is not None and _WHOLE.fullmatch(code) else code,
        "request_id": facts["request_id"],
    }
    return error_of(values)


def _result(
    table: _Table,
    people: slice,
    layout: Layout,
    skeleton: Skeleton,
    size: tuple[int, int] | None,
) -> PoseResult:
    count = len(skeleton)
    keypoints_3d = None
    if layout.has_3d and people.stop > people.start:
        keypoints_3d = _gathered(table, layout.points_3d, people).reshape(-1, count, 3)
    return PoseResult(
        keypoints=_gathered(table, layout.points, people).reshape(-1, count, 2),
        scores=_gathered(table, layout.scores, people),
        boxes=_gathered(table, BOX[:4], people),
        box_scores=table["score"][people],
        skeleton=skeleton,
        image_size=size,
        backend=table["backend"][people.start] or "",
        request_id=table["request_id"][people.start],
        keypoints_3d=keypoints_3d,
        ids=_ids(table["track_id"][people]),
    )


def _ids(values: Sequence[Any]) -> Sequence[int] | None:
    there = [value is not None for value in values]
    if not any(there):
        return None
    if not all(there):
        raise ValueError("track_id must be there for all people of the image, or for none")
    return values


def _gathered(table: _Table, names: Sequence[str], rows: slice) -> Float32Array:
    """Return columns side by side, (rows, columns)."""
    array = np.empty((rows.stop - rows.start, len(names)), np.float32)
    for column, name in enumerate(names):
        array[:, column] = table[name][rows]
    return array
