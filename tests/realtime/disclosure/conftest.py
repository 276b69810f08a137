"""Small files to sign, a key in a folder of the test's own, and certificates of strangers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.disclosure.signing import FileSigner
from realtime.disclosure.signing_key import local_key
from realtime.frame import Frame
from realtime.sink.recorder import RecorderSink


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


@pytest.fixture
def signer(folder: Path) -> FileSigner:
    return FileSigner(lambda: local_key(folder))


@pytest.fixture
def anchors(folder: Path) -> Callable[[], str]:
    """What this test's own computer trusts."""
    from realtime.disclosure.signing_key import local_anchors

    return lambda: local_anchors(folder)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Records some frames of moving noise."""

    def record(name: str = "film.mp4", frames: int = 30) -> Path:
        rng, path = np.random.default_rng(3), tmp_path / name
        with RecorderSink(path) as sink:
            sink.open((64, 48), 25.0)
            for index in range(frames):
                picture = rng.integers(0, 255, (48, 64, 3), np.uint8)
                sink.write(Frame(index, 0.0, index / 25, picture))
        return path

    return record


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small picture."""

    def write(name: str = "picture.png") -> Path:
        path = tmp_path / name
        noise = np.random.default_rng(4).integers(0, 255, (24, 32, 3), np.uint8)
        _, data = cv2.imencode(path.suffix, noise)
        path.write_bytes(data.tobytes())
        return path

    return write


@pytest.fixture
def stranger(tmp_path: Path) -> FileSigner:
    """Somebody else's computer."""
    return FileSigner(lambda: local_key(tmp_path / "elsewhere"))
