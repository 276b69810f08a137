"""Films that are none, break off, lie on their side, or come over a network."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.frame import Frame
from realtime.source.video import VideoSource


def all_frames(source: VideoSource) -> list[Frame]:
    return list(iter(source.read, None))


@pytest.mark.parametrize(
    "content",
    [b"", b"this is a text file\n" * 200, b"\x00\x00\x00\x18ftypmp42" + bytes(500)],
    ids=["empty", "text", "stub"],
)
@pytest.mark.parametrize("name", ["film.mp4", "film.txt"])
def test_what_is_no_film_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    source = VideoSource(path)
    with pytest.raises(SourceError, match=rf"video .*{name}: wanted a film"):
        source.open()
    source.close()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        VideoSource(tmp_path).open()


def test_a_file_with_sound_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    with pytest.raises(SourceError, match="no moving pictures"):
        VideoSource(path).open()


def test_a_film_cut_before_its_index_is_refused(film) -> None:
    path = film()
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 100])
    with pytest.raises(SourceError):
        VideoSource(path).open()


def noise(count: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(count)]


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_film_that_breaks_off_gives_what_is_there_and_says_so(film, extension: str) -> None:
    path = film(
        f"broken.{extension}",
        times_s=[n / 25 for n in range(50)],
        pictures=noise(50),
        options={"movflags": "faststart"} if extension == "mp4" else {},
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with VideoSource(path) as source:
        assert "broke off" not in source.notice
        frames = all_frames(source)
        assert 15 <= len(frames) <= 30
        assert [frame.index for frame in frames] == list(range(len(frames)))
        assert source.notice.startswith(f"video {path}: broke off at ")
        assert "of 2.0 s" in source.notice
        assert source.read() is None


def test_a_whole_film_is_not_said_to_break_off(film) -> None:
    with VideoSource(film()) as source:
        assert len(all_frames(source)) == 12
        assert "broke" not in source.notice


def test_a_spoilt_place_in_the_middle_does_not_end_the_film(film) -> None:
    path = film(times_s=[n / 25 for n in range(50)], pictures=noise(50), options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with VideoSource(path) as source:
        frames = all_frames(source)
        assert len(frames) > 40
        assert frames[-1].media_s > 1.9
        assert "broke" not in source.notice


@pytest.mark.parametrize("size_wh", [(64, 64), (853, 479), (3840, 2160), (2, 2)])
def test_every_size(film, frame_number, size_wh: tuple[int, int]) -> None:
    with VideoSource(film(size_wh=size_wh, times_s=[0.0, 0.04])) as source:
        frames = all_frames(source)
    assert source.size_wh == size_wh
    assert [frame.size_wh for frame in frames] == [size_wh] * 2
    assert [frame_number(frame.image) for frame in frames] == [0, 1]
    assert abs(int(frames[1].image[-1, -1, 0]) - int(frames[1].image[0, 0, 0])) <= 2


def test_no_frame_is_lost_and_the_order_is_kept(film, frame_number) -> None:
    with VideoSource(film()) as source:
        assert [frame_number(frame.image) for frame in all_frames(source)] == list(range(12))


def test_times_are_those_of_the_film(film) -> None:
    stamps = [0.5, 0.54, 0.9, 0.94, 2.0]
    with VideoSource(film("times.mkv", times_s=stamps)) as source:
        times = [frame.media_s for frame in all_frames(source)]
    assert times == pytest.approx([stamp - 0.5 for stamp in stamps], abs=1e-3)


@pytest.mark.parametrize(
    ("degrees", "corner"), [(90, "bottom left"), (-90, "top right"), (180, "bottom right"), (0, "top left")]
)
def test_phones_films_stand_upright(film, degrees: int, corner: str) -> None:
    lying = np.zeros((48, 64, 3), np.uint8)
    lying[:12, :12] = 255
    with VideoSource(film(pictures=[lying] * 2, times_s=[0.0, 0.04], rotation=degrees)) as source:
        frame = source.read()
    assert frame is not None
    assert frame.size_wh == source.size_wh == ((48, 64) if abs(degrees) == 90 else (64, 48))
    rows, columns = corner.split()
    row, column = (5 if rows == "top" else -6), (5 if columns == "left" else -6)
    assert frame.image[row, column].min() > 200
    assert frame.image.mean() < 40


def test_a_looped_film_goes_on(film, frame_number) -> None:
    with VideoSource(film(times_s=[0.0, 0.04, 0.08]), loop=True) as source:
        frames = [source.read() for _ in range(8)]
    assert [frame_number(f.image) for f in frames if f] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert [f.index for f in frames if f] == list(range(8))
    assert [f.media_s for f in frames if f] == pytest.approx([n / 25 for n in range(8)], abs=0.002)


def test_a_paced_film_waits_until_each_frame_is_due(film, monkeypatch) -> None:
    now_s = [100.0]
    waits: list[float] = []
    source = VideoSource(film(times_s=[0.0, 0.04, 0.5]), paced=True, clock=lambda: now_s[0])

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        now_s[0] += seconds
        return True

    monkeypatch.setattr(source._guard, "wait", wait)
    with source:
        frames = all_frames(source)
    assert source.live
    assert waits == pytest.approx([0.0, 0.04, 0.46])
    assert [frame.captured_s for frame in frames] == pytest.approx([100.0, 100.04, 100.5])


def test_a_url_is_live_and_gives_the_film(film, served, frame_number) -> None:
    with VideoSource(served(film().read_bytes())) as source:
        assert source.live
        assert [frame_number(frame.image) for frame in all_frames(source)] == list(range(12))


def test_a_stream_that_breaks_off_is_an_error_after_its_last_frame(film, served) -> None:
    path = film(
        times_s=[n / 100 for n in range(100)],
        pictures=[np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)] * 100,
        size_wh=(320, 240),
        options={"movflags": "faststart"},
    )
    data = path.read_bytes()
    with VideoSource(served(data[: len(data) * 2 // 3], len(data))) as source:
        seen = 0
        with pytest.raises(SourceError, match="broke off at"):
            while source.read() is not None:
                seen += 1
    assert seen > 10


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/film.mp4", "nonsense://127.0.0.1/film"])
def test_an_address_that_does_not_answer(address: str) -> None:
    with pytest.raises(SourceError, match="stream "):
        VideoSource(address).open()


def test_ffmpeg_keeps_quiet(film, capfd) -> None:
    path = film()
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(SourceError):
        VideoSource(path).open()
    assert capfd.readouterr() == ("", "")


def test_a_first_picture_is_decoded_at_open(film) -> None:
    path = film()
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 12
    source = VideoSource(path)
    source.open()
    assert source.size_wh == (64, 48)
    assert source.fps == pytest.approx(25)
    source.close()
