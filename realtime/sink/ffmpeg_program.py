"""The ffmpeg program, for what PyAV's own FFmpeg lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from realtime.errors import SinkError

FFMPEG_MENDING: Mapping[str, str] = {
    "linux": "run `sudo apt install ffmpeg`",
    "win32": "run `winget install Gyan.FFmpeg`, then open a new terminal",
    "darwin": "run `brew install ffmpeg`",
}
"""What brings an ffmpeg with SRT onto a system, by `sys.platform`."""
_ANSWERS_WITHIN_S = 10.0


def find_ffmpeg(what: str, protocol: str, *, which: Callable[[str], str | None] = shutil.which) -> str:
    """Path of an ffmpeg program that can send by a protocol.

    Args:
        what: For whom, in messages.
        protocol: As ffmpeg calls it.
        which: Finds a program.

    Raises:
        SinkError: There is none, or it cannot; says how to get one.
    """
    wanted = f"an ffmpeg program with {protocol.upper()}"
    next_step = f"{FFMPEG_MENDING.get(sys.platform, 'install ffmpeg')}, or use udp:// instead"
    program = which("ffmpeg")
    if program is None:
        raise SinkError(what, wanted=wanted, got="no ffmpeg on the PATH", next_step=next_step)
    if _just_lies_here(program):
        raise SinkError(
            what,
            wanted=f"{wanted} on the PATH",
            got=f"{program}, which only lies in this folder",
            next_step="start Thespis in another folder, or put this one into the PATH",
        )
    try:
        asked = subprocess.run(
            [program, "-hide_banner", "-loglevel", "error", "-protocols"],
            capture_output=True,
            check=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_ANSWERS_WITHIN_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SinkError(what, wanted=wanted, got=f"{program}, which does not run", next_step=next_step) from error
    if protocol not in asked.stdout.partition("Output:")[2].split():
        raise SinkError(what, wanted=wanted, got=f"{program} without it", next_step=next_step)
    return program


def _just_lies_here(program: str) -> bool:
    """Whether it is in the current folder, and PATH does not name that: Windows looks there first."""
    here = Path.cwd().resolve()
    named = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    return Path(program).absolute().parent.resolve() == here and here not in (Path(one).resolve() for one in named)
