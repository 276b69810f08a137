"""The preview window, and machines without a screen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink import display
from realtime.sink.display import missing_display
from realtime.sink.window import WindowSink

FrameAt = Callable[..., Frame]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process always has a screen")


@on_linux
@pytest.mark.parametrize("screen", ["", ":4987", "127.0.0.1:4987.0", "nonsense"])
def test_without_a_screen_the_process_lives_and_tells(screen: str) -> None:
    script = """
from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.sink.window import WindowSink
try:
    WindowSink().open((64, 48), 25.0)
except SinkError as told:
    print(told)
"""
    environment = {"DISPLAY": screen, "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[3],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("window: wanted a screen, got no ")
    assert "use another output" in ended.stdout


@on_linux
@pytest.mark.parametrize(
    ("framework", "environment", "missing"),
    [
        ("QT", {}, "DISPLAY is not set"),
        ("QT", {"WAYLAND_DISPLAY": "wayland-0"}, "DISPLAY is not set"),
        ("QT", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "QT_QPA_PLATFORM=offscreen"),
        ("QT", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland"}, "QT_QPA_PLATFORM=wayland"),
        ("QT", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland;xcb"}, ""),
        ("QT", {"DISPLAY": ":0"}, ""),
        ("GTK3", {}, "DISPLAY is not set"),
        ("GTK3", {"WAYLAND_DISPLAY": "wayland-0"}, ""),
    ],
)
def test_what_counts_as_a_screen(monkeypatch, framework: str, environment: dict[str, str], missing: str) -> None:
    monkeypatch.setattr(display.cv2, "currentUIFramework", lambda: framework)
    monkeypatch.setattr(display, "_x11_answers", lambda _: True)
    reason = missing_display(environment)
    assert missing in reason
    assert bool(reason) == bool(missing)


def test_an_opencv_without_windows_is_told(gui) -> None:
    gui.failure = True
    sink = WindowSink(gui=gui, why_not=lambda: "")
    with pytest.raises(SinkError, match="an OpenCV without windows"):
        sink.open((64, 48), 25.0)
    sink.close()


def test_a_screen_that_goes_away_is_a_sink_error(gui, frame_at: FrameAt) -> None:
    sink = WindowSink(gui=gui, why_not=lambda: "")
    sink.open((64, 48), 25.0)
    gui.failure = True
    with pytest.raises(SinkError):
        sink.write(frame_at(0))
    sink.close()


def test_frames_are_shown(gui, frame_at: FrameAt) -> None:
    with WindowSink("Test", gui=gui, why_not=lambda: "") as sink:
        sink.open((64, 48), 25.0)
        for index in range(3):
            sink.write(frame_at(index))
        assert [int(picture[0, 0, 0]) for picture in gui.windows["Test"]] == [20, 30, 40]
    assert gui.windows == {}


@pytest.mark.parametrize(
    ("size_wh", "window_wh"),
    [((3840, 2160), (1280, 720)), ((640, 480), (640, 480)), ((720, 1280), (405, 720))],
)
def test_the_window_fits_the_screen(gui, size_wh, window_wh) -> None:
    with WindowSink(gui=gui, why_not=lambda: "") as sink:
        sink.open(size_wh, 25.0)
        assert gui.sizes == [window_wh]


def test_a_window_that_the_user_closed_takes_no_more_frames(gui, frame_at: FrameAt) -> None:
    with WindowSink("Test", gui=gui, why_not=lambda: "") as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
        gui.visible = False
        sink.write(frame_at(1))
        sink.write(frame_at(2))
        assert sink.closed_by_user
        assert len(gui.windows["Test"]) == 1


def test_keys_are_told(gui, frame_at: FrameAt, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = iter([ord("h"), -1, 0x100000 | ord("n"), 27, ord("s")])
    monkeypatch.setattr(gui, "pollKey", lambda: next(pressed, -1))
    keys: list[str] = []
    with WindowSink(gui=gui, why_not=lambda: "", on_key=keys.append) as sink:
        sink.open((64, 48), 25.0)
        for index in range(4):
            sink.write(frame_at(index))
        assert keys == ["h", "n"]
        sink.rest()
    assert keys == ["h", "n", "s"], "also while no frame comes"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (0xFF56, []),  # Page Down, and V by its last eight bits: show again
        (0x10FF56, []),  # the same with Num Lock
        (0xFF52, []),  # an arrow, and R: record
        (0x250000, []),  # an arrow on Windows
        (0x01000013, []),  # an arrow as Qt counts
        (0xE4, []),  # no key of ours
        (0x7F, []),
        (0x68, ["h"]),
        (0x100068, ["h"]),  # with Num Lock
        (0x10048, ["H"]),  # with Shift
    ],
)
def test_a_special_key_is_no_letter(
    gui, frame_at: FrameAt, monkeypatch: pytest.MonkeyPatch, code: int, told: list[str]
) -> None:
    monkeypatch.setattr(gui, "pollKey", lambda: code)
    keys: list[str] = []
    with WindowSink(gui=gui, why_not=lambda: "", on_key=keys.append) as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
        assert keys == told


def test_while_no_frame_comes_it_shows_the_slate(gui, frame_at: FrameAt) -> None:
    with WindowSink("Test", gui=gui, why_not=lambda: "") as sink:
        sink.open((64, 48), 25.0)
        sink.write(frame_at(0))
        sink.rest()
        assert (gui.windows["Test"][-1] == draw_slate((64, 48))).all()
