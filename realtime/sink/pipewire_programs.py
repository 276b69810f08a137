"""The programs that make a camera of PipeWire's: which they are, what they are told, whether they are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

INSTALL = (
    "run `sudo apt install gstreamer1.0-tools gstreamer1.0-pipewire gstreamer1.0-plugins-base pipewire-bin` "
    "(on Fedora `sudo dnf install gstreamer1 pipewire-gstreamer gstreamer1-plugins-base pipewire-utils`)"
)
"""What brings the programs onto a system that has PipeWire."""
BEGIN = (
    "log in to a desktop, or run `systemctl --user start pipewire wireplumber` "
    "(they are in Debian's and Fedora's packages pipewire and wireplumber)"
)
"""What brings PipeWire itself."""
LAUNCH, INSPECT, DUMP = "gst-launch-1.0", "gst-inspect-1.0", "pw-dump"
MARK = "thespis.instance"
"""The property by which a node is known as ours."""
_ELEMENTS = ("pipewiresink", "rawvideoparse", "videoconvert")
_INSPECT_S = 20.0


class Lack(NamedTuple):
    """What is not there and what brings it."""

    got: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What goes into the pipe.

    Attributes:
        width, height: In pixels.
        fps: Frames a second, as announced to readers.
        layout: GStreamer's name of the pixel format.
        colorimetry: GStreamer's name of its colours.
        strides: Bytes of a row of each plane; the planes follow each other without a gap.
        offsets: Where each plane begins, in bytes.
        size: Bytes of one picture.
    """

    width: int
    height: int
    fps: float
    layout: str
    colorimetry: str
    strides: Sequence[int]
    offsets: Sequence[int]
    size: int


def camera_words(pictures: Pictures, name: str, mark: str) -> list[str]:
    """The pipeline that takes pictures from its standard input and shows them as a camera.

    Args:
        pictures: What comes in.
        name: Of the camera: letters, digits, `-` and `_`.
        mark: By which its node is known.
    """
    rate = Fraction(pictures.fps).limit_denominator(1001) if pictures.fps >= 1 else Fraction(1)
    strides, offsets = (f"<{','.join(map(str, numbers))}>" for numbers in (pictures.strides, pictures.offsets))
    properties = {
        "media.class": "Video/Source",
        "media.role": "Camera",
        "node.name": name.lower(),
        "node.description": name,
        "session.suspend-timeout-seconds": "0.1",  # takes back what a reader kept: the next one starves on what is left
        MARK: mark,
    }
    parts = [
        f"fdsrc fd=0 blocksize={pictures.size}",
        f"rawvideoparse format={pictures.layout} width={pictures.width} height={pictures.height} "
        f"framerate={rate.numerator}/{rate.denominator} colorimetry={pictures.colorimetry} "
        f"plane-strides={strides} plane-offsets={offsets}",  # else rows are taken to end at a multiple of four bytes
        "videoconvert",
        # As webcams send it, and what readers take a camera's pictures for: PipeWire 0.3 does not tell them the matrix.
        "video/x-raw,format=YUY2,colorimetry=bt601",
        "identity drop-allocation=true",  # else PipeWire's buffers run out under the converter, which crashes
        # Each picture at once: by their own clock, pictures of a source that is a little faster pile up.
        "pipewiresink mode=provide sync=false "
        + f"stream-properties=p,{','.join(f'{key}={value}' for key, value in properties.items())}",
    ]
    # A crash is to end it: its own handler would spin for ever instead.
    return [LAUNCH, "--no-fault", "-q", *" ! ".join(parts).split()]


def watch_words() -> list[str]:
    """What tells of every node that comes and goes, and ends with PipeWire or with the thread that starts it.

    It takes no notice of a reader that is gone; so the kernel is asked to end it where this process is killed.
    """
    with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []  # util-linux has it
    return [*with_us, DUMP, "--monitor"]


def lacking(environment: Mapping[str, str] = os.environ, *, look_inside: bool = True) -> Lack | None:
    """Why there can be no camera of PipeWire's.

    Args:
        environment: Environment variables.
        look_inside: Also ask GStreamer for the parts of the pipeline, which takes a tenth of a second.
    """
    if sys.platform != "linux":
        return Lack("another system than Linux", "use `--output camera`")
    path = environment.get("PATH", os.defpath)
    for program in (LAUNCH, DUMP):
        if shutil.which(program, path=path) is None:
            return Lack(f"no program {program}", INSTALL)
    if not socket_path(environment).exists():
        return Lack(f"no PipeWire that answers at {socket_path(environment)}", BEGIN)
    inspect = shutil.which(INSPECT, path=path)
    for element in _ELEMENTS if look_inside and inspect else ():
        asked = [str(inspect), element]
        try:
            done = subprocess.run(asked, env=dict(environment), capture_output=True, timeout=_INSPECT_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            next_step = f"see what `{INSPECT} {element}` says; for the whole of it {INSTALL}"
            return Lack("a GStreamer that does not answer", next_step)
        if done.returncode:
            return Lack(f"a GStreamer without {element}", INSTALL)
    return None


def socket_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where PipeWire listens, found as its own clients find it."""
    folder = environment.get("PIPEWIRE_RUNTIME_DIR") or environment.get("XDG_RUNTIME_DIR") or "/run/pipewire"
    return Path(folder, environment.get("PIPEWIRE_REMOTE") or "pipewire-0")  # a remote may be a whole path


class Program(Protocol):
    """A program that runs.

    Attributes:
        input: File descriptor of its standard input, for writing, that never blocks; -1 where it takes none.
        output: File descriptor of what it says, for reading.
    """

    input: int
    output: int

    def end(self, patience_s: float = 0.0) -> None:
        """Let it end, its input being at its end; kill it where that takes longer; close what leads to it."""


class Starter(Protocol):
    """Starts programs."""

    def __call__(self, words: Sequence[str], *, takes_input: bool) -> Program:
        """Start one.

        Raises:
            OSError: It cannot be started.
        """


class Child:
    """A program as a child of this process.

    Args:
        words: What is run.
        takes_input: Whether anything is written into it; what it complains of is heard then, too.
        environment: Environment variables.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, words: Sequence[str], *, takes_input: bool, environment: Mapping[str, str] = os.environ) -> None:
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if takes_input else subprocess.DEVNULL,
            env={**environment, "LC_ALL": "C"},
            bufsize=0,
            process_group=0,  # Ctrl-C is for us: the camera is to end on the slate
        )
        self.input = self._process.stdin.fileno() if self._process.stdin else -1
        if takes_input:
            os.set_blocking(self.input, False)
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()

    def end(self, patience_s: float = 0.0) -> None:
        """Let it end, its input being at its end; kill it where that takes longer; close what leads to it."""
        try:
            if patience_s and self._process.stdin:
                self._process.stdin.close()
                self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            pass  # then it does not end by itself
        finally:
            # Killed first and closed then: half a picture in the pipe is not to be taken for a whole one.
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
