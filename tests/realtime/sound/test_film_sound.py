"""A film's own sound, as the recording of the worn film keeps it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SoundError
from realtime.limits import Limits
from realtime.pipeline import Pipeline
from realtime.sink.recorder import CONTAINERS, RecorderSink
from realtime.sound import film as film_module
from realtime.sound.film import FilmSound, film_sound
from realtime.sound.track import SoundTrack
from realtime.source.video import VideoSource

Read = Callable[[Path], np.ndarray]
Length = Callable[[Path, str], float]
FPS = 25


def write_film(
    path: Path,
    *,
    seconds: float = 6.5,
    codec: str = "aac",
    rate: int = 44_100,
    layout: str = "stereo",
    begins_s: float = 0.0,
    sound_s: tuple[float, float] = (0.0, np.inf),
) -> Path:
    """Flashes and claps once a second; stamps begin at `begins_s`, sound is there from and to `sound_s`."""
    with av.open(str(path), "w") as film:
        pictures = film.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = film.add_stream(codec, rate=rate, layout=layout)
        for number in range(round(seconds * FPS)):
            level = 230 if number % FPS == 0 else 20
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="bgr24")
            picture.pts, picture.time_base = number + round(begins_s * FPS), Fraction(1, FPS)
            film.mux(pictures.encode(picture))
        at_s = np.arange(round(min(seconds, sound_s[1]) * rate)) / rate
        claps = np.where((at_s % 1.0) < 0.004, 0.9 * np.sign(np.sin(at_s * 6000)), 0.0)[round(sound_s[0] * rate) :]
        samples = np.repeat(np.int16(claps * 32767)[:, None], 2 if layout == "stereo" else 1, 1).reshape(1, -1)
        heard = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        heard.sample_rate, heard.time_base = rate, Fraction(1, rate)
        heard.pts = round((begins_s + sound_s[0]) * rate)
        film.mux(sound.encode(heard))
        film.mux(sound.encode(None))
        film.mux(pictures.encode(None))
    return path


def wear(source: Path, worn: Path, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
    sound = film_sound(source)
    assert sound is not None
    Pipeline(VideoSource(source), [], [RecorderSink(worn, sound=sound)], limits=limits).run()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("film.mp4", {}),
        ("film.mkv", {"codec": "pcm_s16le", "rate": 48_000, "layout": "mono"}),
        ("film.mkv", {"codec": "libopus", "rate": 48_000}),
        ("film.ts", {"begins_s": 1.4}),
        ("film.mov", {"rate": 8_000, "layout": "mono"}),
    ],
    ids=["aac", "pcm", "opus", "late", "slow"],
)
def test_it_stays_in_step(tmp_path: Path, onsets: Read, flashes: Read, name: str, words: dict[str, object]) -> None:
    source = write_film(tmp_path / name, **words)  # type: ignore[arg-type]
    wear(source, tmp_path / "worn.mp4")
    seen, heard = flashes(tmp_path / "worn.mp4"), onsets(tmp_path / "worn.mp4")
    assert seen == pytest.approx(np.arange(7), abs=0.005)
    assert heard[-6:] == pytest.approx(np.arange(1, 7), abs=0.01)


@pytest.mark.parametrize("dropped", [0, 3, 30])
def test_it_stays_in_step_where_the_first_pictures_were_dropped(tmp_path: Path, onsets: Read, dropped: int) -> None:
    source, worn = write_film(tmp_path / "film.mp4"), tmp_path / "worn.mp4"
    with av.open(str(worn), "w") as container:
        track = SoundTrack(container, FilmSound(source).listen())
        container.start_encoding()
        for number in range(dropped, round(6.5 * FPS)):
            track.follow(0.0, (number - dropped) / FPS, number / FPS)
        track.finish(6.5 - dropped / FPS)
        track.close()
    assert onsets(worn)[-5:] == pytest.approx(np.arange(2, 7) - dropped / FPS, abs=0.01)


@pytest.mark.parametrize("extension", CONTAINERS)
def test_it_ends_with_the_pictures(tmp_path: Path, length: Length, onsets: Read, extension: str) -> None:
    source, worn = write_film(tmp_path / "film.mp4"), tmp_path / f"worn{extension}"
    wear(source, worn, Limits(seconds=3.5))
    assert length(worn, "video") == pytest.approx(3.48)
    assert length(worn, "audio") == pytest.approx(3.52, abs=0.05)
    assert len(onsets(worn)) == 3


def test_sound_that_begins_late_and_ends_early_has_silence_around(tmp_path: Path, onsets: Read, length: Length) -> None:
    source = write_film(tmp_path / "film.mkv", codec="pcm_s16le", rate=48_000, sound_s=(1.5, 4.5))
    wear(source, tmp_path / "worn.mp4")
    assert onsets(tmp_path / "worn.mp4") == pytest.approx([2, 3, 4], abs=0.01)
    assert length(tmp_path / "worn.mp4", "audio") == pytest.approx(6.5, abs=0.05)


def test_spoilt_sound_leaves_every_picture(tmp_path: Path, flashes: Read) -> None:
    source = write_film(tmp_path / "film.mp4")
    with av.open(str(source)) as film:
        places = [(packet.pos, packet.size) for packet in film.demux(audio=0) if packet.pos]
    data = bytearray(source.read_bytes())
    for place, size in places[60:]:
        data[place : place + size] = b"\xff" * size
    source.write_bytes(data)
    wear(source, tmp_path / "worn.mp4")
    assert len(flashes(tmp_path / "worn.mp4")) == 7


class Unplayable:
    def resample(self, frame: object) -> None:
        raise av.error.InvalidDataError(1, "no such layout")


def test_sound_that_nobody_can_play_costs_no_picture(
    tmp_path: Path, flashes: Read, onsets: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_module, "AudioResampler", lambda **_: Unplayable())
    wear(write_film(tmp_path / "film.mp4"), tmp_path / "worn.mp4")
    assert len(flashes(tmp_path / "worn.mp4")) == 7
    assert not len(onsets(tmp_path / "worn.mp4"))


def test_a_silent_film_and_what_is_none(tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    with av.open(str(silent), "w") as film:
        pictures = film.add_stream("libx264", rate=FPS)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        film.mux(pictures.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        film.mux(pictures.encode(None))
    text = tmp_path / "text.mp4"
    text.write_text("no film at all\n" * 50)
    assert film_sound(silent) is None
    assert film_sound(text) is None
    with pytest.raises(SoundError, match="film with sound"):
        FilmSound(silent).listen()
    with pytest.raises(SoundError):
        FilmSound(text).listen()
