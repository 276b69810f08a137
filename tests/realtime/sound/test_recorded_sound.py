"""Flashes and claps at the same moments, through a microphone whose clock is off, into a film, and read back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SinkError, SoundError
from realtime.frame import Frame
from realtime.sink.recorder import CONTAINERS, RecorderSink
from realtime.sound.microphone import Microphone

FPS, RATE, BLOCK = 25.0, 48_000, 480
Read = Callable[[Path], np.ndarray]
Length = Callable[[Path, str], float]


class Room:
    """A camera and a microphone in one room, in which a light flashes and a clap sounds once a second.

    Args:
        film: What is recorded.
        port: See `FakePort`.
        off: How much faster the microphone's clock runs than ours: 200e-6 is 200 ppm.
        age_s: Of a frame, when it comes to the recorder.
        gone_s: When the microphone gives nothing, from and to.
    """

    def __init__(
        self,
        film: Path,
        port: type,
        *,
        off: float = 0.0,
        age_s: float = 0.12,
        gone_s: tuple[float, float] = (np.inf, np.inf),
        channels: int = 1,
    ) -> None:
        self.at_s = 500.0
        self._rate = RATE * (1 + off)
        self._age_s, self._gone_s, self._channels = age_s, gone_s, channels
        self._random = np.random.default_rng(7)
        self.port = port(channels=channels)
        self.microphone = Microphone(library=lambda: self.port, clock=lambda: self.at_s)
        self.sink = RecorderSink(film, sound=self.microphone, clock=lambda: self.at_s)
        self.notices: list[str] = []
        self.peak_frames = 0

    def play(self, seconds: float, *, blind_s: tuple[float, float] = (np.inf, np.inf)) -> None:
        """From a second before the first picture on; `blind_s`: when the camera gives none."""
        self.sink.open((64, 48), FPS)
        begin_s, heard, frame = self.at_s, 0, 0
        end_s = begin_s + 1.0 + seconds
        while True:
            next_sound_s = begin_s + (heard + BLOCK) / self._rate + 0.01
            next_frame_s = begin_s + 1.0 + frame / FPS + self._age_s
            self.at_s = min(next_sound_s, next_frame_s)
            if next_frame_s - self._age_s >= end_s - 1e-9:
                break
            if next_sound_s <= next_frame_s:
                self._hear(begin_s, heard)
                heard += BLOCK
            else:
                captured_s = begin_s + 1.0 + frame / FPS
                self._show(frame, captured_s, blind=blind_s[0] <= captured_s - begin_s - 1.0 < blind_s[1])
                frame += 1
        self.sink.close()

    def _hear(self, begin_s: float, heard: int) -> None:
        of_samples_s = (np.arange(heard, heard + BLOCK)) / self._rate
        if self._gone_s[0] <= of_samples_s[0] - 1.0 < self._gone_s[1]:
            return
        clapping = (of_samples_s % 1.0) < 0.004
        samples = np.where(clapping, 0.9 * np.sign(np.sin(of_samples_s * 6000)), 0.0)
        age_s = self.at_s - (begin_s + of_samples_s[0]) + self._random.uniform(-0.003, 0.003)
        self.port.streams[0].hear(np.repeat(samples[:, None], self._channels, 1), age_s=max(age_s, 0.0))

    def _show(self, number: int, captured_s: float, *, blind: bool) -> None:
        if blind:
            self.sink.rest()
            return
        image = np.full((48, 64, 3), 230 if number % FPS == 0 else 20, np.uint8)
        self.sink.write(Frame(number, captured_s=captured_s, media_s=3.0 + number / FPS, image=image, worn=True))
        self.notices.append(self.microphone.notice)


@pytest.mark.parametrize("off", [0.0, 200e-6, -200e-6, 1500e-6], ids=["true", "200ppm", "-200ppm", "1500ppm"])
def test_claps_and_flashes_coincide_from_start_to_end(
    tmp_path: Path, port: type, onsets: Read, flashes: Read, off: float
) -> None:
    film = tmp_path / "film.mp4"
    Room(film, port, off=off).play(40.5)
    heard, seen = onsets(film), flashes(film)
    assert len(seen) == 41
    assert seen[0] == 0.0
    assert len(heard) == 40  # the first is before the sound begins, a fiftieth of a second after the picture
    # Without correction 200 ppm would be 8 ms by now, and no limit after that.
    assert np.abs(heard - seen[1:]).max() < 0.004


@pytest.mark.parametrize("extension", CONTAINERS)
@pytest.mark.parametrize("age_s", [0.03, 0.9])
def test_whatever_the_age_and_the_container(
    tmp_path: Path,
    port: type,
    onsets: Read,
    flashes: Read,
    length: Length,
    age_s: float,
    extension: str,
) -> None:
    film = tmp_path / f"film{extension}"
    Room(film, port, age_s=age_s, channels=2).play(6.5)
    assert np.abs(onsets(film) - flashes(film)[1:]).max() < 0.006
    assert length(film, "audio") == pytest.approx(6.5, abs=0.05)
    with av.open(str(film)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.streams.audio[0].channels == 2


def test_a_microphone_that_is_pulled_out_leaves_silence_and_the_rest_in_step(
    tmp_path: Path, port: type, onsets: Read, length: Length
) -> None:
    film = tmp_path / "film.mp4"
    room = Room(film, port, off=200e-6, gone_s=(3.5, 8.5))
    room.play(11.5)
    heard = onsets(film)
    assert heard == pytest.approx([1, 2, 3, 9, 10, 11], abs=0.006)
    assert length(film, "audio") == pytest.approx(11.5, abs=0.05)
    assert "gives no sound; silence is recorded" in room.notices[int(5 * FPS)]
    assert "listening" in room.notices[int(10 * FPS)]


def test_one_that_never_comes_back_costs_no_picture(tmp_path: Path, port: type, onsets: Read, length: Length) -> None:
    film = tmp_path / "film.mp4"
    Room(film, port, gone_s=(2.5, np.inf)).play(7.5)
    assert len(onsets(film)) == 2
    assert length(film, "video") == pytest.approx(7.48)
    assert length(film, "audio") == pytest.approx(7.5, abs=0.05)


def test_sound_goes_on_while_the_camera_is_away(tmp_path: Path, port: type, onsets: Read) -> None:
    film = tmp_path / "film.mp4"
    Room(film, port).play(9.5, blind_s=(2.2, 7.2))
    assert onsets(film) == pytest.approx(np.arange(1, 10), abs=0.006)


def test_nothing_is_listened_to_before_it_opens_nor_after_it_closes(tmp_path: Path, port: type) -> None:
    room = Room(tmp_path / "film.mp4", port)
    assert not room.port.streams
    room.play(1.0)
    assert room.port.streams[0].calls == ["start", "close"]
    assert room.microphone.notice == ""


def test_two_recordings_share_one_microphone(tmp_path: Path, port: type, onsets: Read) -> None:
    room = Room(tmp_path / "film.mp4", port)
    second = RecorderSink(tmp_path / "other.mkv", sound=room.microphone, clock=lambda: room.at_s)
    second.open((64, 48), FPS)
    second.write(Frame(0, captured_s=501.0, media_s=0.0, image=np.zeros((48, 64, 3), np.uint8)))
    room.play(3.5)
    second.write(Frame(1, captured_s=504.0, media_s=3.0, image=np.zeros((48, 64, 3), np.uint8)))
    assert room.port.streams[0].calls == ["start"]
    second.close()
    assert room.port.streams[0].calls == ["start", "close"]
    assert len(room.port.streams) == 1
    assert onsets(tmp_path / "other.mkv") == pytest.approx([1, 2, 3], abs=0.006)


def test_a_microphone_that_cannot_be_had_is_an_error_and_costs_no_earlier_film(tmp_path: Path, port: type) -> None:
    refusing, film = port(refusal="Device unavailable"), tmp_path / "film.mp4"
    film.write_bytes(b"what was recorded before")
    sink = RecorderSink(film, sound=Microphone(library=lambda: refusing))
    with pytest.raises(SoundError, match="Device unavailable"):
        sink.open((64, 48), FPS)
    sink.close()
    assert film.read_bytes() == b"what was recorded before"


def test_a_film_that_cannot_be_made_lets_the_microphone_go(tmp_path: Path, port: type) -> None:
    made = port()
    sink = RecorderSink(tmp_path / "none" / "film.mp4", sound=Microphone(library=lambda: made))
    with pytest.raises(SinkError):
        sink.open((64, 48), FPS)
    assert made.streams[0].calls == ["start", "close"]


def test_the_sound_thread_never_waits_for_the_recorder(tmp_path: Path, port: type) -> None:
    room = Room(tmp_path / "film.mp4", port)
    room.sink.open((64, 48), FPS)
    with room.sink._busy:  # a disk that hangs

        def hear() -> None:
            for number in range(5000):
                room.at_s = 500.02 + number * BLOCK / RATE
                room._hear(500.0, number * BLOCK)

        hearing = threading.Thread(target=hear, daemon=True)
        hearing.start()
        hearing.join(10.0)
        assert not hearing.is_alive()
        assert len(room.microphone._feeds[0]._blocks) <= 20 * RATE / BLOCK + 1
    room.sink.close()


def test_a_film_that_is_killed_plays_with_its_sound(tmp_path: Path, port: type, onsets: Read) -> None:
    film = tmp_path / "film.mp4"
    room = Room(film, port)
    room.sink.close = lambda: None  # type: ignore[method-assign]
    room.play(6.5)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    assert len(onsets(copy)) >= 3
    RecorderSink.close(room.sink)
