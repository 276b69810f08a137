"""What every source promises, asked of each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.frame import Frame
from realtime.source.base import Source
from realtime.source.camera import CameraSource
from realtime.source.image import ImageSource
from realtime.source.portrait import PortraitPerformer
from realtime.source.video import VideoSource

Make = Callable[[], Source]
MEMBERS = [
    "camera",
    "video",
    "video paced",
    "video looped",
    "url",
    "image",
    "image once",
    "performer",
    "performer film",
]
LIVE = ["camera", "video paced", "url", "image", "performer"]
PLENTY = [name for name in MEMBERS if name != "image once"]


@pytest.fixture
def make(request, tmp_path, film, served, fake_camera, camera_port) -> Make:
    """Makes the source that the test is asked of, as often as it likes."""
    name = request.param
    if name == "camera":
        pictures = [np.full((48, 64, 3), 10 * n, np.uint8) for n in range(20)]
        return lambda: CameraSource(0, capture=camera_port(*(fake_camera(pictures) for _ in range(2))))
    if name.startswith("image"):
        path = tmp_path / "still.png"
        cv2.imwrite(str(path), np.full((48, 64, 3), 77, np.uint8))
        return lambda: ImageSource(path, fps=200.0, live=name == "image")
    if name.startswith("performer"):
        paced = name == "performer"  # which passes over beats that a busy machine misses
        return lambda: PortraitPerformer(size_wh=(64, 48), fps=20.0 if paced else 200.0, paced=paced)
    path = film()
    if name == "url":
        address = served(path.read_bytes())
        return lambda: VideoSource(address)
    return lambda: VideoSource(path, paced=name == "video paced", loop=name == "video looped")


@pytest.fixture
def absent(request, tmp_path, camera_port) -> Source:
    """The same source with nothing behind it."""
    return {
        "camera": lambda: CameraSource(7, capture=camera_port(None)),
        "video": lambda: VideoSource(tmp_path / "no.mp4"),
        "video paced": lambda: VideoSource(tmp_path / "no.mp4", paced=True),
        "video looped": lambda: VideoSource(tmp_path / "no.mp4", loop=True),
        "url": lambda: VideoSource("http://127.0.0.1:9/no.mp4"),
        "performer": lambda: PortraitPerformer(tmp_path / "no.png"),
        "performer film": lambda: PortraitPerformer(tmp_path / "no.png", paced=False),
        "image": lambda: ImageSource(tmp_path / "no.png"),
        "image once": lambda: ImageSource(tmp_path / "no.png", live=False),
    }[request.param]()


def take(source: Source, count: int) -> list[Frame]:
    frames = [source.read() for _ in range(count)]
    assert None not in frames
    return [frame for frame in frames if frame is not None]


@pytest.mark.parametrize("absent", MEMBERS, indirect=True)
def test_what_is_not_there_is_a_source_error_at_open(absent: Source) -> None:
    with pytest.raises(SourceError) as told:
        absent.open()
    assert told.value.next_step
    assert "\n" not in str(told.value)
    absent.close()
    absent.close()
    assert absent.read() is None


@pytest.mark.parametrize("make", MEMBERS, indirect=True)
def test_closing_is_allowed_before_open_and_twice(make: Make) -> None:
    source = make()
    source.close()
    source.open()
    source.close()
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("make", MEMBERS, indirect=True)
def test_opening_again_begins_again(make: Make) -> None:
    source = make()
    for _ in range(2):
        with source:
            assert take(source, 1)[0].index == 0


@pytest.mark.parametrize("make", MEMBERS, indirect=True)
def test_frames_are_what_was_announced(make: Make) -> None:
    with make() as source:
        (frame,) = take(source, 1)
        assert frame.size_wh == source.size_wh == (64, 48)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous and frame.image.flags.writeable
        assert frame.media_s == 0.0
        assert source.fps > 0
        assert source.notice


@pytest.mark.parametrize("make", PLENTY, indirect=True)
def test_indices_and_times_go_up(make: Make) -> None:
    with make() as source:
        frames = take(source, 6)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    for before, after in pairwise(frames):
        assert after.media_s > before.media_s
        assert after.captured_s >= before.captured_s


@pytest.mark.parametrize("make", PLENTY, indirect=True)
def test_a_frame_that_is_kept_is_not_overwritten(make: Make) -> None:
    with make() as source:
        frames = take(source, 4)
        copies = [frame.image.copy() for frame in frames]
        take(source, 4)
    for frame, copy in zip(frames, copies, strict=True):
        assert np.array_equal(frame.image, copy)


@pytest.mark.parametrize("make", PLENTY, indirect=True)
def test_drawing_into_a_frame_does_not_reach_the_next(make: Make) -> None:
    with make() as source:
        untouched = [frame.image.copy() for frame in take(source, 5)]
    with make() as source:
        for picture in untouched:
            (frame,) = take(source, 1)
            assert np.array_equal(frame.image, picture)
            frame.image[:] = 255


@pytest.mark.parametrize("make", PLENTY, indirect=True)
def test_buffers_come_back(make: Make) -> None:
    with make() as source:
        for _ in range(8):
            source.read()
        assert source._pool.made <= 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", LIVE, indirect=True)
def test_live_sources_say_so(make: Make) -> None:
    assert make().live


@pytest.mark.parametrize("make", ["video", "video looped", "image once"], indirect=True)
def test_files_lose_nothing(make: Make) -> None:
    assert not make().live


@pytest.mark.parametrize("kind", ["image", "video", "camera"])
def test_close_ends_a_read_that_waits(kind: str, tmp_path: Path, film, fake_camera, camera_port) -> None:
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), np.zeros((48, 64, 3), np.uint8))
    flash = np.zeros((48, 64, 3), np.uint8)
    source: Source = {
        "image": lambda: ImageSource(still, fps=0.001),
        "video": lambda: VideoSource(film(times_s=[0.0, 1000.0, 1001.0]), paced=True),
        "camera": lambda: CameraSource(
            0, capture=camera_port(fake_camera([flash, flash, "gone"]), None), retry_s=1000.0
        ),
    }[kind]()
    source.open()
    assert source.read() is not None
    answers: list[Frame | None] = []
    reader = threading.Thread(target=lambda: answers.append(source.read()), daemon=True)
    reader.start()
    source.close()
    reader.join(timeout=20)
    assert not reader.is_alive()
    assert answers == [None]
