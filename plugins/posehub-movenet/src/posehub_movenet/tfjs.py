"""TensorFlow.js graph models as ONNX files.

Only what the networks of this backend consist of is known; anything else is refused by name. The
graph is cut at tensors that the caller names, so decoding that was exported with a network is left
out. Weights stay in half precision, as published: onnxruntime widens them when it loads the file.

TensorFlow computes on images in the order NHWC, ONNX on NCHW. Every four-dimensional tensor of the
result is NCHW; `Tensor` remembers which order the original had, so that axes and paddings are
translated and the transpositions between the two orders vanish.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import evolve

from posehub.errors import FormatError
from posehub.local.onnx_writer import Node, Value, onnx_bytes
from posehub_movenet.preparation import Preparation
from posehub_movenet.tfjs_graph import (
    TO_NCHW,
    Constant,
    Graph,
    Layout,
    Tensor,
    auto_pad_of,
    axis_of,
    node_of,
    spatial,
    strided,
    text_of,
)

_UNCHANGED = {"Identity", "Cast", "Squeeze", "ExpandDims", "Unpack"}
"""Operations without effect on the one image that the input is: with them the exported graphs
take the batch apart and put it together again."""


def convert(
    graph: bytes,
    weights: bytes,
    outputs: Mapping[str, str],
    preparation: Preparation,
) -> bytes:
    """Return a TensorFlow.js graph model as the content of an ONNX file.

    Its input "image" is uint8 RGB (N, H, W, 3) of any size that the network's strides divide. Its
    outputs are float32 (N, C, h, w).

    Args:
        graph: the model's JSON file.
        weights: its binary file.
        outputs: name in the result -> name of a tensor of the graph.
        preparation: of the pixels.

    Raises:
        FormatError: the files are no such model, or have operations that are not known here.
    """
    try:
        content = json.loads(graph)
        nodes = {node["name"]: node for node in content["modelTopology"]["node"]}
        constants = dict(_constants(content["weightsManifest"], weights))
        return _Conversion(nodes, constants).run(outputs, preparation)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"Not a TensorFlow.js graph model that can be converted: {type(error).__name__} "
            f"{error}. Use the files as published."
        ) from error


def _constants(manifest: Any, weights: bytes) -> Iterator[tuple[str, Constant]]:
    """Yield the weights by name; they lie back to back in the order of the manifest."""
    start = 0
    for weight in (weight for group in manifest for weight in group["weights"]):
        stored = weight.get("quantization", {}).get("dtype", weight["dtype"])
        dtype = np.dtype(stored).newbyteorder("<")
        count = math.prod(weight["shape"])
        array = np.frombuffer(weights, dtype, count, start)
        start += array.nbytes
        yield weight["name"], array.reshape(weight["shape"])


class _Conversion:
    """One conversion: the original's nodes become the result's, each once."""

    def __init__(self, nodes: Mapping[str, Any], constants: Mapping[str, Constant]) -> None:
        self._nodes = nodes
        self._constants = constants
        self._graph = Graph()
        self._done: dict[str, list[Tensor]] = {}
        self._handlers: dict[str, Callable[[Any], list[Tensor]]] = {
            "_FusedConv2D": self._convolution,
            "Conv2D": self._convolution,
            "FusedDepthwiseConv2dNative": self._convolution,
            "DepthwiseConv2dNative": self._convolution,
            "Add": self._arithmetic,
            "AddV2": self._arithmetic,
            "Mul": self._arithmetic,
            "Sub": self._arithmetic,
            "LeakyRelu": self._leaky,
            "Relu": self._simple,
            "Sigmoid": self._simple,
            "ConcatV2": self._concatenation,
            "SplitV": self._split,
            "Transpose": self._transposition,
            "Pad": self._padding,
            "PadV2": self._padding,
            "MaxPool": self._pooling,
            "ResizeBilinear": self._resizing,
            **dict.fromkeys(_UNCHANGED, lambda node: self._inputs(node)[:1]),
        }

    def run(self, outputs: Mapping[str, str], preparation: Preparation) -> bytes:
        (entry,) = (node for node in self._nodes.values() if node["op"] == "Placeholder")
        self._done[entry["name"]] = [self._input(entry, preparation)]
        for name in self._order(list(outputs.values())):
            node = self._nodes[name]
            if name not in self._done and node["op"] != "Const":
                self._done[name] = self._handler(node)(node)
        for name, original in outputs.items():
            found = self._tensor(original)
            self._graph.nodes.append(Node("Identity", [found.name], [name]))
        return onnx_bytes(
            nodes=self._graph.nodes,
            inputs=[Value("image", "uint8", ("N", "H", "W", 3))],
            outputs=[
                Value(name, "float32", ("N", f"{name}_c", f"{name}_h", f"{name}_w"))
                for name in outputs
            ],
            constants=self._graph.constants,
        )

    def _input(self, entry: Any, preparation: Preparation) -> Tensor:
        sizes = [int(each["size"]) for each in entry["attr"]["shape"]["shape"]["dim"]]
        layout: Layout = "NHWC" if sizes[-1] == 3 else "NCHW"
        graph = self._graph
        pixels = graph.add("Transpose", ["image"], perm=[0, 3, 1, 2])
        name = graph.add("Cast", [pixels], to=1)
        for op, values, neutral in (("Mul", preparation.scale, 1), ("Add", preparation.shift, 0)):
            if any(value != neutral for value in values):
                row = np.array(values, np.float32).reshape(1, 3, 1, 1)
                name = graph.add(op, [name, graph.constant(row)])
        if preparation.reverse:
            name = graph.add("Gather", [name, graph.constant(np.array([2, 1, 0]))], axis=1)
        self._trained_rows = sizes[1 if layout == "NHWC" else 2]
        return Tensor(name, layout, Fraction(1))

    def _order(self, wanted: list[str]) -> list[str]:
        """Return what the wanted tensors need, each behind its own inputs."""
        order: dict[str, None] = {}
        stack = [(node_of(name), False) for name in wanted]
        while stack:
            name, ready = stack.pop()
            if name in order:
                continue
            # what a constant names are control dependencies
            if ready or self._nodes[name]["op"] in ("Placeholder", "Const"):
                order[name] = None
                continue
            stack.append((name, True))
            stack += [(node_of(each), False) for each in self._nodes[name].get("input", [])]
        return list(order)

    def _handler(self, node: Any) -> Callable[[Any], list[Tensor]]:
        if node["op"] not in self._handlers:
            raise ValueError(f"operation {node['op']} of {node['name']}")
        return self._handlers[node["op"]]

    def _tensor(self, name: str) -> Tensor:
        node, _, index = name.partition(":")
        return self._done[node][int(index or 0)]

    def _inputs(self, node: Any) -> list[Tensor]:
        return [self._tensor(name) for name in node["input"] if node_of(name) in self._done]

    def _number(self, name: str) -> Constant:
        return self._constants[node_of(name)]

    def _convolution(self, node: Any) -> list[Tensor]:
        source = self._tensor(node["input"][0])
        weight = self._number(node["input"][1])
        depthwise = "Depthwise" in node["op"]
        # HWIO, and HWC1 if depthwise, to OIHW
        kernel = weight.transpose(2, 3, 0, 1) if depthwise else weight.transpose(3, 2, 0, 1)
        inputs = [source.name, self._graph.constant(np.ascontiguousarray(kernel))]
        fused = [
            text_of(each) for each in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])
        ]
        if fused[:1] == ["BiasAdd"]:
            inputs.append(self._graph.constant(self._number(node["input"][2])))
        name = self._graph.add(
            "Conv",
            inputs,
            kernel_shape=list(kernel.shape[2:]),
            strides=spatial(node, "strides"),
            dilations=spatial(node, "dilations"),
            group=len(kernel) if depthwise else 1,
            auto_pad=auto_pad_of(node),
        )
        for function in fused[1:]:
            name = self._activation(function, name)
        return [strided(source, node).renamed(name)]

    def _activation(self, function: str, name: str) -> str:
        if function == "Relu6":
            limits = [self._graph.constant(np.array(each, np.float32)) for each in (0, 6)]
            return self._graph.add("Clip", [name, *limits])
        if function == "Relu":
            return self._graph.add("Relu", [name])
        raise ValueError(f"activation {function}")

    def _arithmetic(self, node: Any) -> list[Tensor]:
        model = self._inputs(node)[0]
        # a constant has the axes of the other operand, from the last one on
        order = np.argsort(TO_NCHW[model.layout])
        operands = []
        for name in node["input"]:
            if node_of(name) in self._done:
                operands.append(self._tensor(name).name)
                continue
            array = self._number(name)
            full = array.reshape((1,) * (4 - array.ndim) + array.shape)
            operands.append(self._graph.constant(np.ascontiguousarray(full.transpose(order))))
        return [model.renamed(self._graph.add(node["op"].removesuffix("V2"), operands))]

    def _simple(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        return [source.renamed(self._graph.add(node["op"], [source.name]))]

    def _leaky(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        alpha = float(node["attr"]["alpha"]["f"])
        return [source.renamed(self._graph.add("LeakyRelu", [source.name], alpha=alpha))]

    def _concatenation(self, node: Any) -> list[Tensor]:
        sources = self._inputs(node)
        axis = axis_of(int(self._number(node["input"][-1])), sources[0].layout)
        name = self._graph.add("Concat", [each.name for each in sources], axis=axis)
        return [sources[0].renamed(name)]

    def _split(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        sizes = self._graph.constant(self._number(node["input"][1]).astype(np.int64))
        axis = axis_of(int(self._number(node["input"][2])), source.layout)
        count = int(node["attr"]["num_split"]["i"])
        outputs = self._graph.add_many("Split", [source.name, sizes], count, axis=axis)
        return [source.renamed(output) for output in outputs]

    def _transposition(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        order = self._number(node["input"][1]).tolist()
        match source.layout, order:
            case "NCHW", [0, 2, 3, 1]:
                return [evolve(source, layout="NHWC")]
            case "NHWC", [0, 3, 1, 2]:
                return [evolve(source, layout="NCHW")]
        raise ValueError(f"transposition of {source.layout} by {order}")

    def _padding(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        axes = TO_NCHW[source.layout]
        amounts = np.zeros((4, 2), np.int64)
        amounts[list(axes)] = self._number(node["input"][1])
        if not amounts.any():
            return [source]
        inputs = [source.name, self._graph.constant(amounts.T.ravel().copy())]
        if node["op"] == "PadV2":
            value = self._number(node["input"][2]).astype(np.float32)
            inputs.append(self._graph.constant(value.reshape(())))
        return [source.renamed(self._graph.add("Pad", inputs))]

    def _pooling(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        name = self._graph.add(
            "MaxPool",
            [source.name],
            kernel_shape=spatial(node, "ksize"),
            strides=spatial(node, "strides"),
            auto_pad=auto_pad_of(node),
        )
        return [strided(source, node).renamed(name)]

    def _resizing(self, node: Any) -> list[Tensor]:
        (source,) = self._inputs(node)
        if not node["attr"]["half_pixel_centers"].get("b"):
            raise ValueError(f"resizing {node['name']} without half pixel centers")
        rows = int(self._number(node["input"][1])[0])
        step = Fraction(self._trained_rows, rows)
        factor = float(source.step / step)
        scales = self._graph.constant(np.array([1, 1, factor, factor], np.float32))
        # "half_pixel" is the default of the operator
        name = self._graph.add("Resize", [source.name, "", scales], mode="linear")
        return [evolve(source, name=name, step=step)]
