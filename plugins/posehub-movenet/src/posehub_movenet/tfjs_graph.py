"""The ONNX graph as a conversion builds it, and reading the attributes of TensorFlow's nodes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from posehub.local.onnx_writer import Attribute, Node

Layout = Literal["NHWC", "NCHW"]
Constant = NDArray[np.generic]

TO_NCHW = {"NHWC": (0, 2, 3, 1), "NCHW": (0, 1, 2, 3)}
"""Axis of the original tensor -> axis of ours."""


@frozen
class Tensor:
    """A tensor of the result.

    Attributes:
        name: in the result.
        layout: order of the axes in the original.
        step: pixels of the network's input for each element.
    """

    name: str
    layout: Layout
    step: Fraction

    def renamed(self, name: str) -> Tensor:
        """Return another tensor of the same axes."""
        return evolve(self, name=name)


@frozen
class Graph:
    """The result as it grows."""

    nodes: list[Node] = field(factory=list)
    constants: dict[str, Constant] = field(factory=dict)

    def add(self, op: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Add an operation and return the name of its only output."""
        (output,) = self.add_many(op, inputs, 1, **attributes)
        return output

    def add_many(
        self, op: str, inputs: Sequence[str], count: int, **attributes: Attribute
    ) -> list[str]:
        """Add an operation and return the names of its outputs."""
        outputs = [f"t{len(self.nodes)}_{index}" for index in range(count)]
        self.nodes.append(Node(op, inputs, outputs, attributes))
        return outputs

    def constant(self, array: Constant) -> str:
        """Add a constant and return its name."""
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        # 1 is float32
        return self.add("Cast", [name], to=1) if array.dtype == np.float16 else name


def node_of(tensor: str) -> str:
    """Return the node that a tensor, such as "split:1", is an output of."""
    return tensor.partition(":")[0]


def axis_of(axis: int, layout: Layout) -> int:
    """Return the axis of ours that an axis of the original is."""
    return TO_NCHW[layout][axis]


def spatial(node: Any, attribute: str) -> list[int]:
    """Return the numbers for rows and columns of an attribute in the order NHWC."""
    return [int(each) for each in node["attr"][attribute]["list"]["i"][1:3]]


def strided(source: Tensor, node: Any) -> Tensor:
    """Return the axes of what a node makes of a tensor with its strides."""
    return evolve(source, step=source.step * spatial(node, "strides")[0])


def auto_pad_of(node: Any) -> str:
    """Return ONNX's name of a node's padding."""
    # TensorFlow's SAME puts the odd element at the end
    return {"SAME": "SAME_UPPER", "VALID": "VALID"}[text_of(node["attr"]["padding"]["s"])]


def text_of(encoded: str) -> str:
    """Return a text, which TensorFlow.js has in base64."""
    return base64.b64decode(encoded).decode()
