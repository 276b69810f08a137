"""From a torch network to an ONNX graph of plain operators."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from realtime.errors import ExportError
from realtime.persona.opening import BATCH
from realtime.persona.runtime import FAULTS

OPSET = 17
_RANK, _SAME = 4, 1e-4
INPUT = "input"
OUTPUTS = ("image", "mask")
PLAIN = frozenset(
    {
        "Add",
        "Clip",
        "Concat",
        "Conv",
        "DepthToSpace",
        "LeakyRelu",
        "Mul",
        "Relu",
        "Reshape",
        "Resize",
        "Sigmoid",
        "Slice",
        "SpaceToDepth",
        "Split",
        "Transpose",
    }
)
"""What a live graph may be made of: operators that every provider runs, and int8 passes through."""


def to_onnx(network: nn.Module, channels: int, size: int) -> bytes:
    """Export a network with its constants folded and the shape of its crops written in.

    Args:
        network: Maps (N, C, S, S) float32 to image (N, 3, S, S) and mask (N, 1, S, S), all 0 to 1.
        channels: C.
        size: S.

    Returns:
        A self-contained ONNX file: any number of crops, ends named `input`, `image` and `mask`. The same network
        gives the same bytes.

    Raises:
        ExportError: It does not map what it should, or holds operators that are not in `PLAIN`.
    """
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    example = torch.zeros(1, channels, size, size, device=device)
    was_training = network.training
    network.eval()
    try:
        _check_shapes(network, example)
        with tempfile.TemporaryDirectory() as folder:
            _trace(network, example, Path(folder) / "traced.onnx")
            graph = _fold(Path(folder) / "traced.onnx")
    finally:
        network.train(was_training)
    foreign = sorted({node.op_type for node in onnx.load_from_string(graph).graph.node} - PLAIN)
    if foreign:
        raise ExportError(
            "the network's graph", wanted="plain operators", got=", ".join(foreign), next_step="rewrite these layers"
        )
    _check_batch(graph, channels, size)
    return graph


def _check_shapes(network: nn.Module, example: Tensor) -> None:
    size = example.shape[-1]
    wanted = [(1, 3, size, size), (1, 1, size, size)]
    try:
        with torch.inference_mode():
            outputs = network(example)
    except RuntimeError as error:
        raise ExportError(
            "the network", wanted=f"one that takes {tuple(example.shape)}", got=str(error).splitlines()[0][:160]
        ) from error
    found = [tuple(output.shape) for output in outputs] if isinstance(outputs, tuple) else []
    if found != wanted:
        raise ExportError("the network's outputs", wanted=f"image and mask {wanted}", got=str(found))


def _check_batch(graph: bytes, channels: int, size: int) -> None:
    """Two crops at once must come out as they do alone: a graph may have the one that it was traced with written in."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    crops = np.random.default_rng(0).random((2, channels, size, size), np.float32)
    try:
        together = session.run(None, {INPUT: crops})
        alone = [session.run(None, {INPUT: crop[None]}) for crop in crops]
    except FAULTS as error:
        raise _no_batch(str(error).splitlines()[0][:160]) from error
    pairs = [(whole[n], one[end][0]) for n, one in enumerate(alone) for end, whole in enumerate(together)]
    off = max(float(np.abs(batched - single).max()) for batched, single in pairs)
    if off > _SAME:
        raise _no_batch(f"{off:.3g} of another")


def _no_batch(got: str) -> ExportError:
    return ExportError(
        "the network's graph", wanted="two crops at once as each alone", got=got, next_step="rewrite its reshapes"
    )


def _trace(network: nn.Module, example: Tensor, path: Path) -> None:
    with warnings.catch_warnings():
        # The new exporter needs onnxscript and draws no cleaner graph of plain convolutions.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
        )


def _fold(traced: Path) -> bytes:
    """ONNX Runtime's own basic optimisation and shape inference, as quantisation asks for too."""
    folded = traced.with_name("folded.onnx")
    quant_pre_process(traced, folded)
    model = onnx.load(folded)
    for at, node in enumerate(model.graph.node):  # folding leaves some without a name, which quantising goes by
        node.name = f"{at}_{node.op_type}"
    # Opened only now: a tracer that does not know how many crops there are draws arithmetic of shapes.
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        shape = value.type.tensor_type.shape
        if len(shape.dim) == _RANK:
            shape.dim[0].dim_param = BATCH
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))
