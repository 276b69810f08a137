"""The graphs in a persona file: what is none, keeps its weights elsewhere, or is nested without end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from repacked import read
from tiny_personas import make_graph

from realtime.errors import PersonaError
from realtime.persona.onnx_wire import look_into

Write = Callable[..., Path]


def test_weights_in_another_file(persona_file: Write) -> None:
    with pytest.raises(PersonaError, match="weights in another file"):
        read(persona_file({"fp32": make_graph(external=True)}))


@pytest.mark.parametrize("graph", [b"not protobuf", make_graph()[:-5], b"\x0b\x0b", b"\xff" * 20])
def test_graph_that_is_none(persona_file: Write, graph: bytes) -> None:
    with pytest.raises(PersonaError, match="wanted an ONNX graph"):
        read(persona_file({"fp32": graph}))


def external_tensor() -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    return tensor


def constant(tensor: onnx.TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["w"], value=tensor)


def graph_of(*nodes: onnx.NodeProto, **parts: Any) -> onnx.GraphProto:
    return helper.make_graph(list(nodes), "g", [], [], **parts)


@pytest.mark.parametrize(
    "model",
    [
        helper.make_model(graph_of(constant(external_tensor()))),
        helper.make_model(graph_of(initializer=[external_tensor()])),
        helper.make_model(
            graph_of(helper.make_node("If", ["c"], ["y"], then_branch=graph_of(constant(external_tensor()))))
        ),
        helper.make_model(
            graph_of(),
            functions=[helper.make_function("d", "f", [], ["w"], [constant(external_tensor())], [])],
        ),
    ],
    ids=["constant", "initializer", "branch", "function"],
)
def test_external_data_is_found_wherever_it_hides(model: onnx.ModelProto) -> None:
    assert look_into(model.SerializeToString()).external


def test_a_graph_that_keeps_its_weights_is_let_through() -> None:
    assert not look_into(make_graph()).external
    inside = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    assert not look_into(helper.make_model(graph_of(constant(inside))).SerializeToString()).external


def test_endless_nesting_is_refused() -> None:
    """Written by hand, since protobuf's own limit does not let it be made."""
    graph = b""
    for field in (6, 5, 1) * 20:  # a graph in an attribute in a node in a graph
        length = len(graph)
        graph = bytes([field << 3 | 2, length & 0x7F | 0x80, length >> 7]) + graph
    with pytest.raises(ValueError, match="nested"):
        look_into(bytes([7 << 3 | 2, len(graph) & 0x7F | 0x80, len(graph) >> 7]) + graph)
