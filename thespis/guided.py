"""A guided recording from the camera, as the user sees it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.errors import SinkError, SourceError
from thespis.screen import Screen

if TYPE_CHECKING:
    from models.faceset.guide import Moment, Prompt
    from models.faceset.media import Medium
    from realtime.source.base import Source

CAMERA = "camera"
RECORDINGS = "recordings"


def names_camera(word: str) -> bool:
    """Whether a word among the media is a camera: `camera`, its number, or on Linux its path.

    A folder or file of that name is what it is.
    """
    number = word.isascii() and word.isdecimal() and not Path(word).exists()
    return word == CAMERA or number or word.startswith("/dev/video")


def recorded(word: str, out: Path, screen: Screen, source: Source | None = None) -> Medium:
    """The user before the camera as a film in the faceset's folder, recorded now.

    A recording from earlier that is not extracted to its end goes on instead: nobody is asked twice.

    Args:
        word: Which camera.
        out: The faceset's folder.
        screen: Where the user is told what to do.
        source: Stands in for the camera.

    Raises:
        SourceError: There is no such camera, or nothing was recorded.
        SinkError: The recording cannot be written.
        TrainingError: The folder is something else.
    """
    from models.faceset.finding import film_finder
    from models.faceset.guide import Guide, record
    from models.faceset.media import medium_of
    from models.faceset.writer import FacesetWriter
    from realtime.sink.recorder import RecorderSink
    from realtime.source.camera import CameraSource
    from thespis.loop import ending_well

    with FacesetWriter(out):  # so that the folder is a faceset's before anything is put into it
        pass
    left = _unfinished(out)
    if left is not None:
        screen.say(f"going on with {left}, recorded earlier")
        return medium_of(left, CAMERA)
    path = _free(out / RECORDINGS)
    guide, stop, finder = Guide(), threading.Event(), film_finder()
    device: int | str = 0 if word == CAMERA else int(word) if word.isdecimal() else word
    try:
        with source or CameraSource(device) as camera, ending_well(stop.set), screen.live_line() as write:
            screen.say(camera.notice)
            screen.say(
                f"{guide.length_s:.0f} seconds are recorded into {path}; Ctrl-C ends it early, what is there is used"
            )
            asked: set[Prompt] = set()

            def show(moment: Moment) -> None:
                if moment.prompt not in asked:
                    asked.add(moment.prompt)
                    screen.say(f"{moment.elapsed_s:3.0f} s  {moment.prompt.text}")
                write(moment_text(moment))

            frames = record(camera, RecorderSink(path), guide, finder, show, stop, time.monotonic)
    finally:
        finder.close()
    if not frames:
        path.unlink(missing_ok=True)
        raise SourceError(f"camera {word}", wanted="a recording", got="no frames", next_step="see `thespis devices`")
    return medium_of(path, CAMERA)


def moment_text(moment: Moment) -> str:
    """What is on the screen at one moment: the task large, the time left, what has been seen and what not."""
    lines = [
        moment.prompt.text.upper() if moment.in_view else "YOUR FACE IS NOT IN VIEW",
        f"{moment.left_s:3.0f} s more; then: {moment.following.text if moment.following else 'done'}",
        f"seen so far: {', '.join(moment.covered) or 'nothing yet'}",
        f"still missing: {', '.join(moment.missing) or 'nothing'}",
    ]
    return "\n".join(lines)


def _unfinished(out: Path) -> Path | None:
    """A recording whose faces were not all cut out and sorted yet; what a kill left without a picture is none."""
    from models.faceset.journal import read_index
    from models.faceset.media import digest_of

    finished = {medium.sha256 for medium in read_index(out)[1] if medium.finished}
    for path in sorted((out / RECORDINGS).glob("*.mp4")):
        if digest_of(path) not in finished and _plays(path):
            return path
    return None


def _plays(path: Path) -> bool:
    from realtime.source.video import VideoSource

    try:
        with VideoSource(path) as film:
            return film.read() is not None
    except SourceError:
        return False


def _free(folder: Path) -> Path:
    """A name for a recording under which there is nothing, not even a link."""
    if folder.is_symlink():
        raise SinkError(f"folder {folder}", wanted="a folder of its own", got="a link", next_step="remove it")
    folder.mkdir(exist_ok=True)
    number = 1
    while os.path.lexists(folder / f"{CAMERA}-{number}.mp4"):
        number += 1
    return folder / f"{CAMERA}-{number}.mp4"
