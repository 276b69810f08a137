"""Recordings: full disks, killed programs, odd sizes, uneven times; every file is played back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.recorder import CONTAINERS, RecorderSink

FrameAt = Callable[..., Frame]
NOISE = np.random.default_rng(0).integers(0, 255, (8, 240, 320, 1), np.uint8).repeat(3, axis=3)


def play(path: Path) -> list[tuple[float, np.ndarray]]:
    """Time and picture of every frame that a player would show, passing over a spoilt end as players do."""
    shown = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue
            shown += [(frame.time, frame.to_ndarray(format="bgr24")) for frame in frames]
    return shown


def noisy(index: int) -> Frame:
    """A frame that compresses badly, so that files grow quickly."""
    return Frame(index=index, captured_s=0.0, media_s=index / 25, image=NOISE[index % len(NOISE)].copy())


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let any file of ours grow beyond this: a write fails as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_disk_that_fills_up_is_told_and_the_recording_plays_up_to_there(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"film{extension}"
    sink = RecorderSink(path)
    sink.open((320, 240), 25.0)
    with largest_file(1_500_000):
        with pytest.raises(SinkError, match="what was recorded up to there plays"):
            for index in range(500):
                sink.write(noisy(index))
        with pytest.raises(SinkError):
            sink.write(noisy(500))
        sink.close()
        sink.close()
    shown = play(path)
    assert sink.frames > 30
    assert 0 <= sink.frames - len(shown) <= 15
    assert np.abs(shown[4][1].astype(int) - NOISE[4]).mean() < 15


@pytest.mark.parametrize("extension", CONTAINERS)
def test_an_end_that_cannot_be_written_is_told(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"film{extension}"
    sink = RecorderSink(path)
    sink.open((320, 240), 25.0)
    for index in range(30):
        sink.write(noisy(index))
    with largest_file(path.stat().st_size), pytest.raises(SinkError):
        sink.close()
    sink.close()
    assert len(play(path)) > 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_disk_that_is_full_already_is_told(tmp_path: Path, frame_at: FrameAt, extension: str) -> None:
    path = tmp_path / f"film{extension}"
    path.symlink_to("/dev/full")
    sink = RecorderSink(path)
    with pytest.raises(SinkError, match=r"No space left on device|a full disk"):
        sink.open((64, 48), 25.0)
        for index in range(100):
            sink.write(frame_at(index))
        sink.close()
    sink.close()


def test_a_killed_program_leaves_a_recording_that_plays(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    script = f"""
import os
from pathlib import Path
import numpy as np
from realtime.frame import Frame
from realtime.sink.recorder import RecorderSink
sink = RecorderSink(Path({str(path)!r}))
sink.open((64, 48), 25.0)
for index in range(60):
    sink.write(Frame(index, 0.0, index / 25, np.full((48, 64, 3), index, np.uint8)))
os._exit(9)
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[3], check=False, timeout=60)
    assert ended.returncode == 9
    assert 30 <= len(play(path)) <= 60


def test_it_says_what_is_wrong_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.mp4, \.mov, \.mkv, got \.avi"):
        RecorderSink(tmp_path / "film.avi").open((64, 48), 25.0)
    with pytest.raises(SinkError, match="No such file or directory"):
        RecorderSink(tmp_path / "none" / "film.mp4").open((64, 48), 25.0)
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    with pytest.raises(SinkError, match="directory"):
        RecorderSink(folder).open((64, 48), 25.0)


def test_frames_of_another_size_are_refused_and_the_rest_is_kept(tmp_path: Path, frame_at: FrameAt) -> None:
    path = tmp_path / "film.mp4"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
        with pytest.raises(SinkError, match="wanted frames of 64x48, got 32x24"):
            sink.write(frame_at(1, size_wh=(32, 24)))
        sink.write(frame_at(2))
    assert len(play(path)) == 2


