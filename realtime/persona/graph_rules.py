"""Which ONNX graphs may be run at all: self-contained ones, of operators that do nothing but compute.

ONNX Runtime, given a model as bytes, reads external data from below the working directory (seen with 1.31): a persona
from a stranger must not choose which of the user's files are read. Functions that call each other twice, sparse tensors
and loops let a few bytes ask for any amount of work before the first result, and no persona needs them.
"""

from __future__ import annotations

from realtime.errors import PersonaError
from realtime.persona.onnx_wire import GraphFacts, look_into

MAX_NODES = 20_000
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})

_NAMES = """
    Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift Cast
    CastLike Ceil Celu Clip Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh
    CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand
    EyeLike Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool
    Greater GreaterOrEqual GridSample GroupNormalization HardSigmoid HardSwish Hardmax Identity
    InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg
    NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceL1
    ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
    Relu Reshape Resize Round ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice
    Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan Tanh ThresholdedRelu Tile TopK
    Transpose Trilu Unsqueeze Upsample Where Xor
"""
OPERATORS = frozenset(_NAMES.split())
"""Of ONNX 1.22, what computes tensors of numbers out of tensors of numbers. Left out are branches and loops (If, Loop,
Scan), sequences, texts, optional values, chance, signals, training and the decoding of files."""


def check_graph(graph: bytes) -> None:
    """Refuse a graph that could reach beyond its own bytes, or make more work than its operators show.

    Raises:
        PersonaError: It is no ONNX, or one of these.
    """
    try:
        facts = look_into(graph)
    except ValueError as error:
        raise _fault("an ONNX graph", str(error)) from error
    if facts.external:
        raise _fault("all weights inside", "weights in another file")
    if facts.nodes > MAX_NODES:
        raise _fault(f"at most {MAX_NODES} operators", str(facts.nodes))
    foreign = [*_brought_along(facts), *_foreign_operators(facts)]
    if foreign:
        raise _fault("operators of ONNX itself that only compute", ", ".join(foreign[:5]))


def _brought_along(facts: GraphFacts) -> list[str]:
    found = {
        "functions of its own": facts.functions,
        "branches or loops": facts.inner_graphs,
        "sparse tensors": facts.sparse,
        "texts": facts.strings,
        "training": facts.training,
    }
    return [what for what, there in found.items() if there]


def _foreign_operators(facts: GraphFacts) -> list[str]:
    return sorted(
        f"{domain}.{name}".lstrip(".")
        for domain, name in facts.operators
        if domain not in STANDARD_DOMAINS or name not in OPERATORS
    )


def _fault(wanted: str, got: str) -> PersonaError:
    return PersonaError("graph", wanted=wanted, got=got, next_step="export or download it again")
