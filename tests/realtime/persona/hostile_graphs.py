"""Graphs of a few hundred bytes with the ends of a tiny persona, that ask for far more than they weigh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper
from tiny_personas import SIZE

from realtime.persona.manifest import CHANNELS

node = helper.make_node


def constant(name: str, value: npt.ArrayLike, kind: type[np.generic] = np.int64) -> TensorProto:
    return numpy_helper.from_array(np.asarray(value, kind), name)


def hostile(
    nodes: Sequence[NodeProto], result: str, constants: Sequence[TensorProto] = (), **of_model: object
) -> bytes:
    """A model that adds nothing of `result` to its crop; `one` is a number out of the crop itself."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, depth, SIZE, SIZE])
        for name, depth in (("input", len(CHANNELS)), ("image", 3), ("mask", 1))
    ]
    around = [
        node("Slice", ["input", "first", "third", "axis"], ["colours"]),
        node("Slice", ["input", "first", "second", "axis"], ["plane"]),
        node("ReduceMax", ["plane"], ["one"], keepdims=0),
        *nodes,
        node("ReduceMax", [result], ["largest"], keepdims=0),
        node("Mul", ["largest", "nothing"], ["none"]),
        node("Add", ["colours", "none"], ["image"]),
        node("Add", ["plane", "none"], ["mask"]),
    ]
    own = [constant("nothing", 0, np.float32), constant("first", [0]), constant("second", [1]), constant("third", [3])]
    graph = helper.make_graph(around, "hostile", ends[:1], ends[1:], [*own, constant("axis", [1]), *constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, **of_model)
    return bytes(model.SerializeToString())


def grown_at_run(gib: int) -> bytes:
    """Spreads one number of the crop over so much memory."""
    return hostile([node("Expand", ["one", "shape"], ["big"])], "big", [constant("shape", [gib, 2**28])])


def folded_at_load(count: int) -> bytes:
    """Half a gibibyte, so many times, of constants alone."""
    doubled = [node("Concat", [f"c{n}"] * 8, [f"c{n + 1}"], axis=0) for n in range(5)]
    scaled = [node("Mul", ["c5", f"k{n}"], [f"s{n}"]) for n in range(count)]
    used = [
        part
        for n in range(count)
        for part in (node("Mul", [f"s{n}", "one"], [f"u{n}"]), node("ReduceMax", [f"u{n}"], [f"m{n}"], keepdims=0))
    ]
    largest = node("Max", [f"m{n}" for n in range(count)], ["all"])
    numbers = [constant("c0", np.ones(4096), np.float32), *(constant(f"k{n}", n + 2, np.float32) for n in range(count))]
    return hostile([*doubled, *scaled, *used, largest], "all", numbers)


def endless_at_run(steps: int) -> bytes:
    """Multiplies large matrices, one after the other."""
    products = [node("MatMul", [f"p{n}", "p0"], [f"p{n + 1}"]) for n in range(steps)]
    shape = constant("shape", [1500, 1500])
    return hostile([node("Expand", ["one", "shape"], ["p0"]), *products], f"p{steps}", [shape])


def inner_graph() -> GraphProto:
    return helper.make_graph(
        [node("Identity", ["one"], ["y"])], "inner", [], [helper.make_tensor_value_info("y", 1, [])]
    )


def with_branch() -> bytes:
    choice = node("If", ["true"], ["y"], then_branch=inner_graph(), else_branch=inner_graph())
    return hostile([choice], "y", [constant("true", True, np.bool_)])


def with_loop() -> bytes:
    """2**60 turns."""
    ends = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("n", 7), ("go", 9), ("x", 1))]
    body = helper.make_graph([node("Identity", ["go"], ["on"]), node("Identity", ["x"], ["z"])], "body", ends, [
        helper.make_tensor_value_info("on", 9, []), helper.make_tensor_value_info("z", 1, []),
    ])  # fmt: skip
    turns = [constant("turns", 2**60), constant("true", True, np.bool_)]
    return hostile([node("Loop", ["turns", "true", "one"], ["y"], body=body)], "y", turns)


def with_functions() -> bytes:
    """Each calls the one before twice: 2**60 operators out of sixty."""
    domain = "com.example"
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(domain, 1)]
    functions = [
        helper.make_function(
            domain,
            f"f{n}",
            ["x"],
            ["y"],
            [node("Neg", ["x"], ["y"])]
            if n == 0
            else [node(f"f{n - 1}", ["x"], ["h"], domain=domain), node(f"f{n - 1}", ["h"], ["y"], domain=domain)],
            opsets,
        )
        for n in range(60)
    ]
    return hostile([node("f59", ["one"], ["y"], domain=domain)], "y", functions=functions)


def with_sparse_tensor() -> bytes:
    """One number, said to lie in 2**40."""
    values, places = constant("values", [1.0], np.float32), constant("places", [0])
    sparse = helper.make_sparse_tensor(values, places, [2**40])
    return hostile([node("Constant", [], ["y"], sparse_value=sparse)], "y")


def with_texts() -> bytes:
    text = helper.make_tensor("text", TensorProto.STRING, [1], [b"x"])
    return hostile([node("Cast", ["text"], ["y"], to=TensorProto.FLOAT)], "y", [text])


def with_domain(domain: str) -> bytes:
    return hostile([node("FusedConv", ["one"], ["y"], domain=domain)], "y")


def with_operator(name: str) -> bytes:
    return hostile([node(name, ["one"], ["y"])], "y")
