"""A sound library without a sound card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

CLICK_SAMPLES = 96


class FakePort:
    """The part of `sounddevice` that is used: devices by name, and streams that a test feeds by hand."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *, rate: float = 48_000.0, channels: int = 1, refusal: str = "") -> None:
        self.devices = [
            {"name": "Speakers", "max_input_channels": 0, "default_samplerate": rate},
            {"name": "Desk microphone", "max_input_channels": channels, "default_samplerate": rate},
        ]
        self.refusal = refusal
        self.streams: list[FakeStream] = []

    def query_devices(self, device: int | str | None = None, kind: str | None = None) -> Any:
        if kind is None:
            return self.devices
        if isinstance(device, str) and device not in self.devices[1]["name"]:
            raise ValueError(f"No input device matching {device!r}")
        return self.devices[1]

    def InputStream(self, **asked: Any) -> FakeStream:  # noqa: N802
        if self.refusal:
            raise self.PortAudioError(self.refusal)
        self.streams.append(FakeStream(asked))
        return self.streams[-1]


class FakeStream:
    """Says of each block how old it is, as PortAudio does, on a clock of its own that began at 1000."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked, self.calls, self.time = asked, list[str](), 1000.0

    def start(self) -> None:
        self.calls.append("start")

    def close(self) -> None:
        self.calls.append("close")

    def hear(self, samples: np.ndarray, *, age_s: float) -> None:
        """Hand over (N, C) samples, the first of them heard `age_s` ago."""
        times = SimpleNamespace(inputBufferAdcTime=self.time - age_s, currentTime=self.time)
        self.asked["callback"](samples.astype(np.float32), len(samples), times, None)


@pytest.fixture
def port() -> type[FakePort]:
    return FakePort


def onsets_of(path: Path) -> np.ndarray:
    """When each click begins, in seconds of the film, (N,)."""
    heard, first_s = [], None
    with av.open(str(path)) as film:
        rate = film.streams.audio[0].rate
        for frame in film.decode(audio=0):
            first_s = frame.time if first_s is None else first_s
            heard.append(np.abs(frame.to_ndarray()).max(0))
    assert first_s is not None
    loud = np.concatenate(heard) > 0.3
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    apart = np.diff(starts, prepend=-rate) > rate // 10
    return np.asarray(first_s + starts[apart] / rate)


def flashes_of(path: Path) -> np.ndarray:
    """When each bright picture is shown, in seconds of the film, (N,)."""
    with av.open(str(path)) as film:
        return np.array([f.time for f in film.decode(video=0) if f.to_ndarray(format="gray").mean() > 128])


def length_s(path: Path, kind: str) -> float:
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0) if kind == "video" else film.decode(audio=0))
        last = frames[-1]
        duration_s = last.samples / last.rate if kind == "audio" else 0.0
        return float(last.time + duration_s)


@pytest.fixture
def onsets() -> Callable[[Path], np.ndarray]:
    return onsets_of


@pytest.fixture
def flashes() -> Callable[[Path], np.ndarray]:
    return flashes_of


@pytest.fixture
def length() -> Callable[[Path, str], float]:
    return length_s
