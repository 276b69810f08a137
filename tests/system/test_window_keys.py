"""Keys of a real window on a real X server, pressed as a keyboard presses them."""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from panel_page import LIMIT_S, MAIN, ROOT, private

from realtime.panel.address import listen

SCREEN_WH = (1280, 720)


class Keyboard:
    """Presses keys on a display, through the XTEST extension."""

    def __init__(self, display: str) -> None:
        self._x11 = ctypes.CDLL(find_library("X11") or "libX11.so.6")
        self._xtst = ctypes.CDLL(find_library("Xtst") or "libXtst.so.6")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._x11.XKeysymToKeycode.restype = ctypes.c_ubyte
        self._x11.XFlush.argtypes = [ctypes.c_void_p]
        self._xtst.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
        self._xtst.XTestFakeMotionEvent.argtypes = [ctypes.c_void_p, *[ctypes.c_int] * 3, ctypes.c_ulong]
        self._display = self._x11.XOpenDisplay(display.encode())
        assert self._display

    def press(self, key: str) -> None:
        """Over the window: without a window manager keys go to what lies under the pointer."""
        code = self._x11.XKeysymToKeycode(self._display, ord(key))
        self._xtst.XTestFakeMotionEvent(self._display, -1, 150, 150, 0)
        for down in (1, 0):
            self._xtst.XTestFakeKeyEvent(self._display, code, down, 0)
        self._x11.XFlush(self._display)


@pytest.fixture
def display() -> Iterator[str]:
    """A screen of our own."""
    words = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{SCREEN_WH[0]}x{SCREEN_WH[1]}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield f":{server.stdout.readline().strip()}"
    server.terminate()
    server.wait(10)


def until(what: object, said: str) -> None:
    never = threading.Event()
    for _ in range(int(LIMIT_S / 0.2)):
        if what():  # type: ignore[operator]
            return
        never.wait(0.2)
    raise AssertionError(said)


def test_keys_hide_mirror_record_and_snapshot(display: str, tmp_path: Path) -> None:
    with listen(0) as free:
        port = free.getsockname()[1]
    words = ["run", "--source", "demo", "--size", "640x360", "--fps", "15", "--output", "window", "--panel"]
    words += ["--panel-port", str(port), "--keep-in", str(tmp_path / "kept")]
    environment = {**private(tmp_path), "DISPLAY": display}
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reading.start()
    try:
        until(lambda: any("window: Thespis" in line for line in said), "the window opens")
        keyboard = Keyboard(display)

        def press_until(key: str, told: str) -> None:
            def heard() -> bool:
                if any(told in line for line in said):
                    return True
                keyboard.press(key)
                return False

            until(heard, f"{key}: {told}")

        press_until("h", "hidden: viewers see the slate")
        press_until("v", "no longer hidden")
        press_until("s", "is signed as made with AI")
        assert list((tmp_path / "kept").glob("*.png"))
        keyboard.press("r")
        until(lambda: any("recording to" in line for line in said), "it records")
        keyboard.press("r")
        until(lambda: any("recorded:" in line for line in said), "and ends")
        assert list((tmp_path / "kept").glob("*.mp4"))
        url = re.search(r"http://\S+", "".join(said))
        assert url
        with urllib.request.urlopen(url.group() + "options", timeout=10) as answer:
            assert any(one["spec"] == "window" for one in json.load(answer)["outputs"])
    finally:
        process.terminate()
        assert process.wait(30) == 0
