"""Parquet and Arrow IPC files (Feather version 2), through pyarrow; columns as in `rows`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from posehub.errors import FormatError
from posehub.files import open_atomically
from posehub.formats.needs import needed
from posehub.formats.rows import (
    FACTS,
    TEXTS,
    WHOLE_NUMBERS,
    Columns,
    Layout,
    blocks,
    layout_of,
    records_of,
    skeleton_called,
)
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 13  # to read at a time


def read_parquet(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield the records of a Parquet file."""
    with needed("pyarrow", extra="parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        # buffered ahead, what has been read would stay in memory to the end of the file
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from _records(file.iter_batches(_ROWS), path, skeleton)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: is no Parquet file pyarrow can read: {error}") from error


def read_arrow(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield the records of an Arrow IPC file; a record batch of it is loaded at a time."""
    with needed("pyarrow", extra="parquet"):
        import pyarrow as pa
    try:
        # not mapped into memory: what is mapped counts as used
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
            batches = (file.get_batch(index) for index in range(file.num_record_batches))
            yield from _records(batches, path, skeleton)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: is no Arrow IPC file pyarrow can read: {error}") from error


def write_parquet(records: Iterable[Record], path: Path) -> None:
    """Write a Parquet file, compressed with Zstandard."""
    with needed("pyarrow", extra="parquet"):
        import pyarrow.parquet as pq
    _write(records, path, lambda file, schema: pq.ParquetWriter(file, schema, compression="zstd"))


def write_arrow(records: Iterable[Record], path: Path) -> None:
    """Write an Arrow IPC file, not compressed."""
    with needed("pyarrow", extra="parquet"):
        import pyarrow as pa
    _write(records, path, pa.ipc.new_file)


def _write(
    records: Iterable[Record], path: Path, open_writer: Callable[[BinaryIO, pa.Schema], Any]
) -> None:
    import pyarrow as pa

    writer = None
    with open_atomically(path) as file:
        for layout, columns in blocks(records, path):
            schema = _schema(layout)
            if writer is None:
                writer = open_writer(file, schema)
            # from_pandas: NaN, which means missing, becomes null
            arrays = [pa.array(columns[f.name], f.type, from_pandas=True) for f in schema]
            writer.write_batch(pa.record_batch(arrays, schema))
        if writer is None:
            writer = open_writer(file, pa.schema([_field(name) for name in (*FACTS, "person")]))
        writer.close()


def _schema(layout: Layout) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([_field(name) for name in (*FACTS, "person", *layout.numbers)])


def _field(name: str) -> pa.Field:
    import pyarrow as pa

    if name in TEXTS:
        return pa.field(name, pa.string())
    return pa.field(name, {64: pa.int64(), 32: pa.int32(), 0: pa.float32()}[_bits(name)])


def _bits(name: str) -> int:
    return WHOLE_NUMBERS.get(name, 0)


def _records(
    batches: Iterator[pa.RecordBatch], path: Path, skeleton: Skeleton | None
) -> Iterator[Record]:
    filled = (_validated(batch) for batch in batches if batch.num_rows)
    first = next(filled, None)
    if first is None:
        return
    if "skeleton" not in first.schema.names:
        raise FormatError(f"{path}: has no column 'skeleton'")
    name = str(first.column("skeleton")[0])
    try:
        layout = layout_of(first.schema.names, skeleton_called(name, skeleton))
    except ValueError as error:
        raise FormatError(f"{path}: {error}") from error
    wanted = (*FACTS, "person", *layout.numbers)

    def tables() -> Iterator[Columns]:
        for batch in chain([first], filled):
            yield {name: _values(batch.column(name), name, path) for name in wanted}

    yield from records_of(tables(), layout, str(path))


def _validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch that cannot crash the interpreter, as a damaged one could."""
    batch.validate(full=True)
    return batch


def _values(column: pa.Array, name: str, path: Path) -> Any:
    import pyarrow as pa

    try:
        column = column.cast(_field(name).type)
    except pa.ArrowException as error:
        raise FormatError(f"{path}: column {name!r}: {error}") from error
    if name in TEXTS or name in WHOLE_NUMBERS:
        return column.to_pylist()
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float32)
