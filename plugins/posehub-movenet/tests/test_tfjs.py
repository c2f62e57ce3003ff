"""Conversion of small graphs made here, run by onnxruntime, against NumPy in TensorFlow's order."""

from __future__ import annotations

import base64
import json

import numpy as np
import onnxruntime
import pytest

from posehub.errors import FormatError
from posehub_movenet.preparation import Preparation
from posehub_movenet.tfjs import convert

RANDOM = np.random.default_rng(0)
PLAIN = Preparation()
IMAGE = RANDOM.integers(0, 256, (2, 8, 12, 3), np.uint8)


def text(value):
    return base64.b64encode(value.encode()).decode()


def strings(*values):
    return {"list": {"s": [text(value) for value in values]}}


def integers(*values):
    return {"list": {"i": [str(value) for value in values]}}


def convolution(stride=1, padding="SAME", fused=()):
    attributes = {
        "strides": integers(1, stride, stride, 1),
        "dilations": integers(1, 1, 1, 1),
        "padding": {"s": text(padding)},
    }
    return {**attributes, "fused_ops": strings(*fused)} if fused else attributes


class Graph:
    """A TensorFlow.js graph model as it grows."""

    def __init__(self, *shape):
        self.nodes = [
            {
                "name": "image",
                "op": "Placeholder",
                "attr": {"shape": {"shape": {"dim": [{"size": str(size)} for size in shape]}}},
            }
        ]
        self.manifest, self.weights = [], b""

    def constant(self, name, values, half=False):
        values = np.asarray(values)
        stored = values.astype(np.float16) if half else values
        entry = {"name": name, "shape": list(values.shape), "dtype": str(values.dtype)}
        if half:
            entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        self.manifest.append(entry)
        self.weights += stored.tobytes()
        self.nodes.append({"name": name, "op": "Const"})
        return name

    def add(self, op, inputs, **attributes):
        name = f"node{len(self.nodes)}"
        self.nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})
        return name

    def run(self, *outputs, preparation=PLAIN, image=IMAGE):
        content = json.dumps(
            {
                "modelTopology": {"node": self.nodes},
                "weightsManifest": [{"paths": ["weights.bin"], "weights": self.manifest}],
            }
        )
        named = {f"output{index}": output for index, output in enumerate(outputs)}
        converted = convert(content.encode(), self.weights, named, preparation)
        session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
        return session.run(None, {"image": image})


def nchw(array):
    return array.transpose(0, 3, 1, 2)


def test_the_pixels_are_prepared():
    graph = Graph(1, 8, 12, 3)
    (output,) = graph.run("image", preparation=Preparation(True, (1, 2, 4), (0.5, 0, 0)))
    expected = IMAGE.astype(np.float32) * (1, 2, 4) + (0.5, 0, 0)
    assert np.array_equal(output, nchw(expected[..., ::-1]))


def test_an_input_in_the_order_nchw_is_known_by_its_shape():
    graph = Graph(1, 3, 8, 12)
    perm = graph.constant("perm", np.array([0, 2, 3, 1], np.int32))
    summand = graph.constant("summand", np.array([1, 2, 3], np.float32))
    output = graph.add("Add", [graph.add("Transpose", ["image", perm]), summand])
    assert np.array_equal(graph.run(output)[0], nchw(IMAGE + np.float32([1, 2, 3])))


def test_weights_in_half_precision_are_widened():
    graph = Graph(1, 8, 12, 3)
    factor = graph.constant("factor", np.array([0.1, 0.2, 0.3], np.float32), half=True)
    (output,) = graph.run(graph.add("Mul", ["image", factor]))
    assert output == pytest.approx(nchw(IMAGE * np.float16([0.1, 0.2, 0.3]).astype(np.float32)))


@pytest.mark.parametrize("fused", [("BiasAdd",), ("BiasAdd", "Relu"), ("BiasAdd", "Relu6")])
def test_a_convolution_takes_weights_bias_and_activation(fused):
    graph = Graph(1, 8, 12, 3)
    weight = RANDOM.normal(size=(1, 1, 3, 5)).astype(np.float32) / 50
    bias = RANDOM.normal(size=5).astype(np.float32)
    inputs = ["image", graph.constant("weight", weight), graph.constant("bias", bias)]
    (output,) = graph.run(graph.add("_FusedConv2D", inputs, **convolution(2, "SAME", fused)))
    expected = IMAGE[:, ::2, ::2].astype(np.float32) @ weight[0, 0] + bias
    if "Relu" in fused:
        expected = np.maximum(expected, 0)
    if "Relu6" in fused:
        expected = np.clip(expected, 0, 6)
    assert output == pytest.approx(nchw(expected), abs=1e-4)


def test_the_padding_same_puts_the_odd_element_at_the_end():
    graph = Graph(1, 8, 12, 3)
    weight = np.zeros((3, 3, 3, 1), np.float32)
    weight[0, 0, 0] = 1  # takes the pixel at the left above of each window
    inputs = ["image", graph.constant("weight", weight)]
    (output,) = graph.run(graph.add("Conv2D", inputs, **convolution(2)))
    assert np.array_equal(output[:, 0], IMAGE[:, ::2, ::2, 0])


