"""The convolutions of a graph, and how much each of them multiplies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import onnx

from realtime.errors import ExportError

_ACTIVATIONS = frozenset({"Clip", "LeakyRelu", "Relu"})


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution with what belongs to it.

    Attributes:
        name: For people.
        nodes: Names of its nodes: the convolution and its activation; where no other follows, all that do.
        multiply_adds: For one crop.
    """

    name: str
    nodes: tuple[str, ...]
    multiply_adds: int


def find_layers(graph: bytes) -> tuple[Layer, ...]:
    """The convolutions of a folded graph, in its order.

    Raises:
        ExportError: There is none.
    """
    model = onnx.load_from_string(graph)
    nodes = list(model.graph.node)
    places = [at for at, node in enumerate(nodes) if node.op_type == "Conv"]
    if not places:
        raise ExportError("the network's graph", wanted="convolutions", got="none")
    shapes = {one.name: _sides(one) for one in (*model.graph.value_info, *model.graph.output)}
    weights = {one.name: tuple(one.dims) for one in model.graph.initializer}
    layers = []
    for number, at in enumerate(places, 1):
        convolution, rest = nodes[at], _behind(nodes[at], nodes[at + 1 :])
        if any(node.op_type == "Conv" for node in rest):
            rest = [node for node in rest if node.op_type in _ACTIVATIONS and node.input[0] in convolution.output]
        pixels = math.prod(shapes[convolution.output[0]][2:])
        layers.append(
            Layer(
                f"convolution {number} of {len(places)}",
                (convolution.name, *(node.name for node in rest)),
                math.prod(weights[convolution.input[1]]) * pixels,
            )
        )
    return tuple(layers)


def _behind(node: onnx.NodeProto, later: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """All nodes that something of this one's result reaches, in the graph's order."""
    reached, found = set(node.output), []
    for other in later:
        if reached.intersection(other.input):
            reached.update(other.output)
            found.append(other)
    return found


def _sides(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(side.dim_value for side in value.type.tensor_type.shape.dim)
