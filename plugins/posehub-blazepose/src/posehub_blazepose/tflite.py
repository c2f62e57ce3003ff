"""TFLite files changed in memory: an output left out, an input of another shape.

A flatbuffer's tables stay where they are; only a few numbers in them change, so this costs some
milliseconds and needs no model converter. LiteRT's own reader of the format takes longer to import
than a picture takes to look at, and this needs a dozen of its fields.
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
"""Places of the fields in the tables of TFLite's schema.fbs: Model, SubGraph, Tensor, Operator,
OperatorCode, Buffer."""

_RESIZE_BILINEAR = 23
"""BuiltinOperator of the schema."""


def without_output(model: bytes, index: int) -> bytes:
    """Return the model without output number `index` and what only that output needs.

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
    _write_list(changed, start, [table - start - 4 * place for place, table in enumerate(kept)])
    return bytes(changed)


def with_input_shape(model: bytes, rows: int, columns: int) -> bytes:
    """Return a fully convolutional model for an input of `rows` x `columns` elements.

    Shapes within follow from the input's when the model is loaded, save the target sizes of
    RESIZE_BILINEAR, which the file fixes and which grow in proportion.
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
        grown = height * rows // old_rows, width * columns // old_columns
        struct.pack_into("<2i", changed, start, *grown)
    return bytes(changed)


@frozen
class _Table:
    """A table of a flatbuffer: a position, from which its vtable tells where its fields are."""

    data: bytes
    position: int

    def _field(self, place: int) -> int:
        """Return the position of a field, or 0 if the table leaves it at its default."""
        vtable = self.position - _read(self.data, self.position, "i")
        offset = 4 + 2 * place
        if offset >= _read(self.data, vtable, "H"):
            return 0
        distance = _read(self.data, vtable + offset, "H")
        return self.position + distance if distance else 0

    def number(self, place: int, kind: str) -> int:
        """Return a number of the struct format `kind`; 0, the schema's default, if not there."""
        field = self._field(place)
        return _read(self.data, field, kind) if field else 0

    def start(self, place: int) -> int:
        """Return where the elements of a list start; their number stands before."""
        field = self._field(place)
        return field + _read(self.data, field, "I") + 4

    def numbers(self, place: int) -> list[int]:
        """Return a list of 32-bit numbers."""
        start = self.start(place)
        count = _read(self.data, start - 4, "I")
        return list(struct.unpack_from(f"<{count}i", self.data, start))

    def tables(self, place: int) -> Iterator[_Table]:
        """Yield the tables of a list."""
        start = self.start(place)
        for number, distance in enumerate(self.numbers(place)):
            yield _Table(self.data, start + 4 * number + distance)


def _root(model: bytes) -> _Table:
    return _Table(model, _read(model, 0, "I"))


def _graph(model: bytes) -> _Table:
    return next(_root(model).tables(_SUBGRAPHS))


def _read(data: bytes, position: int, kind: str) -> int:
    (number,) = struct.unpack_from(f"<{kind}", data, position)
    return int(number)


def _write_list(model: bytearray, start: int, values: list[int]) -> None:
    """Put a list of 32-bit numbers in place of one as long or longer; its length stands before."""
    struct.pack_into(f"<{len(values) + 1}i", model, start - 4, len(values), *values)
