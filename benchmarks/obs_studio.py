"""OBS Studio on a screen that nobody sees, steered over its WebSocket: the real program at the end of a stream."""

from __future__ import annotations

import base64
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from realtime.errors import ThespisError
from realtime.frame import BgrImage

PROGRAMS = ("obs", "Xvfb")
SCENE = "Thespis"
_STARTS_WITHIN_S = 60.0
_PROFILE = "Test"


class ObsStudio:
    """One OBS Studio with a home of its own; it is there between `__enter__` and `__exit__`.

    Args:
        size_wh: Of its canvas.
        fps: Of its canvas.
    """

    def __init__(self, size_wh: tuple[int, int] = (640, 360), fps: int = 30) -> None:
        self._size_wh, self._fps = size_wh, fps
        self._password = secrets.token_urlsafe(16)
        self._port = free_port(socket.SOCK_STREAM)
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        """Start the screen and the program, and wait until it answers.

        Raises:
            ThespisError: It does not.
        """
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="obs-", ignore_cleanup_errors=True)))
            self._configure(home)
            display = stack.enter_context(_Screen()).name
            (home / "run").mkdir(mode=0o700)
            # OpenCV points Qt at plugins of its own, which OBS's Qt cannot load.
            own = ("XDG_", "WAYLAND_", "QT_")
            surroundings = {name: value for name, value in os.environ.items() if not name.startswith(own)}
            surroundings |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "DISPLAY": display}
            surroundings |= {"LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb"}
            stack.enter_context(_Program(["obs", "--multi"], surroundings, home / "obs.log"))
            self._client = self._connect(home / "obs.log")
            stack.callback(self._client.disconnect)
            self._client.create_scene(SCENE)
            self._client.set_current_program_scene(SCENE)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        """End the program and the screen."""
        self._stack.close()

    def play(self, url: str, name: str = "stream") -> None:
        """Show a stream as a Media Source, with the settings that `docs/outputs.md` gives."""
        settings = {"is_local_file": False, "input": url, "buffering_mb": 0, "reconnect_delay_sec": 1}
        options = "fflags=nobuffer analyzeduration=0 probesize=5000 fpsprobesize=0"
        self._client.create_input(SCENE, name, "ffmpeg_source", settings | {"ffmpeg_options": options}, True)

    def screenshot(self) -> BgrImage | None:
        """What goes out of OBS at this moment, (H, W, 3); None while it has nothing to show."""
        width, height = self._size_wh
        wanted = {"sourceName": SCENE, "imageFormat": "jpg", "imageCompressionQuality": 90}
        answer = self._client.base_client.req(
            "GetSourceScreenshot", wanted | {"imageWidth": width, "imageHeight": height}
        )
        if not answer["requestStatus"]["result"]:
            return None
        encoded = base64.b64decode(answer["responseData"]["imageData"].partition(",")[2])
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
        return None if picture is None else np.asarray(picture, np.uint8)

    def _configure(self, home: Path) -> None:
        """Without these a wizard waits, and the WebSocket never starts."""
        settings = home / ".config" / "obs-studio"
        profile = settings / "basic" / "profiles" / _PROFILE
        profile.mkdir(parents=True)
        width, height = self._size_wh
        (settings / "global.ini").write_text(
            f"[General]\nFirstRun=true\n[Basic]\nProfile={_PROFILE}\nProfileDir={_PROFILE}\n"
            "[OBSWebSocket]\nFirstLoad=false\nServerEnabled=true\nAuthRequired=true\n"
            f"ServerPort={self._port}\nServerPassword={self._password}\n"
        )
        (profile / "basic.ini").write_text(
            f"[General]\nName={_PROFILE}\n[Video]\nBaseCX={width}\nBaseCY={height}\nOutputCX={width}\n"
            f"OutputCY={height}\nFPSType=1\nFPSInt={self._fps}\n"
        )

    def _connect(self, log: Path) -> Any:
        import obsws_python

        logging.getLogger("obsws_python").setLevel(logging.CRITICAL)
        until_s = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                return obsws_python.ReqClient(host="127.0.0.1", port=self._port, password=self._password, timeout=10)
            except (OSError, obsws_python.error.OBSSDKError) as error:
                if time.monotonic() > until_s:
                    said = log.read_text(errors="replace")[-500:]
                    raise ThespisError("OBS Studio", wanted="an answer", got=f"none; it said {said}") from error
                time.sleep(0.2)


class _Program:
    """A program that is ended with all that it started."""

    def __init__(
        self, arguments: Sequence[str], surroundings: Mapping[str, str], log: Path, pass_fds: Sequence[int] = ()
    ) -> None:
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            arguments,
            env=dict(surroundings),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break
        self.process.wait()
        self._log.close()


class _Screen:
    """An X server without a screen, under a number that it has found free itself."""

    def __enter__(self) -> Self:
        read_end, write_end = os.pipe()
        arguments = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x720x24", "-nolisten", "tcp"]
        self._program = _Program(arguments, os.environ, Path(os.devnull), [write_end])
        os.close(write_end)
        with os.fdopen(read_end, "rb") as told:
            self.name = f":{told.readline().decode().strip()}"
        if self.name == ":":
            self._program.__exit__()
            raise ThespisError("Xvfb", got="no display", next_step="see `tests/system/packages.txt`")
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__()


def missing_programs(names: Sequence[str]) -> str:
    """Which of some programs are not here; empty where all are."""
    return ", ".join(name for name in names if shutil.which(name) is None)


def free_port(kind: socket.SocketKind) -> int:
    """A port on loopback that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
