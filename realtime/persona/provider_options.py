"""What each provider of ONNX Runtime is told when a network is opened on it. Keys as ONNX Runtime 1.31 has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from realtime.persona.cuda_driver import CudaError, cuda_driver

_SHARE_OF_CARD = 2
"""One of so many parts of a card's memory is the most that networks get: no graph is to take a screen's away."""

Options = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known where a network is opened.

    Attributes:
        precision: Of its graph.
        shapes: Shape of each input by its name, for one crop.
        open_axis: Whether the graph leaves open how many crops there are.
        most: How many there will be at once.
        threads: For one run on a processor.
        cache: A folder for what a provider compiles out of this very graph, for this machine and this ONNX Runtime;
            None where nothing can be kept.
        shared_cache: One for what it learned that holds for all graphs.
    """

    precision: str
    shapes: Mapping[str, tuple[int, ...]]
    open_axis: bool
    most: int
    threads: int
    cache: Path | None
    shared_cache: Path | None


def nothing(_: Opening) -> Options:
    """For a provider that needs no words."""
    return {}


def cuda(opening: Opening) -> Options:
    """CUDA with the layers' own layout, channels first.

    cuDNN chooses each convolution's algorithm by its own heuristic: trying them all out, which is ONNX Runtime's
    default, takes up to a second for each new shape, and others found the outcome no faster (PaddleX 5057).
    """
    return {
        "device_id": "0",
        "cudnn_conv_algo_search": "HEURISTIC",
        "cudnn_conv_use_max_workspace": "1",
        "do_copy_in_default_stream": "1",
        **_memory_limit(),
    }


def cuda_captured(opening: Opening) -> Options:
    """The same, each run captured once and then started by one call in place of one a layer."""
    return {**cuda(opening), "enable_cuda_graph": "1"}


def cuda_captured_nhwc(opening: Opening) -> Options:
    """The same with channels last, as the matrix units for 16-bit numbers want them."""
    return {**cuda_captured(opening), "prefer_nhwc": "1"}


def tensorrt(opening: Opening) -> Options:
    """TensorRT, its engine kept on disk: one for all numbers of crops, made best for one."""
    profile = {}
    if opening.open_axis:
        for name, many in (("min", 1), ("opt", 1), ("max", opening.most)):
            ends = (f"{end}:{'x'.join(map(str, (many, *shape[1:])))}" for end, shape in opening.shapes.items())
            profile[f"trt_profile_{name}_shapes"] = ",".join(ends)
    return {
        "device_id": "0",
        "trt_fp16_enable": "1" if opening.precision == "fp16" else "0",
        **_kept("trt_engine_cache_path", opening.cache, trt_engine_cache_enable="1", trt_engine_cache_prefix="swap"),
        **_kept("trt_timing_cache_path", opening.shared_cache, trt_timing_cache_enable="1"),
        **profile,
    }


def directml(opening: Opening) -> Options:
    """DirectML on the faster of several cards, not on a neural processor: those take few layers yet."""
    return {"performance_preference": "high_performance", "device_filter": "gpu"}


def openvino_gpu(opening: Opening) -> Options:
    """OpenVINO on Intel's graphics, kernels compiled once."""
    return {"device_type": "GPU", **_kept("cache_dir", opening.cache)}


def openvino_cpu(opening: Opening) -> Options:
    """OpenVINO on the processor."""
    return {"device_type": "CPU", "num_of_threads": str(opening.threads), **_kept("cache_dir", opening.cache)}


def coreml_all(opening: Opening) -> Options:
    """CoreML on whatever it thinks best, the neural engine too."""
    return _coreml(opening, "ALL")


def coreml_gpu(opening: Opening) -> Options:
    """CoreML without the neural engine."""
    return _coreml(opening, "CPUAndGPU")


def _coreml(opening: Opening, units: str) -> Options:
    return {
        "ModelFormat": "MLProgram",
        "MLComputeUnits": units,
        "RequireStaticInputShapes": "1",
        **_kept("ModelCacheDirectory", opening.cache),
    }


def _kept(name: str, folder: Path | None, **more: str) -> Options:
    """Where something is to be kept, and what goes with that; nothing where it cannot be."""
    return {name: str(folder), **more} if folder else {}


def _memory_limit() -> Options:
    driver = cuda_driver()
    try:
        return {"gpu_mem_limit": str(driver.memory_bytes // _SHARE_OF_CARD)} if driver else {}
    except CudaError:
        return {}