@pytest.mark.parametrize("extension", CONTAINERS)
def test_every_frame_is_there_at_its_time(tmp_path: Path, frame_at: FrameAt, extension: str) -> None:
    path = tmp_path / f"film{extension}"
    times_s = [7.0, 7.04, 7.5, 7.51, 9.2, 12.0]
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        for index, media_s in enumerate(times_s):
            sink.write(frame_at(index, media_s=media_s))
    shown = play(path)
    assert [time_s for time_s, _ in shown] == pytest.approx([time_s - 7.0 for time_s in times_s], abs=1e-3)
    assert [round(float(picture.mean())) for _, picture in shown] == pytest.approx([20, 30, 40, 50, 60, 70], abs=2)


@pytest.mark.parametrize("extension", CONTAINERS)
def test_it_is_as_long_as_what_was_recorded(tmp_path: Path, frame_at: FrameAt, extension: str) -> None:
    path = tmp_path / f"film{extension}"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        for index in range(50):
            sink.write(frame_at(index))
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(2_000_000, abs=2000)
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].pix_fmt == "yuv420p"


@pytest.mark.parametrize("extension", CONTAINERS)
def test_the_last_frame_is_shown_for_one_frame_even_after_a_gap(
    tmp_path: Path, frame_at: FrameAt, extension: str
) -> None:
    path = tmp_path / f"film{extension}"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        for index, media_s in enumerate([0.0, 0.04, 3.0]):
            sink.write(frame_at(index, media_s=media_s))
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(3_040_000, abs=2000)


def test_times_that_stand_still_or_go_back_are_kept_apart(tmp_path: Path, frame_at: FrameAt) -> None:
    path = tmp_path / "film.mp4"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        for index, media_s in enumerate([0.0, 0.0, 0.04, 0.02, 0.08]):
            sink.write(frame_at(index, media_s=media_s))
    times_s = [time_s for time_s, _ in play(path)]
    assert len(times_s) == 5
    assert all(after > before for before, after in pairwise(times_s))


def test_key_frames_come_by_time_even_where_frames_are_few(tmp_path: Path, frame_at: FrameAt) -> None:
    path = tmp_path / "film.mp4"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 30.0)
        for index in range(20):
            sink.write(frame_at(0, media_s=index * 0.5))
    with av.open(str(path)) as container:
        keys = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.is_keyframe and p.size]
    assert keys == pytest.approx([0.0, 2.0, 4.0, 6.0, 8.0])


@pytest.mark.parametrize("size_wh", [(853, 479), (64, 48), (1, 1), (65, 48), (64, 49), (3840, 2160)])
def test_odd_sides_are_padded_with_the_edge(tmp_path: Path, size_wh: tuple[int, int]) -> None:
    path = tmp_path / "film.mp4"
    ramp = np.linspace(30, 220, size_wh[0], dtype=np.uint8)[None, :, None]
    image = np.ascontiguousarray(np.broadcast_to(ramp, (size_wh[1], size_wh[0], 3)))
    with RecorderSink(path) as sink:
        sink.open(size_wh, 25.0)
        sink.write(Frame(index=0, captured_s=0.0, media_s=0.0, image=image))
    ((_, picture),) = play(path)
    assert picture.shape == (size_wh[1] + size_wh[1] % 2, size_wh[0] + size_wh[0] % 2, 3)
    assert np.abs(picture[: size_wh[1], : size_wh[0]].astype(int) - image).max() <= 8
    assert np.abs(picture[-1, -1].astype(int) - image[-1, -1]).max() <= 8


@pytest.mark.parametrize("colour", [(120, 150, 210), (40, 190, 60), (200, 60, 30), (128, 128, 128)])
def test_colours_come_back_as_they_were(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    path = tmp_path / "film.mp4"
    with RecorderSink(path) as sink:
        sink.open((64, 48), 25.0)
        sink.write(Frame(0, 0.0, 0.0, np.full((48, 64, 3), colour, np.uint8)))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)
    assert frame.to_ndarray(format="bgr24")[24, 32].tolist() == pytest.approx(list(colour), abs=5)


def test_the_encoder_keeps_quiet(tmp_path: Path, frame_at: FrameAt, capfd) -> None:
    with RecorderSink(tmp_path / "film.mp4") as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
    assert capfd.readouterr() == ("", "")
