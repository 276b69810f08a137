"""The look into an ONNX file, against what the onnx package finds in the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import helper

sys.path.insert(0, str(Path(__file__).parents[1] / "realtime" / "persona"))
from foreign_graphs import dfm_graph
from tiny_personas import make_graph

from realtime.errors import PersonaError
from realtime.persona.graph_rules import OPERATORS, STANDARD_DOMAINS, check_graph
from tests.fuzz.draw import Draw, splice

GRAPHS = (make_graph(8, 1), dfm_graph(64, morph=True), make_graph(8, 1, external=True))


def one_input(data: bytes) -> None:
    """What is let through must be harmless in the onnx package's eyes too, where it can read it."""
    draw = Draw(data)
    graph = splice(draw, draw.one_of(GRAPHS)) if draw.below(2) else draw.rest()
    try:
        check_graph(graph)
    except PersonaError:
        return
    try:
        model = onnx.load_model_from_string(graph)
    except DecodeError:
        return
    assert not model.functions and not model.training_info
    _check(model.graph)


def seeds() -> Iterator[bytes]:
    """Whole graphs, and one of everything that is refused."""
    branch = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "b", [], [])
    for nodes in (
        [helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)],
        [helper.make_node("Conv", ["x"], ["y"], domain="com.example")],
        [helper.make_node("Constant", [], ["y"], value_string="text")],
    ):
        model = helper.make_model(helper.make_graph(nodes, "g", [], []))
        yield b"\0" + bytes(model.SerializeToString())
    yield from (b"\0" + graph for graph in GRAPHS)
    yield from (bytes([1, number, 0, 0, 1, 1]) for number in range(len(GRAPHS)))


def _check(graph: Any) -> None:
    assert not graph.sparse_initializer
    for tensor in graph.initializer:
        _check_tensor(tensor)
    for node in graph.node:
        assert node.domain in STANDARD_DOMAINS and node.op_type in OPERATORS
        for attribute in node.attribute:
            assert not attribute.HasField("g") and not attribute.graphs
            assert not attribute.HasField("sparse_tensor") and not attribute.sparse_tensors
            for tensor in (attribute.t, *attribute.tensors):
                _check_tensor(tensor)


def _check_tensor(tensor: Any) -> None:
    assert not tensor.external_data
    assert tensor.data_location != onnx.TensorProto.EXTERNAL
    assert tensor.data_type != onnx.TensorProto.STRING
