"""The providers of ONNX Runtime that a persona can run on, as rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from realtime import cores
from realtime.persona import provider_lacks as lacks
from realtime.persona import provider_options as options
from realtime.persona.provider_options import Opening, Options


@dataclass(frozen=True, slots=True)
class Way:
    """One way to use a provider.

    Attributes:
        name: Said to the user; empty where there is nothing to say.
        options: What the provider is told.
        behind: Other providers, each with its options, for what this one cannot compute; the processor always is last.
        device: Where the network's ends lie, as ONNX Runtime calls it: `cuda`. Empty: in ordinary memory, and the
            provider copies.
        captured: Whether a run is recorded once for each number of crops, and only played from then on. The ends must
            lie on the device, and stay where they are.
        burden: What a millisecond of it counts, beside one on a card: a processor has faces to find meanwhile.
    """

    name: str = ""
    options: Callable[[Opening], Options] = options.nothing
    behind: tuple[tuple[str, Callable[[Opening], Options]], ...] = ()
    device: str = ""
    captured: bool = False
    burden: float = 1.0


@dataclass(frozen=True, slots=True)
class Provider:
    """One that can run a network.

    Attributes:
        name: What a user calls it.
        label: What it is called in messages.
        ort_name: What ONNX Runtime calls it.
        precisions: Those it runs well, the one that is most likely the best first.
        systems: Values of `sys.platform` on which it can be had at all; empty for every one.
        missing: Says in a few words why it cannot be used here, or nothing where it can.
        ways: To use it, the one that is most likely the best first.
        batches: Whether a graph whose number of crops is left open is as good to it as one that takes one.
        library: What pip installs it with, where its own libraries may be missing.
        pinned: Whether it reads ordinary memory faster where that is pinned for NVIDIA's driver.
        patterns: Whether it allows ONNX Runtime to plan memory ahead.
        compiles: Whether it takes minutes over a graph that it has not seen: only the user asks for that. Its ways
            share what it compiled.
        extra: Whether nobody needs to be told where it is not there.
        doubtful: Whether only measuring tells which precision is the fastest.
        ready_s: Within so long it has loaded a graph, and again within so long done its first runs.
        version: Of its own libraries, where what they compile is for one version alone.
    """

    name: str
    label: str
    ort_name: str
    precisions: tuple[str, ...]
    systems: tuple[str, ...] = ()
    missing: Callable[[], str] = lacks.no_lack
    ways: tuple[Way, ...] = (Way(),)
    batches: bool = True
    library: str = ""
    pinned: bool = False
    patterns: bool = True
    compiles: bool = False
    extra: bool = False
    doubtful: Callable[[], bool] = lambda: True
    ready_s: float = 120.0
    version: Callable[[], str] = str


class Candidate(NamedTuple):
    """A way that a persona might be run in."""

    row: Provider
    way: Way
    precision: str

    @property
    def name(self) -> str:
        """As it is remembered."""
        return f"{self.row.name}/{self.way.name}/{self.precision}"

    @property
    def label(self) -> str:
        """As it is said."""
        return ", ".join(filter(None, (self.row.label, self.precision, self.way.name)))


_CUDA, _TENSORRT, _CPU = "CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"
_HALF_FIRST = ("fp16", "fp32")
"""Graphics cards have no fast path for int8 through these graphs, and their matrix units are made for fp16."""

_BUSY = 2.0

# With int8 instructions a CPU runs int8 three times as fast as fp32; without them nobody knows before trying. A CPU
# widens fp16 once, at load, and is then as fast as with fp32, which loses less.
PROVIDERS = (
    Provider(
        "tensorrt",
        "TensorRT",
        _TENSORRT,
        _HALF_FIRST,
        ("linux", "win32"),
        lacks.tensorrt_lack,
        # Not captured: what is public of it captures under one number, whatever number of crops it is given, and
        # nobody has tried it.
        (Way("", options.tensorrt, ((_CUDA, options.cuda),)),),
        library="'tensorrt-cu13<11'",
        pinned=True,
        compiles=True,
        extra=True,
        doubtful=lambda: False,  # each precision would take its minutes
        ready_s=1200.0,
        version=lacks.tensorrt_version,
    ),
    Provider(
        "cuda",
        "CUDA",
        _CUDA,
        _HALF_FIRST,
        ("linux", "win32"),
        lacks.cuda_lack,
        (
            Way("captured, channels last", options.cuda_captured_nhwc, device="cuda", captured=True),
            Way("captured", options.cuda_captured, device="cuda", captured=True),
            Way("", options.cuda),
        ),
        library="'.[cuda]'",
        pinned=True,
    ),
    Provider(
        "directml",
        "DirectML",
        "DmlExecutionProvider",
        _HALF_FIRST,
        ("win32",),
        lacks.directml_lack,
        (Way("", options.directml),),
        batches=False,
        patterns=False,
        extra=True,
    ),
    Provider(
        "openvino",
        "OpenVINO",
        "OpenVINOExecutionProvider",
        ("fp16", "int8", "fp32"),
        ("linux", "win32"),
        lacks.openvino_lack,
        (Way("graphics", options.openvino_gpu), Way("processor", options.openvino_cpu, burden=_BUSY)),
        batches=False,
        extra=True,
    ),
    Provider(
        "coreml",
        "CoreML",
        "CoreMLExecutionProvider",
        _HALF_FIRST,
        ("darwin",),
        lacks.coreml_lack,
        (Way("", options.coreml_all), Way("without the neural engine", options.coreml_gpu)),
        batches=False,
    ),
    Provider(
        "cpu",
        "CPU",
        _CPU,
        ("int8", "fp32", "fp16"),
        ways=(Way(burden=_BUSY),),
        doubtful=lambda: not cores.multiplies_bytes(),
    ),
)
"""The one that is most likely the best first."""


def grouped(reasons: Mapping[str, str]) -> str:
    """`a, b: why; c: why`: what several have in common is said once."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault(reason, []).append(name)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())
