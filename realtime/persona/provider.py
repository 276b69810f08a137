"""Which ONNX Runtime providers a persona can run on, and why one cannot."""

from __future__ import annotations

import contextlib
import ctypes
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import onnxruntime


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to run a network.

    Attributes:
        name: What a user calls it.
        label: What it is called in messages.
        ort_name: What ONNX Runtime calls it.
        precisions: Those it runs well, the best first.
        systems: Values of `sys.platform` on which it can be had at all; empty for every one.
        missing: Says in a few words why it cannot be used here, or nothing where it can.
        batches: Whether a graph whose number of crops is left open is as good to it as one that takes one.
    """

    name: str
    label: str
    ort_name: str
    precisions: tuple[str, ...]
    systems: tuple[str, ...]
    missing: Callable[[], str]
    batches: bool = True


@cache  # what it prints meanwhile, other threads might: it is asked once
def _cuda_missing() -> str:
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return "this ONNX Runtime is built without it, install onnxruntime-gpu"
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return "no NVIDIA driver found"
    if fault := driver.cuInit(0):
        return f"the NVIDIA driver finds no usable GPU, error {fault}"
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it cannot find
        onnxruntime.preload_dlls()
    return ""


def _coreml_missing() -> str:
    if "CoreMLExecutionProvider" not in onnxruntime.get_available_providers():
        return "this ONNX Runtime is built without it"
    return ""


def _never_missing() -> str:
    return ""


# int8 is first on CPUs only: with VNNI it is three times as fast as fp32; GPUs have no fast path for it, and their
# matrix units are made for fp16. A CPU widens fp16 once, at load, and is then as fast as with fp32, which loses less.
PROVIDERS = (
    Provider("cuda", "CUDA", "CUDAExecutionProvider", ("fp16", "fp32"), ("linux", "win32"), _cuda_missing),
    Provider(
        "coreml", "CoreML", "CoreMLExecutionProvider", ("fp16", "fp32"), ("darwin",), _coreml_missing, batches=False
    ),
    Provider("cpu", "CPU", "CPUExecutionProvider", ("int8", "fp32", "fp16"), (), _never_missing),
)
"""The best first."""
