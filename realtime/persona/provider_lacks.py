"""Why a provider of ONNX Runtime cannot be used here, in a few words; nothing where it can."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import io
import sys
from functools import cache
from pathlib import Path

import onnxruntime

from realtime.persona.cuda_driver import open_driver

NOT_BUILT = "this ONNX Runtime is built without it"
_TENSORRT = (
    ("nvinfer_10.dll", "nvonnxparser_10.dll")
    if sys.platform == "win32"
    else ("libnvinfer.so.10", "libnvonnxparser.so.10")
)
"""What ONNX Runtime 1.31 is linked with; what is loaded already is not looked for again by name."""


def is_built(ort_name: str) -> bool:
    """Whether the installed ONNX Runtime has a provider."""
    return ort_name in onnxruntime.get_available_providers()


@cache  # what it prints meanwhile, other threads might: it is asked once
def cuda_lack() -> str:
    """Of CUDA; where there is a card, its libraries are loaded from where pip puts them."""
    if not is_built("CUDAExecutionProvider"):
        return f"{NOT_BUILT}, install onnxruntime-gpu"
    if lack := open_driver()[1]:
        return lack
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it cannot find
        onnxruntime.preload_dlls()
    return ""


@cache
def tensorrt_lack() -> str:
    """Of TensorRT; its libraries are loaded from where pip puts them, or the system has them."""
    if not is_built("TensorrtExecutionProvider"):
        return NOT_BUILT
    if lack := cuda_lack():
        return lack
    try:
        for name in _TENSORRT:
            _load_tensorrt(name)
    except OSError:
        return "TensorRT 10 is not installed, pip install 'tensorrt-cu13<11'"
    return ""


def tensorrt_version() -> str:
    """Which one is loaded: an engine is for one alone, and ONNX Runtime does not look."""
    return "" if tensorrt_lack() else str(_load_tensorrt(_TENSORRT[0]).getInferLibVersion())


def _load_tensorrt(name: str) -> ctypes.CDLL:
    package = importlib.util.find_spec("tensorrt_libs")
    folders = [Path(place) for place in package.submodule_search_locations or ()] if package else []
    places = [*(str(folder / name) for folder in folders if (folder / name).exists()), name]
    return ctypes.CDLL(places[0], ctypes.RTLD_GLOBAL)


def directml_lack() -> str:
    """Of DirectML, which has a build of ONNX Runtime of its own."""
    if is_built("DmlExecutionProvider"):
        return ""
    return f"{NOT_BUILT}, install onnxruntime-directml in place of onnxruntime-gpu"


def openvino_lack() -> str:
    """Of OpenVINO, which has a build of ONNX Runtime of its own."""
    if is_built("OpenVINOExecutionProvider"):
        return ""
    return f"{NOT_BUILT}, install onnxruntime-openvino in place of onnxruntime-gpu"


def coreml_lack() -> str:
    """Of CoreML."""
    return "" if is_built("CoreMLExecutionProvider") else NOT_BUILT


def no_lack() -> str:
    """Of the processor."""
    return ""
