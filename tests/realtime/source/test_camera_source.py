"""Cameras that are absent, half open, spoilt, vanish and come back."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.source import camera_device
from realtime.source.camera import CameraSource


def picture(level: int, size_wh: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size_wh[1], size_wh[0], 3), level, np.uint8)


def test_an_absent_camera_is_told_with_those_there_are(monkeypatch, camera_port) -> None:
    there = [SimpleNamespace(index=2, name="Desk"), SimpleNamespace(index=0, name="Lid")]
    monkeypatch.setattr(camera_device, "enumerate_cameras", lambda _: there)
    with pytest.raises(SourceError, match=r"camera 7: .*0 \(Lid\), 2 \(Desk\).*thespis devices"):
        CameraSource(7, capture=camera_port(None)).open()


def test_a_camera_in_use_is_told_apart_from_an_absent_one(monkeypatch, camera_port) -> None:
    monkeypatch.setattr(camera_device, "enumerate_cameras", lambda _: [SimpleNamespace(index=7, name="Desk")])
    with pytest.raises(SourceError, match="close other programs"):
        CameraSource(7, capture=camera_port(None)).open()


def test_a_system_without_a_lister_still_tells(monkeypatch, camera_port) -> None:
    def refuse(_: int) -> list[object]:
        raise NotImplementedError

    monkeypatch.setattr(camera_device, "enumerate_cameras", refuse)
    with pytest.raises(SourceError, match="no camera at all"):
        CameraSource(7, capture=camera_port(None)).open()


def test_opencv_itself_finds_no_camera_98_and_keeps_quiet(capfd) -> None:
    level = cv2.getLogLevel()
    with pytest.raises(SourceError, match="camera 98"):
        CameraSource(98).open()
    assert capfd.readouterr() == ("", "")
    assert cv2.getLogLevel() == level


def test_an_error_raised_by_the_driver_is_a_source_error() -> None:
    def explode(device: int | str, backend: int) -> camera_device.CaptureDevice:
        raise cv2.error("the driver is upset")

    with pytest.raises(SourceError):
        CameraSource(0, capture=explode).open()


@pytest.mark.parametrize("nothing", [None, "empty", "error"])
def test_a_half_open_camera_is_refused_and_released(nothing, fake_camera, camera_port) -> None:
    camera = fake_camera([nothing])
    source = CameraSource(0, capture=camera_port(camera))
    with pytest.raises(SourceError, match="opens but gives none"):
        source.open()
    assert camera.released == 1
    source.close()
    assert camera.released == 1


def test_a_camera_that_needs_to_warm_up_is_given_the_time(fake_camera, camera_port) -> None:
    with CameraSource(0, capture=camera_port(fake_camera([None, None, picture(5)]))) as source:
        frame = source.read()
        assert frame is not None and frame.index == 0


def test_it_asks_for_what_is_wanted(fake_camera, camera_port) -> None:
    camera = fake_camera([picture(5)])
    with CameraSource(0, size_wh=(640, 480), fps=24, capture=camera_port(camera)):
        assert list(camera.asked) == [
            cv2.CAP_PROP_FOURCC,
            cv2.CAP_PROP_FRAME_WIDTH,
            cv2.CAP_PROP_FRAME_HEIGHT,
            cv2.CAP_PROP_FPS,
        ]
        assert list(camera.asked.values())[1:] == [640, 480, 24]


def test_it_says_what_it_really_got(fake_camera, camera_port) -> None:
    camera = fake_camera([picture(5, (641, 361))], fps=15, fourcc="YUYV")
    with CameraSource(0, capture=camera_port(camera)) as source:
        assert source.size_wh == (641, 361)
        assert source.fps == 15
        assert source.notice == "camera 0: wanted 1280x720 at 30 fps MJPG, got 641x361 at 15 fps YUYV"


def test_it_says_so_shortly_where_it_got_what_was_wanted(fake_camera, camera_port) -> None:
    with CameraSource(0, size_wh=(64, 48), capture=camera_port(fake_camera([picture(5)]))) as source:
        assert source.notice == "camera 0: 64x48 at 30 fps MJPG"


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_a_camera_that_knows_neither_rate_nor_coding(fps, fake_camera, camera_port) -> None:
    camera = fake_camera([picture(5)], fps=fps, fourcc="")
    with CameraSource(0, size_wh=(64, 48), fps=25, capture=camera_port(camera)) as source:
        assert source.fps == 25
        assert source.got.fourcc == ""


@pytest.mark.parametrize("spoilt", [None, "empty", "error"])
def test_a_spoilt_read_is_passed_over(spoilt, fake_camera, camera_port) -> None:
    camera = fake_camera([picture(0), picture(10), spoilt, spoilt, picture(20)])
    with CameraSource(0, capture=camera_port(camera)) as source:
        frames = [source.read(), source.read()]
    assert [(f.index, int(f.image[0, 0, 0])) for f in frames if f] == [(0, 10), (1, 20)]
    assert source.losses == 0


def test_spoilt_reads_far_apart_are_no_loss(fake_camera, camera_port) -> None:
    script = [picture(0)] + [picture(10), None, None] * 6 + [picture(20)]
    port = camera_port(fake_camera(script), fake_camera([picture(99)]))
    with CameraSource(0, capture=port, retry_s=0.0) as source:
        frames = [source.read() for _ in range(7)]
    assert [f.index for f in frames if f] == list(range(7))
    assert source.losses == 0


@pytest.mark.parametrize("ending", ["gone", None, "empty", "error"])
def test_it_vanishes_and_comes_back(ending, fake_camera, camera_port) -> None:
    first, second = fake_camera([picture(0), picture(10), ending]), fake_camera([picture(20), picture(30)])
    port = camera_port(first, None, None, second)
    with CameraSource(0, capture=port, retry_s=0.0) as source:
        frames = [source.read() for _ in range(3)]
        assert source.losses == 1
        assert source.notice.endswith("back again")
    assert [(f.index, int(f.image[0, 0, 0])) for f in frames if f] == [(0, 10), (1, 20), (2, 30)]
    assert len(port.openings) == 4
    assert (first.released, second.released) == (1, 1)


def test_it_may_come_back_half_open_first(fake_camera, camera_port) -> None:
    half = fake_camera(["empty"])
    port = camera_port(fake_camera([picture(0), picture(10), "gone"]), half, fake_camera([picture(20)]))
    with CameraSource(0, capture=port, retry_s=0.0) as source:
        assert [f.index for f in (source.read(), source.read()) if f] == [0, 1]
    assert half.released == 1


@pytest.mark.parametrize("size_wh", [(32, 24), (853, 479)])
def test_coming_back_in_another_size_keeps_the_size_announced(size_wh, fake_camera, camera_port) -> None:
    port = camera_port(fake_camera([picture(0), picture(10), "gone"]), fake_camera([picture(20, size_wh)]))
    with CameraSource(0, capture=port, retry_s=0.0) as source:
        frames = [source.read() for _ in range(3)]
        assert all(f is not None and f.size_wh == source.size_wh == (64, 48) for f in frames)
        assert f"got {size_wh[0]}x{size_wh[1]}" in source.notice


def test_grey_pictures_become_bgr(fake_camera, camera_port) -> None:
    with CameraSource(0, capture=camera_port(fake_camera([np.full((48, 64), 99, np.uint8)]))) as source:
        frame = source.read()
    assert frame is not None and frame.image.shape == (48, 64, 3)
    assert (frame.image == 99).all()


def test_pictures_of_other_kinds_are_no_pictures(fake_camera, camera_port) -> None:
    with pytest.raises(SourceError):
        CameraSource(0, capture=camera_port(fake_camera([np.zeros((48, 64, 3), np.uint16)]))).open()


def test_another_shape_is_fitted_in_with_black_beside_it(fake_camera, camera_port) -> None:
    camera = fake_camera([picture(50), picture(80, (48, 48)), picture(90, (128, 48))])
    with CameraSource(0, capture=camera_port(camera)) as source:
        narrow, wide = source.read(), source.read()
    assert narrow is not None and wide is not None
    assert narrow.size_wh == wide.size_wh == (64, 48)
    assert (narrow.image[:, 8:56] == 80).all()
    assert not narrow.image[:, :8].any() and not narrow.image[:, 56:].any()
    assert (wide.image[12:36] == 90).all()
    assert not wide.image[:12].any() and not wide.image[36:].any()


def test_a_camera_that_shows_the_same_picture_for_long_is_told_of(fake_camera, camera_port) -> None:
    moving = [picture(level) for level in range(10)]
    camera = fake_camera([*moving, *[picture(99)] * 6, *moving])
    time_s = iter(range(1000))
    with CameraSource(0, capture=camera_port(camera), clock=lambda: float(next(time_s))) as source:
        notices = []
        for _ in range(20):
            source.read()
            notices.append(source.notice)
    assert not any("same picture" in notice for notice in notices[:9])
    assert "same picture for over 3 s" in notices[13]
    assert notices[-1].endswith("moving again")
