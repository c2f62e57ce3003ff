"""Writing ONNX files: the few messages of the format that a network needs.

Field numbers and type codes are those of onnx.proto of ONNX (github.com/onnx/onnx); the encoding
is that of protocol buffers. See docs/design.md for why the onnx package is not used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

IR_VERSION = 8
"""Version of the file format; onnxruntime reads it since 1.10."""

OPSET = 17
"""Version of the operators; onnxruntime has it since 1.12."""

_TYPES = {
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
    "float64": 11,
}
"""TensorProto.DataType by the name of the dtype."""

Attribute = int | float | str | Sequence[int] | Sequence[float]


@frozen
class Node:
    """One operation.

    Attributes:
        op: name of the operator, such as "Conv".
        inputs: names of tensors; "" for an optional one that is left out.
        outputs: names of tensors.
        attributes: of the operator. A list has numbers of one type and is not empty.
    """

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Attribute] = field(factory=dict)


@frozen
class Value:
    """An input or output of the network.

    Attributes:
        name: of the tensor.
        dtype: such as "float32".
        shape: sizes; a name stands for a size that is open.
    """

    name: str
    dtype: str
    shape: Sequence[int | str]


def onnx_bytes(
    *,
    nodes: Iterable[Node],
    inputs: Iterable[Value],
    outputs: Iterable[Value],
    constants: Mapping[str, NDArray[np.generic]],
) -> bytes:
    """Return the content of an ONNX file.

    Args:
        nodes: in an order in which each comes behind those whose outputs it takes.
        inputs: of the network.
        outputs: of the network.
        constants: the other tensors that nodes take, by name.
    """
    graph = [
        *(_message(1, _node(node)) for node in nodes),
        _text(2, "posehub"),
        *(_message(5, _tensor(name, array)) for name, array in constants.items()),
        *(_message(11, _value(value)) for value in inputs),
        *(_message(12, _value(value)) for value in outputs),
    ]
    opset = _text(1, "") + _integer(2, OPSET)
    model = [_integer(1, IR_VERSION), _text(2, "posehub"), _message(7, b"".join(graph))]
    return b"".join([*model, _message(8, opset)])


def _node(node: Node) -> bytes:
    parts = [_text(1, name) for name in node.inputs]
    parts += [_text(2, name) for name in node.outputs]
    parts += [_text(4, node.op)]
    parts += [_message(5, _attribute(name, value)) for name, value in node.attributes.items()]
    return b"".join(parts)


def _attribute(name: str, value: Attribute) -> bytes:
    match value:
        case int():
            return _text(1, name) + _integer(3, value) + _integer(20, 2)
        case float():
            return _text(1, name) + _float(2, value) + _integer(20, 1)
        case str():
            return _text(1, name) + _text(4, value) + _integer(20, 3)
    if isinstance(value[0], float):
        floats = b"".join(_float(7, float(each)) for each in value)
        return _text(1, name) + floats + _integer(20, 6)
    integers = b"".join(_integer(8, int(each)) for each in value)
    return _text(1, name) + integers + _integer(20, 7)


def _tensor(name: str, array: NDArray[np.generic]) -> bytes:
    sizes = b"".join(_integer(1, size) for size in array.shape)
    # the format is little-endian
    data = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False).tobytes()
    return sizes + _integer(2, _TYPES[array.dtype.name]) + _text(8, name) + _message(9, data)


def _value(value: Value) -> bytes:
    sizes = (_text(2, size) if isinstance(size, str) else _integer(1, size) for size in value.shape)
    shape = b"".join(_message(1, size) for size in sizes)
    tensor = _integer(1, _TYPES[value.dtype]) + _message(2, shape)
    return _text(1, value.name) + _message(2, _message(1, tensor))


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _float(number: int, value: float) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    # negative numbers are written as their 64-bit complement
    value &= (1 << 64) - 1
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)
