"""Graphs of the same signatures as other tools' models, that return their crop."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def dfm_graph(
    size: int = 64,
    *,
    morph: bool = False,
    outputs: tuple[int, ...] = (1, 3, 1),
    batch: object = "N",
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0),
    masks: tuple[float, float] = (1.0, 1.0),
    told: bool = True,
    wide: bool = False,
) -> bytes:
    """Gives back its crop and two full masks; `morph_value:0` goes in and is not looked at.

    Args:
        size: Side of its crops.
        morph: Whether it has that input.
        outputs: Depth of each output.
        batch: The first axis.
        gain: What its crop's channels are multiplied by, in their order.
        masks: Its two masks' values, the performer's first.
        told: Whether its outputs say their shape.
        wide: Whether its masks have three channels, as no mask has.
    """
    nodes = [
        helper.make_node("Mul", ["in_face:0", "gain"], ["face"]),
        helper.make_node("Identity", ["in_face:0"], ["lightest"])
        if wide
        else helper.make_node("ReduceMax", ["in_face:0"], ["lightest"], axes=[3], keepdims=1),
        helper.make_node("Mul", ["lightest", "none"], ["nothing"]),
        helper.make_node("Add", ["nothing", "first"], ["mask"]),
        helper.make_node("Add", ["nothing", "second"], ["again"]),
    ]
    named = {"none": 0.0, "first": masks[0], "second": masks[1], "gain": gain}
    values = [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in named.items()]
    inputs = [helper.make_tensor_value_info("in_face:0", TensorProto.FLOAT, [batch, size, size, 3])]
    if morph:
        inputs.append(helper.make_tensor_value_info("morph_value:0", TensorProto.FLOAT, [1]))
    names = ("mask", "face", "again")
    ends = [
        helper.make_tensor_value_info(
            name, TensorProto.FLOAT, [batch, size, size, depth] if told else ["N", "H", "W", "C"]
        )
        for name, depth in zip(names, outputs, strict=True)
    ]
    return _model(nodes, inputs, ends, values, opset=13)


def swapper_graph(*, mapped: int = 512, touched: bool = False) -> bytes:
    """Gives back its target; the matrix for embeddings is its last initialiser."""
    emap = np.eye(mapped, dtype=np.float32)
    nodes = [
        helper.make_node("ReduceSum", ["source"], ["whole"], keepdims=0),
        helper.make_node("Mul", ["whole", "none"], ["nothing"]),
        helper.make_node("Add", ["target", "nothing"], ["output"]),
    ]
    values = [
        numpy_helper.from_array(np.float32(1e-2 if touched else 0.0), "none"),
        numpy_helper.from_array(emap, "emap"),
    ]
    inputs = [
        helper.make_tensor_value_info("target", TensorProto.FLOAT, [1, 3, 128, 128]),
        helper.make_tensor_value_info("source", TensorProto.FLOAT, [1, 512]),
    ]
    ends = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, 128, 128])]
    return _model(nodes, inputs, ends, values, opset=13)


def recogniser_graph() -> bytes:
    """Embeds a face by the means of its 512 patches' three colours: the same face, the same numbers."""
    nodes = [
        helper.make_node("AveragePool", ["input.1"], ["small"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["small"], ["flat"]),
        helper.make_node("Slice", ["flat", "first", "last", "axis"], ["683"]),
    ]
    values = [
        numpy_helper.from_array(np.array([value], np.int64), name)
        for name, value in (("first", 0), ("last", 512), ("axis", 1))
    ]
    inputs = [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["None", 3, 112, 112])]
    ends = [helper.make_tensor_value_info("683", TensorProto.FLOAT, ["None", 512])]
    return _model(nodes, inputs, ends, values, opset=11)


def _model(nodes: list, inputs: list, outputs: list, values: list, opset: int) -> bytes:
    graph = helper.make_graph(nodes, "foreign", inputs, outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return bytes(model.SerializeToString())
