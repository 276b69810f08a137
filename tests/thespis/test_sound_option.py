"""Sound, from the command line to the file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from realtime.disclosure.credentials import read_credentials
from realtime.source.portrait import PortraitPerformer
from thespis import machine as machine_module

Thespis = Callable[..., int]
RATE = 48_000


class NoStream:
    def __init__(self, **asked: Any) -> None:
        self.time = 0.0

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with one microphone, at which nobody speaks."""
    one = {"name": "Desk", "max_input_channels": 1, "default_samplerate": float(RATE)}
    port = ModuleType("sounddevice")
    words = SimpleNamespace(
        PortAudioError=type("PortAudioError", (Exception,), {}),
        InputStream=NoStream,
        query_devices=lambda device=None, kind=None: one if kind else [one],
    )
    port.__dict__.update(vars(words))
    monkeypatch.setitem(sys.modules, "sounddevice", port)


@pytest.fixture(scope="module")
def talkie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the built-in performer with a tone."""
    path = tmp_path_factory.mktemp("film") / "talkie.mp4"
    performer = PortraitPerformer(size_wh=(320, 240), fps=30, paced=False, seconds=0.5)
    with performer, av.open(str(path), "w") as film:
        pictures = film.add_stream("libx264", rate=30)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
        sound = film.add_stream("aac", rate=RATE, layout="mono")
        for frame in iter(performer.read, None):
            assert frame is not None
            film.mux(pictures.encode(av.VideoFrame.from_ndarray(frame.image, format="bgr24")))
        tone = np.float32(0.5 * np.sin(np.arange(RATE // 2) * 2 * np.pi * 440 / RATE))[None]
        heard = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        heard.sample_rate, heard.pts, heard.time_base = RATE, 0, Fraction(1, RATE)
        film.mux([*sound.encode(heard), *sound.encode(None), *pictures.encode(None)])
    return path


def loudness(path: Path) -> float:
    """Of the middle of its sound."""
    with av.open(str(path)) as film:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    return float(np.sqrt((samples[len(samples) // 4 : -len(samples) // 4] ** 2).mean()))


@pytest.mark.parametrize("extension", [".mp4", ".mkv"])
def test_a_film_keeps_its_sound_and_is_signed(
    thespis: Thespis, talkie: Path, tiny_persona: Path, tmp_path: Path, extension: str
) -> None:
    out = tmp_path / f"out{extension}"
    assert thespis("run", "--source", talkie, "--persona", tiny_persona, "--output", out) == 0
    assert loudness(out) == pytest.approx(0.35, abs=0.05)
    assert (read_credentials(out) is not None) == (extension == ".mp4")


def test_a_microphone_is_listened_to_where_the_user_says_so(
    thespis: Thespis, desk: None, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, silent = tmp_path / "out.mp4", tmp_path / "silent.mp4"
    words = ("run", "--source", "demo", "--size", "320x240", "--seconds", "1", "--persona", tiny_persona, "--output")
    assert thespis(*words, out, "--microphone", "default") == 0
    assert "microphone Desk: listening" in " ".join(capsys.readouterr().err.split())
    with av.open(str(out)) as film:
        assert film.streams.audio[0].codec_context.name == "aac"
        assert len(list(film.decode(audio=0))) > 30
    assert read_credentials(out) is not None
    assert thespis(*words, silent) == 0
    assert "Desk" not in capsys.readouterr().err
    with av.open(str(silent)) as film:
        assert not film.streams.audio


@pytest.mark.parametrize(
    ("source", "output", "said"),
    [("demo", "null", "add --output FILE.mp4"), ("talkie", "out.mp4", "wanted a live source")],
)
def test_where_it_is_of_no_use_it_is_refused(
    thespis: Thespis,
    talkie: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    source: str,
    output: str,
    said: str,
) -> None:
    named = talkie if source == "talkie" else source
    words = ("run", "--source", named, "--output", output if output == "null" else tmp_path / output)
    assert thespis(*words, "--microphone", "default") == 1
    assert said in " ".join(capsys.readouterr().err.split())


def test_one_that_cannot_be_had_ends_it_at_the_start(
    thespis: Thespis, desk: None, tiny_persona: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**asked: Any) -> None:
        raise sys.modules["sounddevice"].PortAudioError("Device unavailable")

    monkeypatch.setattr(sys.modules["sounddevice"], "InputStream", refuse)
    words = ("run", "--source", "demo", "--persona", tiny_persona, "--output", tmp_path / "out.mp4")
    assert thespis(*words, "--microphone", "Desk") == 1


def test_devices_lists_microphones(
    thespis: Thespis, desk: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine_module, "available_cameras", tuple)
    assert thespis("devices") == 0
    assert "0: Desk" in capsys.readouterr().out


def test_a_delay_beyond_its_range_is_refused(thespis: Thespis) -> None:
    assert thespis("run", "--source", "demo", "--output", "null", "--target-delay", "1001") == 2
    assert thespis("run", "--source", "demo", "--output", "null", "--target-delay", "-1") == 2


def test_the_offset_for_the_microphone_is_said(
    thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "--source", "demo", "--size", "320x240", "--seconds", "2", "--persona", tiny_persona)
    assert thespis(*words, "--output", "null", "--target-delay", "900") == 0
    assert "Sync Offset 900 ms" in " ".join(capsys.readouterr().err.split())
