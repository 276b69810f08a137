"""A PipeWire of its own, with a session manager and a message bus: for tests and figures, without a desktop."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import cv2
import numpy as np

PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "gst-launch-1.0", "pw-dump", "wpctl")
PATIENCE_S = 20.0


def wait_until(true: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first true answer; asked again and again, since programs of others tell nobody when they are ready."""
    end_s = time.monotonic() + patience_s
    while not (answer := true()):
        assert time.monotonic() < end_s, f"waited {patience_s:.0f} s in vain for {what}"
        time.sleep(0.05)
    return answer


class PipeWireSession:
    """Private folders, a message bus, PipeWire and WirePlumber; nothing of the user's own session is touched.

    Args:
        more: Environment variables that its programs are given besides.

    Attributes:
        environment: For every program that is to live in it.
    """

    def __init__(self, more: Mapping[str, str] = MappingProxyType({})) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pw"))  # short: a socket's path has 107 bytes at most
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        runtime, home, state = (self._folder / name for name in ("run", "home", "state"))
        for folder in (runtime, home, state):
            folder.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_", "PIPEWIRE"))}
        self.socket = runtime / "pipewire-0"
        self.environment: Mapping[str, str] = {
            **kept,
            **more,
            "XDG_RUNTIME_DIR": str(runtime),
            "HOME": str(home),
            "XDG_STATE_HOME": str(state),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus",
            # GStreamer's list of its plugins takes a second to make: once for all sessions.
            "GST_REGISTRY_1_0": str(Path(tempfile.gettempdir()) / f"thespis-test-gstreamer-{os.getuid()}.bin"),
        }

    def __enter__(self) -> Self:
        try:
            bus = self.environment["DBUS_SESSION_BUS_ADDRESS"]
            self.start("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={bus}")
            self.start_pipewire()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, *words: str, **more: Any) -> subprocess.Popen[bytes]:
        """Start a program of which one runs, until the session's end."""
        log = (self._folder / f"{words[0]}.log").open("ab")
        with log:
            process = subprocess.Popen(
                words, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more
            )
        self._running[words[0]] = process
        return process

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End a program that was started, and wait for its end."""
        process = self._running.pop(name)
        process.kill() if kill else process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_S)

    def start_pipewire(self) -> None:
        """Start PipeWire and the session manager; returns when both answer."""
        self.start("pipewire")
        wait_until(self.socket.exists, "PipeWire's socket")
        self.start("wireplumber")
        wait_until(lambda: "WirePlumber" in self.ask("wpctl", "status"), "WirePlumber")

    def stop_pipewire(self, *, kill: bool = False) -> None:
        """End both, as a crash or a logout does."""
        for name in ("wireplumber", "pipewire"):
            self.stop(name, kill=kill)
        if kill:
            self.socket.unlink(missing_ok=True)

    def ask(self, *words: str) -> str:
        """What a program prints."""
        done = subprocess.run(words, env=dict(self.environment), capture_output=True, text=True, timeout=PATIENCE_S)
        return done.stdout

    def nodes(self) -> list[dict[str, Any]]:
        """The properties of every node there is, and its state."""
        try:
            found = json.loads(self.ask("pw-dump") or "[]")
        except json.JSONDecodeError:  # the graph changed while it was written down
            return []
        infos = [one["info"] for one in found if one["type"].endswith(":Node") and one.get("info")]
        return [{**info["props"], "state": info["state"]} for info in infos]

    def cameras(self) -> list[str]:
        """Names of the cameras that programs are offered."""
        return [node["node.name"] for node in self.nodes() if node.get("media.class") == "Video/Source"]

    def await_rest(self, camera: str = "thespis") -> None:
        """Wait until a camera has seen that nobody reads it any more."""
        wait_until(
            lambda: any(node["node.name"] == camera and node["state"] == "suspended" for node in self.nodes()),
            f"{camera} to be left alone",
        )

    def log(self, name: str) -> str:
        """What a program has said."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        """End everything that was started, the last first, and remove the folders."""
        for name in reversed(tuple(self._running)):
            self.stop(name)
        shutil.rmtree(self._folder, ignore_errors=True)


class Reader:
    """A program that reads a camera of PipeWire's: another process, as a browser is, which gives us what it got.

    Args:
        session: Where the camera is.
        size_wh: Of its pictures.
        camera: Its name.
    """

    def __init__(self, session: PipeWireSession, size_wh: tuple[int, int], camera: str = "thespis") -> None:
        width, height = size_wh
        self._shape = (height, width, 2)
        self.process = subprocess.Popen(
            [
                *("gst-launch-1.0", "-q", "pipewiresrc", f"target-object={camera}", "!"),
                *(f"video/x-raw,format=YUY2,width={width},height={height}", "!", "fdsink", "sync=false"),
            ],
            env=dict(session.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def read(self, patience_s: float = PATIENCE_S) -> Any:
        """The next picture and when it was whole.

        Returns:
            The picture as a call program takes a camera's, in studio range by BT.601, (H, W, 3) uint8 BGR; and the
            time in monotonic seconds.
        """
        assert self.process.stdout is not None
        wanted, got, end_s = int(np.prod(self._shape)), bytearray(), time.monotonic() + patience_s
        while len(got) < wanted:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end_s - time.monotonic()))
            assert ready, f"no picture within {patience_s:.0f} s"
            piece = os.read(self.process.stdout.fileno(), wanted - len(got))
            assert piece, f"the reader ended: {self.said()}"
            got += piece
        seen_s = time.monotonic()
        return cv2.cvtColor(np.frombuffer(got, np.uint8).reshape(self._shape), cv2.COLOR_YUV2BGR_YUY2), seen_s

    def await_picture(self, wanted: Callable[[Any], bool], what: str, patience_s: float = PATIENCE_S) -> Any:
        """The first picture that is as wanted, (H, W, 3) uint8 BGR."""
        end_s = time.monotonic() + patience_s
        while not wanted(picture := self.read(patience_s)[0]):
            assert time.monotonic() < end_s, f"waited {patience_s:.0f} s in vain for {what}"
        return picture

    def said(self) -> str:
        """Its messages, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode(errors="replace")

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """Let it end by itself, as a browser tab does that is closed."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def reading(session: PipeWireSession, size_wh: tuple[int, int], camera: str = "thespis") -> Iterator[Reader]:
    """A reader for as long as the block lasts."""
    reader = Reader(session, size_wh, camera)
    try:
        yield reader
    finally:
        reader.close()


@contextlib.contextmanager
def watching(session: PipeWireSession, size_wh: tuple[int, int]) -> Iterator[list[Any]]:
    """A reader that reads all the time, for as long as the block lasts or the camera is there; gives what it saw."""
    seen: list[Any] = []
    ended = threading.Event()
    with reading(session, size_wh) as reader:

        def watch() -> None:
            while not ended.is_set():
                try:
                    seen.append(reader.read(3.0)[0])
                except AssertionError:  # nothing more comes
                    return

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield seen
        finally:
            ended.set()
            thread.join()


def missing_programs(names: Sequence[str] = PROGRAMS) -> str:
    """Those that are not installed here."""
    return ", ".join(name for name in names if shutil.which(name) is None)
