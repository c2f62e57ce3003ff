"""Parquet and Arrow IPC files (Feather version 2), through pyarrow; columns as in `columns`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from posehub.errors import FormatError
from posehub.extras import needed
from posehub.files import open_atomically
from posehub.formats.columns import FACTS, Layout
from posehub.formats.from_columns import Piece, records_of
from posehub.formats.notes import Notes
from posehub.formats.to_columns import blocks
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 13  # to read at a time


def read_parquet(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield the records of a Parquet file; none is skipped."""
    pa = _pyarrow()
    pq = needed("pyarrow.parquet", extra="parquet")
    try:
        # if it were buffered ahead, what was read would stay in memory to the end of the file
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from _records(file.iter_batches(_ROWS), path, skeleton)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: pyarrow cannot read it as Parquet: {error}") from error


def read_arrow(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield the records of an Arrow IPC file; one of its batches is loaded at a time."""
    pa = _pyarrow()
    try:
        # not mapped into memory, because mapped memory counts as used
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
            batches = (file.get_batch(index) for index in range(file.num_record_batches))
            yield from _records(batches, path, skeleton)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: pyarrow cannot read it as Arrow IPC: {error}") from error


def write_parquet(records: Iterable[Record], path: Path) -> None:
    """Write a Parquet file, compressed with Zstandard."""
    pq = needed("pyarrow.parquet", extra="parquet")
    _write(records, path, lambda file, schema: pq.ParquetWriter(file, schema, compression="zstd"))


def write_arrow(records: Iterable[Record], path: Path) -> None:
    """Write an Arrow IPC file, not compressed."""
    pa = _pyarrow()
    _write(records, path, pa.ipc.new_file)


def _pyarrow() -> Any:
    return needed("pyarrow", extra="parquet")


def _write(
    records: Iterable[Record], path: Path, open_writer: Callable[[BinaryIO, pa.Schema], Any]
) -> None:
    pa = _pyarrow()
    writer = None
    with open_atomically(path) as file:
        try:
            for layout, columns in blocks(records, path):
                schema = _schema(layout)
                if writer is None:
                    writer = open_writer(file, schema)
                # from_pandas: NaN, which means missing, becomes null
                arrays = [pa.array(columns[f.name], f.type, from_pandas=True) for f in schema]
                writer.write_batch(pa.record_batch(arrays, schema))
        finally:  # a writer that is still open when the file is closed prints a traceback
            if writer is not None:
                writer.close()


def _schema(layout: Layout) -> pa.Schema:
    pa = _pyarrow()
    return pa.schema([pa.field(name, _type(name)) for name in (*FACTS, *layout.numbers)])


def _type(name: str) -> pa.DataType:
    pa = _pyarrow()
    return getattr(pa, FACTS.get(name, "float32"))()


def _records(
    batches: Iterator[pa.RecordBatch], path: Path, skeleton: Skeleton | None
) -> Iterator[Record]:
    pieces = (_piece(batch, path) for batch in batches if batch.num_rows)
    return records_of(pieces, skeleton, str(path))


def _piece(batch: pa.RecordBatch, path: Path) -> Piece:
    batch.validate(full=True)  # a damaged batch could crash the interpreter
    return Piece(batch.num_rows, batch.schema.names, partial(_values, batch, path))


def _values(batch: pa.RecordBatch, path: Path, name: str) -> Any:
    pa = _pyarrow()
    try:
        column = batch.column(name).cast(_type(name))
    except pa.ArrowException as error:
        raise FormatError(f"{path}: column {name!r}: {error}") from error
    if name in FACTS:
        return column.to_pylist()
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float32)
