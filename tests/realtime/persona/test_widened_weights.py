"""Weights of 16 bits are widened once, when a graph is loaded, however small a share of memory each constant gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from realtime.persona import runtime

DEPTH, SIDE, OPERATORS = 64, 8, 300


def graph_of_many_operators(*, cast_in_the_file: bool) -> bytes:
    """A convolution with half-width weights, and many operators behind it.

    Args:
        cast_in_the_file: Whether the file itself widens them; else the whole graph computes with 16 bits.
    """
    weights = numpy_helper.from_array(np.ones((DEPTH, DEPTH, 3, 3), np.float16), "weights")
    node = helper.make_node
    if cast_in_the_file:
        begin = [node("Cast", ["weights"], ["wide"], to=TensorProto.FLOAT), node("Identity", ["input"], ["crop"])]
    else:
        begin = [node("Cast", ["input"], ["crop"], to=TensorProto.FLOAT16), node("Identity", ["weights"], ["wide"])]
    # None of these is taken together with the next.
    kinds = ("Relu", "Neg")
    middle = [node(kinds[n % 2], [f"r{n}"], [f"r{n + 1}"]) for n in range(OPERATORS)]
    nodes = [
        *begin,
        node("Conv", ["crop", "wide"], ["r0"], pads=[1, 1, 1, 1]),
        *middle,
        node("Cast", [f"r{OPERATORS}"], ["image"], to=TensorProto.FLOAT),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, DEPTH, SIDE, SIDE]) for name in ("input", "image")
    ]
    graph = helper.make_graph(nodes, "half", ends[:1], ends[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("cast_in_the_file", [True, False])
def test_no_run_widens_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cast_in_the_file: bool) -> None:
    monkeypatch.setattr(runtime, "_MOST_FOLDED", 1000)  # three bytes for each operator
    graph = graph_of_many_operators(cast_in_the_file=cast_in_the_file)
    options = runtime.session_options(graph, 1)
    options.optimized_model_filepath = str(tmp_path / "loaded.onnx")
    runtime.open_session(graph, options, ["CPUExecutionProvider"])
    loaded = onnx.load(tmp_path / "loaded.onnx").graph
    convolution = next(node for node in loaded.node if node.op_type.endswith("Conv"))
    kinds = {one.name: one.data_type for one in loaded.initializer}
    assert kinds[convolution.input[1]] == TensorProto.FLOAT
