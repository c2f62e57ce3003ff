"""TFLite files changed in memory: an output left out, an input enlarged.

A flatbuffer's tables stay where they are; only a few numbers in them change, so this costs some
milliseconds and needs no model converter.
"""

from __future__ import annotations

import struct
from typing import Any

_SHAPE, _DATA, _OUTPUTS, _OPERATORS = 4, 4, 8, 10
"""Offsets in the vtables of Tensor, Buffer and SubGraph: fields are numbered from 4 by twos in the
order of TFLite's schema."""


def without_output(model: bytes, index: int) -> bytes:
    """Return the model without output number `index` and what only that output needs.

    The other outputs are computed exactly as before.
    """
    graph = _schema().Model.GetRootAs(model, 0).Subgraphs(0)
    outputs = graph.OutputsAsNumpy().tolist()
    del outputs[index]
    needed = set(outputs)
    kept: list[int] = []
    for number in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(number)
        if not needed.isdisjoint(operator.OutputsAsNumpy().tolist()):
            kept.append(operator._tab.Pos)
            needed.update(operator.InputsAsNumpy().tolist())
    kept.reverse()
    changed = bytearray(model)
    _write_list(changed, _list_start(graph, _OUTPUTS), outputs)
    start = _list_start(graph, _OPERATORS)
    # a flatbuffer refers to a table by the distance from the reference to it
    _write_list(changed, start, [table - start - 4 * place for place, table in enumerate(kept)])
    return bytes(changed)


def with_input_size(model: bytes, size: int) -> bytes:
    """Return a fully convolutional model of square input for an input of `size` x `size`.

    Shapes within follow from the input's when the model is loaded, save the target sizes of
    RESIZE_BILINEAR, which the file fixes and which grow in proportion.
    """
    schema = _schema()
    root = schema.Model.GetRootAs(model, 0)
    graph = root.Subgraphs(0)
    changed = bytearray(model)
    source = graph.Tensors(graph.Inputs(0))
    batch, before, _, channels = source.ShapeAsNumpy().tolist()
    _write_list(changed, _list_start(source, _SHAPE), [batch, size, size, channels])
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = root.OperatorCodes(operator.OpcodeIndex())
        # older files number their operators in the deprecated field only
        kind = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if kind != schema.BuiltinOperator.RESIZE_BILINEAR:
            continue
        target = root.Buffers(graph.Tensors(operator.Inputs(1)).Buffer())
        start = _list_start(target, _DATA)
        rows, columns = struct.unpack_from("<2i", model, start)
        struct.pack_into("<2i", changed, start, rows * size // before, columns * size // before)
    return bytes(changed)


def _schema() -> Any:
    # large, and only needed while a model is loaded
    from ai_edge_litert import (  # type: ignore[import-untyped]  # it ships no types
        schema_py_generated,
    )

    return schema_py_generated


def _list_start(table: Any, field: int) -> int:
    return int(table._tab.Vector(table._tab.Offset(field)))


def _write_list(model: bytearray, start: int, values: list[int]) -> None:
    """Put a list of 32-bit numbers in place of one as long or longer; its length stands before."""
    struct.pack_into(f"<{len(values) + 1}i", model, start - 4, len(values), *values)
