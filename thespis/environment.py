"""What a benchmark was measured on: the computer, and the versions of what does the work."""

from __future__ import annotations

import platform
from importlib import metadata

import psutil

from realtime.cores import cores, processor_name

_PACKAGES = ("thespis", "onnxruntime-gpu", "onnxruntime", "mediapipe", "opencv-contrib-python", "numpy", "numba", "av")


def describe_machine() -> dict[str, str]:
    """Names and values, for people. Nothing in them names the user or the computer."""
    facts = {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor_name(),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / 1e9:.1f} GB",
        "Python": platform.python_version(),
    }
    for name in _PACKAGES:
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # one of the two builds of ONNX Runtime always is missing
    return facts
