"""TFLite files changed in memory: an output removed, an input of another shape.

A flatbuffer's tables stay where they are and only a few numbers in them change. So this takes a few
milliseconds and needs no model converter. LiteRT's own reader of the format is not used: it takes
longer to import than a detection takes, and only a dozen fields are needed here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from attrs import frozen

_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_TENSORS, _GRAPH_INPUTS, _GRAPH_OUTPUTS, _OPERATORS = 0, 1, 2, 3
_SHAPE, _BUFFER = 0, 2
_CODE, _INPUTS, _OUTPUTS = 0, 1, 2
_OLD_KIND, _KIND = 0, 3
_DATA = 0
"""Positions of the fields in the tables of TFLite's schema.fbs: Model, SubGraph, Tensor, Operator,
OperatorCode, Buffer."""

_RESIZE_BILINEAR = 23
"""BuiltinOperator of the schema."""


def without_output(model: bytes, index: int) -> bytes:
    """Return the model without output number `index` and the operators that only it needs.

    The other outputs are computed exactly as before.
    """
    graph = _graph(model)
    outputs = graph.numbers(_GRAPH_OUTPUTS)
    del outputs[index]
    needed = set(outputs)
    kept: list[int] = []
    for operator in reversed([*graph.tables(_OPERATORS)]):
        if not needed.isdisjoint(operator.numbers(_OUTPUTS)):
            kept.append(operator.position)
            needed.update(operator.numbers(_INPUTS))
    kept.reverse()
    changed = bytearray(model)
    _write_list(changed, graph.start(_GRAPH_OUTPUTS), outputs)
    start = graph.start(_OPERATORS)
    # a flatbuffer refers to a table by the distance from the reference to it
    _write_list(changed, start, [table - start - 4 * index for index, table in enumerate(kept)])
    return bytes(changed)


def with_input_shape(model: bytes, rows: int, columns: int) -> bytes:
    """Return a fully convolutional model for an input of `rows` x `columns` elements.

    Inner shapes follow from the input's when the model is loaded. Only the target sizes of
    RESIZE_BILINEAR are fixed by the file; they are scaled in proportion.
    """
    root, graph = _root(model), _graph(model)
    codes, buffers = [*root.tables(_CODES)], [*root.tables(_BUFFERS)]
    tensors = [*graph.tables(_TENSORS)]
    changed = bytearray(model)
    source = tensors[graph.numbers(_GRAPH_INPUTS)[0]]
    batch, old_rows, old_columns, channels = source.numbers(_SHAPE)
    _write_list(changed, source.start(_SHAPE), [batch, rows, columns, channels])
    for operator in graph.tables(_OPERATORS):
        code = codes[operator.number(_CODE, "I")]
        # older files number their operators in the deprecated field only
        kind = max(code.number(_KIND, "i"), code.number(_OLD_KIND, "b"))
        if kind != _RESIZE_BILINEAR:
            continue
        target = buffers[tensors[operator.numbers(_INPUTS)[1]].number(_BUFFER, "I")]
        start = target.start(_DATA)
        height, width = struct.unpack_from("<2i", model, start)
        scaled = height * rows // old_rows, width * columns // old_columns
        struct.pack_into("<2i", changed, start, *scaled)
    return bytes(changed)


@frozen
class _Table:
    """A table of a flatbuffer, by its position; its vtable gives the positions of its fields."""

    data: bytes
    position: int

    def _field(self, index: int) -> int:
        """Return the position of a field, or 0 if the table does not hold it."""
        vtable = self.position - _read(self.data, self.position, "i")
        offset = 4 + 2 * index
        if offset >= _read(self.data, vtable, "H"):
            return 0
        distance = _read(self.data, vtable + offset, "H")
        return self.position + distance if distance else 0

    def number(self, index: int, kind: str) -> int:
        """Return a number of the struct format `kind`; 0, the default, if it is not held."""
        field = self._field(index)
        return _read(self.data, field, kind) if field else 0

    def start(self, index: int) -> int:
        """Return the position of a list's first element; the list's length stands before it."""
        field = self._field(index)
        return field + _read(self.data, field, "I") + 4

    def numbers(self, index: int) -> list[int]:
        """Return a list of 32-bit numbers."""
        start = self.start(index)
        count = _read(self.data, start - 4, "I")
        return list(struct.unpack_from(f"<{count}i", self.data, start))

    def tables(self, index: int) -> Iterator[_Table]:
        """Yield the tables of a list."""
        start = self.start(index)
        for number, distance in enumerate(self.numbers(index)):
            yield _Table(self.data, start + 4 * number + distance)


def _root(model: bytes) -> _Table:
    return _Table(model, _read(model, 0, "I"))


def _graph(model: bytes) -> _Table:
    return next(_root(model).tables(_SUBGRAPHS))


def _read(data: bytes, position: int, kind: str) -> int:
    (number,) = struct.unpack_from(f"<{kind}", data, position)
    return int(number)


def _write_list(model: bytearray, start: int, values: list[int]) -> None:
    """Overwrite a list of 32-bit numbers with one that is not longer, and the length before it."""
    struct.pack_into(f"<{len(values) + 1}i", model, start - 4, len(values), *values)