def test_a_depthwise_convolution_keeps_channels_apart():
    graph = Graph(1, 8, 12, 3)
    weight = np.array([1, 2, 3], np.float32).reshape(1, 1, 3, 1)
    inputs = ["image", graph.constant("weight", weight)]
    (output,) = graph.run(graph.add("DepthwiseConv2dNative", inputs, **convolution()))
    assert np.array_equal(output, nchw(IMAGE * np.float32([1, 2, 3])))


def test_axes_are_translated_in_both_orders():
    graph = Graph(1, 3, 8, 12)
    to_nhwc = graph.constant("to_nhwc", np.array([0, 2, 3, 1], np.int32))
    to_nchw = graph.constant("to_nchw", np.array([0, 3, 1, 2], np.int32))
    one, three = (graph.constant(f"axis{axis}", np.array(axis, np.int32)) for axis in (1, 3))
    last = graph.add("Transpose", ["image", to_nhwc])
    twice = graph.add("ConcatV2", [last, last, three])
    back = graph.add("Transpose", [twice, to_nchw])
    sizes = graph.constant("sizes", np.array([2, 4], np.int32))
    parts = graph.add("SplitV", [back, sizes, one], num_split={"i": "2"})
    first, second = graph.run(parts, f"{parts}:1")
    both = np.concatenate([nchw(IMAGE)] * 2, axis=1)
    assert np.array_equal(first, both[:, :2])
    assert np.array_equal(second, both[:, 2:])


@pytest.mark.parametrize("value", [None, -np.inf])
def test_paddings_are_translated(value):
    graph = Graph(1, 8, 12, 3)
    amounts = np.array([[0, 0], [1, 2], [3, 4], [0, 0]], np.int32)
    inputs = ["image", graph.constant("amounts", amounts)]
    if value is not None:
        inputs.append(graph.constant("value", np.array(value, np.float32)))
    (output,) = graph.run(graph.add("Pad" if value is None else "PadV2", inputs))
    expected = np.pad(IMAGE.astype(np.float32), amounts, constant_values=value or 0)
    assert np.array_equal(output, nchw(expected))


def test_pooling_and_a_leaky_activation():
    graph = Graph(1, 8, 12, 3)
    sizes = {"ksize": integers(1, 2, 2, 1), "strides": integers(1, 2, 2, 1)}
    pooled = graph.add("MaxPool", ["image"], padding={"s": text("VALID")}, **sizes)
    limit = graph.constant("limit", np.array(100, np.float32))
    leaky = graph.add("LeakyRelu", [graph.add("Sub", [pooled, limit])], alpha={"f": 0.1})
    (output,) = graph.run(leaky)
    expected = IMAGE.reshape(2, 4, 2, 6, 2, 3).max(axis=(2, 4)).astype(np.float32) - 100
    assert output == pytest.approx(nchw(np.where(expected > 0, expected, 0.1 * expected)), abs=1e-4)


def test_a_size_becomes_a_factor_of_any_input():
    graph = Graph(1, 8, 12, 3)
    weight = graph.constant("weight", np.eye(3, dtype=np.float32).reshape(1, 1, 3, 3))
    half = graph.add("Conv2D", ["image", weight], **convolution(2))
    size = graph.constant("size", np.array([8, 12], np.int32))
    doubled = graph.add("ResizeBilinear", [half, size], half_pixel_centers={"b": True})
    larger = np.zeros((1, 16, 16, 3), np.uint8)
    larger[:, 8:] = 200
    (output,) = graph.run(doubled, image=larger)
    assert output.shape == (1, 3, 16, 16)
    assert output[0, 0, 5:11, 0].tolist() == [0, 0, 50, 150, 200, 200]


def test_decoding_behind_the_outputs_is_left_out():
    graph = Graph(1, 8, 12, 3)
    likely = graph.add("Sigmoid", ["image"])
    graph.add("ArgMax", [likely])
    assert graph.run(likely)[0].shape == (2, 3, 8, 12)


def test_operations_on_the_batch_do_nothing():
    graph = Graph(1, 8, 12, 3)
    axis = graph.constant("axis", np.array(0, np.int32))
    node = graph.add("Squeeze", [graph.add("ExpandDims", [graph.add("Cast", ["image"]), axis])])
    assert np.array_equal(graph.run(node)[0], nchw(IMAGE))


def test_an_unknown_operation_is_refused_by_its_name():
    graph = Graph(1, 8, 12, 3)
    with pytest.raises(FormatError, match="operation FFT"):
        graph.run(graph.add("FFT", ["image"]))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"modelTopology": {"node": [5]}, "weightsManifest": []}']
)
def test_what_is_no_graph_model_is_a_format_error(content):
    with pytest.raises(FormatError, match="graph model"):
        convert(content, b"", {"output": "image"}, PLAIN)


def test_weights_that_are_cut_are_a_format_error():
    graph = Graph(1, 8, 12, 3)
    factor = graph.constant("factor", np.ones(3, np.float32))
    graph.weights = graph.weights[:-1]
    with pytest.raises(FormatError):
        graph.run(graph.add("Mul", ["image", factor]))
