"""The virtual camera, through the real pyvirtualcam with a driver that only remembers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvirtualcam
from pyvirtualcam.util import encode_fourcc

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink import virtual_camera
from realtime.sink.virtual_camera import DRIVER_MENDING, VirtualCameraSink

FrameAt = Callable[..., Frame]


@pytest.mark.parametrize(("system", "mend"), DRIVER_MENDING.items())
def test_a_missing_driver_is_told_with_what_mends_it(monkeypatch, driver, system: str, mend: str) -> None:
    driver.refusal = (  # as pyvirtualcam says it
        "No v4l2 loopback device found at /dev/video[0-99]. Did you run 'modprobe v4l2loopback'? See the documentation."
    )
    monkeypatch.setattr(virtual_camera.sys, "platform", system)
    with pytest.raises(SinkError) as told:
        VirtualCameraSink().open((64, 48), 25.0)
    assert str(told.value).endswith(mend)
    assert "got no v4l2 loopback device found (remembering); " in str(told.value)


def test_the_mending_is_the_right_one() -> None:
    assert "modprobe v4l2loopback" in DRIVER_MENDING["linux"] and "exclusive_caps=1" in DRIVER_MENDING["linux"]
    assert "OBS" in DRIVER_MENDING["win32"] and "Unity Capture" in DRIVER_MENDING["win32"]
    assert "OBS Studio 30" in DRIVER_MENDING["darwin"]


def test_an_unknown_driver_is_told_with_those_there_are(driver) -> None:
    with pytest.raises(SinkError, match="wanted one of the drivers remembering, got 'obz'"):
        VirtualCameraSink(backend="obz").open((64, 48), 25.0)


@pytest.mark.skipif(any(Path("/dev").glob("video*")), reason="this machine may have a virtual camera")
def test_the_real_drivers_refuse_a_machine_without_one(capfd) -> None:
    with pytest.raises(SinkError, match="virtual camera"):
        VirtualCameraSink().open((1280, 720), 30.0)
    assert capfd.readouterr() == ("", "")


def pictures(camera) -> list[np.ndarray]:
    """What the driver was sent, the slates left out."""
    slate = draw_slate((64, 48))
    sent = [picture.reshape(48, 64, 3) for picture in camera.sent]
    return [picture for picture in sent if not np.array_equal(picture, slate)]


@pytest.mark.parametrize("failure", [RuntimeError("the device is gone"), OSError("the device is gone")])
def test_a_driver_that_goes_away_is_waited_for(driver, frame_at: FrameAt, failure: Exception) -> None:
    time_s = [0.0]
    sink = VirtualCameraSink(clock=lambda: time_s[0], retry_s=0.5)
    sink.open((64, 48), 25.0)
    sink.write(frame_at(0))
    driver.made[0].failure, driver.refusal = failure, "no such driver"
    sink.write(frame_at(1))
    assert sink.losses == 1
    assert sink.notice == "virtual camera: gone (the device is gone); waiting for it to come back"
    for time_s[0] in (0.4, 0.6, 1.2):  # still away
        sink.write(frame_at(2))
    driver.refusal, driver.made[0].failure = "", None
    time_s[0] = 1.3  # back, but it is not time to try again
    sink.write(frame_at(3))
    assert len(driver.made) == 1
    time_s[0] = 1.8
    sink.write(frame_at(4))
    assert sink.notice.endswith("back again")
    assert [int(picture[0, 0, 0]) for picture in pictures(driver.made[1])] == [60]
    sink.close()


def test_a_driver_that_would_not_let_go_is_told(driver) -> None:
    sink = VirtualCameraSink()
    sink.open((64, 48), 25.0)
    driver.made[0].failure = RuntimeError("the device is gone")
    with pytest.raises(SinkError, match="the device is gone"):
        sink.close()
    driver.made[0].failure = None
    sink.close()


def test_before_after_and_where_nothing_comes_it_shows_a_slate(driver, frame_at: FrameAt) -> None:
    slate = draw_slate((64, 48))
    sink = VirtualCameraSink()
    sink.rest()  # not open yet
    sink.open((64, 48), 25.0)
    (camera,) = driver.made
    sink.write(frame_at(0))
    sink.rest()
    sink.write(frame_at(1))
    sink.close()
    assert [np.array_equal(one.reshape(48, 64, 3), slate) for one in camera.sent] == [True, False, True, False, True]


@pytest.mark.parametrize("size_wh", [(32, 24), (48, 64)])
def test_frames_of_another_size_are_refused(driver, frame_at: FrameAt, size_wh: tuple[int, int]) -> None:
    with VirtualCameraSink() as sink:
        sink.open((64, 48), 25.0)
        with pytest.raises(SinkError, match="wanted frames of 64x48, got"):
            sink.write(frame_at(0, size_wh=size_wh))


def test_a_frame_before_open_is_refused(driver, frame_at: FrameAt) -> None:
    with pytest.raises(SinkError):
        VirtualCameraSink().write(frame_at(0))


def test_frames_arrive_in_order_and_unchanged(driver, frame_at: FrameAt) -> None:
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(5)]
    with VirtualCameraSink() as sink:
        sink.open((64, 48), 25.0)
        for index, picture in enumerate(pictures):
            sink.write(Frame(index=index, captured_s=0.0, media_s=0.0, image=picture))
    (camera,) = driver.made
    assert camera.size_wh == (64, 48) and camera.fps == 25.0
    assert camera.fourcc == encode_fourcc(pyvirtualcam.PixelFormat.BGR.value)
    assert all(np.array_equal(s.reshape(48, 64, 3), p) for s, p in zip(camera.sent[1:-1], pictures, strict=True))


@pytest.mark.parametrize("size_wh", [(63, 48), (64, 47), (63, 47)])
def test_odd_sides_are_made_even_at_the_far_rim(driver, size_wh: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)
    with VirtualCameraSink() as sink:
        sink.open(size_wh, 25.0)
        sink.write(Frame(index=0, captured_s=0.0, media_s=0.0, image=image))
    (camera,) = driver.made
    padded = np.pad(image, ((0, 48 - size_wh[1]), (0, 64 - size_wh[0]), (0, 0)), mode="edge")
    assert camera.size_wh == (64, 48)
    assert np.array_equal(camera.sent[1].reshape(48, 64, 3), padded)


def test_it_is_closed_exactly_once_and_takes_no_more(driver, frame_at: FrameAt) -> None:
    sink = VirtualCameraSink()
    sink.open((64, 48), 25.0)
    sink.close()
    sink.close()
    assert driver.made[0].closings == 1
    with pytest.raises(SinkError):
        sink.write(frame_at(0))


def test_it_names_the_device(driver) -> None:
    with VirtualCameraSink(device="/dev/video4", backend="remembering") as sink:
        sink.open((64, 48), 25.0)
        assert sink.notice == "virtual camera: /dev/video4 (remembering)"


def test_writing_never_sleeps(driver, frame_at: FrameAt, monkeypatch) -> None:
    def asleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s")

    monkeypatch.setattr(time, "sleep", asleep)
    with VirtualCameraSink() as sink:
        sink.open((64, 48), 1.0)
        for index in range(3):
            sink.write(frame_at(index))
    assert len(pictures(driver.made[0])) == 3
