"""A PipeWire of the test's own with one loudspeaker and one microphone before it, on a machine without a sound card."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

PATIENCE_S = 20.0
PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "wpctl", "pw-loopback", "pw-play")


class SoundRoom:
    """What is played to the loudspeaker "room" is heard by the microphone "desk".

    Attributes:
        environment: For every program that is to live in it.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="snd"))  # short: a socket's path has 107 bytes at most
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("run", "home", "state"):
            (self._folder / name).mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DBUS_", "PIPEWIRE"))}
        self.environment = {
            **kept,
            "XDG_RUNTIME_DIR": str(self._folder / "run"),
            "XDG_STATE_HOME": str(self._folder / "state"),
            "HOME": str(self._folder / "home"),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._folder}/run/bus",
        }

    def __enter__(self) -> Self:
        try:
            self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={self._folder}/run/bus")
            self.start("pipewire")
            wait_until((self._folder / "run" / "pipewire-0").exists, "PipeWire's socket")
            self.start("wireplumber")
            wait_until(lambda: "WirePlumber" in self.ask("wpctl", "status"), "WirePlumber")
            kinds = {"room": "Audio/Sink", "desk": "Audio/Source"}
            speaker, desk = (
                f"media.class={kind} node.name={name} node.description={name}" for name, kind in kinds.items()
            )
            self.start("pw-loopback", "--channels", "1", "--capture-props", speaker, "--playback-props", desk)
            wait_until(lambda: "room" in self.ask("wpctl", "status"), "the loudspeaker")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(tuple(self._running)):
            self.stop(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, *words: str) -> None:
        """Start a program of which one runs, until the end of the test."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._running[words[0]] = subprocess.Popen(words, env=self.environment, **quiet)  # type: ignore[call-overload]

    def stop(self, name: str) -> None:
        """End it, and wait for its end."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_S)

    def ask(self, *words: str) -> str:
        """What a program prints."""
        return subprocess.run(
            words, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        ).stdout


def wait_until(true: Callable[[], object], what: str) -> None:
    """Ask again and again, since programs of others tell nobody when they are ready."""
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s, f"waited {PATIENCE_S:.0f} s in vain for {what}"
        time.sleep(0.05)
