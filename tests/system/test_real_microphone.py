"""A recording with the sound of a real microphone: PortAudio, ALSA and PipeWire are those of the system."""

from __future__ import annotations

import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from sound_room import SoundRoom

ROOT = Path(__file__).parents[2]
RATE = 48_000
PIECE_S = 0.5
RUN = ("run", "--source", "demo", "--size", "320x240", "--fps", "15", "--faces", "1", "--microphone", "default")


@pytest.fixture
def room() -> Iterator[SoundRoom]:
    with SoundRoom() as made:
        yield made


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    samples = np.int16(12_000 * np.sin(np.arange(RATE * 60) * 2 * np.pi * 440 / RATE))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def thespis(room: SoundRoom, *words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "thespis.main", *map(str, words)]
    return subprocess.Popen(command, env=room.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def loudness(film: Path) -> np.ndarray:
    """Of each half second of its sound, (N,)."""
    with av.open(str(film)) as container:
        samples = np.concatenate([frame.to_ndarray().mean(0) for frame in container.decode(audio=0)])
        count = int(RATE * PIECE_S)
        pieces = samples[: samples.size // count * count].reshape(-1, count)
    return np.asarray(np.sqrt((pieces**2).mean(1)))


def length_s(film: Path) -> float:
    with av.open(str(film)) as container:
        return float([frame.time for frame in container.decode(video=0)][-1])


def test_what_is_played_in_the_room_is_in_the_recording(room: SoundRoom, tone: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    room.start("pw-play", "--target", "room", str(tone))
    run = thespis(room, *RUN, "--seconds", "6", "--output", film)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert "listening, for the recording alone" in said
    heard = loudness(film)
    assert abs(heard.size * PIECE_S - length_s(film)) < 1.0
    assert np.mean(heard > 0.1) > 0.7, heard  # where much else runs, PipeWire itself leaves gaps


def test_a_microphone_that_goes_leaves_silence_and_the_pictures(room: SoundRoom, tone: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    room.start("pw-play", "--target", "room", str(tone))
    run = thespis(room, *RUN, "--seconds", "12", "--output", film)
    assert run.stderr is not None
    said = ""
    while "listening" not in said:
        line = run.stderr.readline()
        assert line, said
        said += line
    time.sleep(3.0)
    room.stop("pw-loopback")
    said += run.communicate(timeout=120)[1]
    assert run.returncode == 0, said
    assert length_s(film) > 10.0
    heard = loudness(film)
    assert abs(heard.size * PIECE_S - length_s(film)) < 1.0
    assert np.all(heard[-4:] < 0.01), heard
    assert heard.max() > 0.1, heard
