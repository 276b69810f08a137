"""What a benchmark was measured on: the computer, and the versions of what does the work."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import psutil

_PACKAGES = ("thespis", "onnxruntime-gpu", "onnxruntime", "mediapipe", "opencv-contrib-python", "numpy", "numba", "av")


def describe_machine() -> dict[str, str]:
    """Names and values, for people. Nothing in them names the user or the computer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    facts = {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(cores),
        "memory": f"{psutil.virtual_memory().total / 1e9:.1f} GB",
        "Python": platform.python_version(),
    }
    for name in _PACKAGES:
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # one of the two builds of ONNX Runtime always is missing
    return facts


def _processor() -> str:
    """Its name; on Linux `platform` knows the architecture only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
