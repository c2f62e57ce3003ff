"""ONNX files written here, opened by onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from posehub.local.onnx_writer import Node, Value, onnx_bytes


def run(content, **feeds):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "int32", "int64", "uint8", "int8", "bool"]
)
def test_constants_keep_their_values(dtype):
    values = np.array([[0, 1, 2], [3, 100, 5]]).astype(dtype)
    content = onnx_bytes(
        nodes=[Node("Identity", ["constant"], ["output"])],
        inputs=[],
        outputs=[Value("output", dtype, (2, 3))],
        constants={"constant": values},
    )
    (output,) = run(content)
    assert output.dtype == values.dtype
    assert np.array_equal(output, values)


def test_a_big_endian_constant_is_written_little_endian():
    content = onnx_bytes(
        nodes=[Node("Identity", ["constant"], ["output"])],
        inputs=[],
        outputs=[Value("output", "float32", (2,))],
        constants={"constant": np.array([1.5, -2], ">f4")},
    )
    assert run(content)[0].tolist() == [1.5, -2]


def test_attributes_of_every_kind_arrive():
    image = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    content = onnx_bytes(
        nodes=[
            Node("Conv", ["x", "w"], ["a"], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
            Node("LeakyRelu", ["a"], ["b"], {"alpha": 0.5}),
            Node("Concat", ["b", "b"], ["y"], {"axis": -1}),
        ],
        inputs=[Value("x", "float32", ("N", 1, "H", "W"))],
        outputs=[Value("y", "float32", ("N", 1, "h", "w"))],
        constants={"w": np.full((1, 1, 1, 1), -2, np.float32)},
    )
    (output,) = run(content, x=image)
    assert output.tolist() == [[[[0, -2, 0, -2], [-8, -10, -8, -10]]]]


def test_sizes_with_a_name_are_open():
    content = onnx_bytes(
        nodes=[Node("Relu", ["x"], ["y"])],
        inputs=[Value("x", "float32", ("N", 3))],
        outputs=[Value("y", "float32", ("N", 3))],
        constants={},
    )
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["N", 3]
    for count in (1, 5):
        assert session.run(None, {"x": np.ones((count, 3), np.float32)})[0].shape == (count, 3)
