"""Keeps the libraries' own chatter off the screen.

absl, TFLite, FFmpeg, ONNX Runtime and OpenCV write to file descriptor 2 from C++, past `sys.stderr`. So descriptor
2 is pointed at a log file, and `sys.stderr` gets a descriptor of its own that still leads to the screen. What a
native crash leaves behind (`faulthandler`) is in that log too.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time
from pathlib import Path

import platformdirs

LOG_LIMIT_BYTES = 1_000_000

_ENVIRONMENT = {
    "GLOG_minloglevel": "2",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "8",
}


def log_path() -> Path:
    """Where the chatter goes."""
    return Path(platformdirs.user_log_dir("thespis", appauthor=False)) / "thespis.log"


def hush(log: Path | None = None) -> Path | None:
    """Point file descriptor 2 at the log, and `sys.stderr` at the screen.

    Args:
        log: The log file; `log_path()` where left out. It starts over when it has grown past a megabyte.

    Returns:
        The log; None where it cannot be written and the chatter is thrown away.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    path, sink = _open(log or log_path())
    screen = os.dup(2)
    os.dup2(sink, 2)
    os.close(sink)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr = os.fdopen(screen, "w", encoding=encoding, errors="backslashreplace", buffering=1)
    log_stream = os.fdopen(os.dup(2), "w", encoding="utf-8", buffering=1)
    log_stream.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()}: {' '.join(sys.argv)}\n")
    logging.basicConfig(stream=log_stream, level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    faulthandler.enable(log_stream)
    return path


def _open(path: Path) -> tuple[Path | None, int]:
    """The log and its descriptor; the null device where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        full = path.exists() and path.stat().st_size > LOG_LIMIT_BYTES
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if full else 0)
        return path, os.open(path, how, 0o600)
    except OSError:
        return None, os.open(os.devnull, os.O_WRONLY)
