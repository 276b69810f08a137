"""Recordings and snapshots that are begun and ended while the loop runs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import platformdirs

from realtime.disclosure.signing import FileSigner
from realtime.errors import SinkError, ThespisError
from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.sink.recorder import RecorderSink
from realtime.sink.signing import SigningSink
from realtime.sink.snapshot import SnapshotSink
from realtime.sink.yuv import compile_yuv420
from realtime.sound.base import Sound

PATIENCE_S = 2.0
"""So long a snapshot waits for a frame that shows a persona."""
HUNG_S = 2.0
"""So long the end of a recording waits for a frame that is being written into it."""


def recordings_folder() -> Path:
    """Where recordings go unless told otherwise: among the user's films."""
    return platformdirs.user_videos_path() / "Thespis"


def snapshots_folder() -> Path:
    """Where snapshots go unless told otherwise: among the user's pictures."""
    return platformdirs.user_pictures_path() / "Thespis"


class KeeperSink(Sink):
    """Keeps of the frames what somebody asks for meanwhile, in files that are signed and have the hour for a name.

    Whoever asks waits until the file is whole and signed, in a thread that is none of the loop's. A file that is there
    is never written over. A recording that breaks (disk full) is told, and the loop goes on.

    Args:
        signer: Signs the files; with this computer's own key where left out.
        say: Takes one line about what was kept.
        warn: Takes one line about what could not be, while nobody waits for it.
        folder: Where everything goes; by default `recordings_folder()` and `snapshots_folder()`.
        clock: The hour, by the clock on the wall.

    Attributes:
        recording: The file that is being recorded; None while none is.
        sound: What recordings let hear; nothing where None.
    """

    name = "kept"
    notice = "recordings and snapshots, when they are asked for"
    beside = True
    closes_late = True

    def __init__(
        self,
        signer: FileSigner | None = None,
        *,
        say: Callable[[str], object] = lambda line: None,
        warn: Callable[[str], object] = lambda line: None,
        folder: Path | None = None,
        clock: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._signer, self._folder, self._clock = signer or FileSigner(), folder, clock
        self._say, self._warn = say, warn
        self._changed = threading.Condition()
        self._size_wh: tuple[int, int] | None = None
        self._fps = 0.0
        self._film: SigningSink | None = None
        self._left: list[SigningSink] = []  # no longer written into, and for the writer to close
        self._writing = threading.Lock()  # held while a film is written into: a disk that hangs holds up nobody else
        self._picture: SigningSink | None = None
        self._asking = threading.Lock()
        self.recording: Path | None = None
        self.sound: Sound | None = None

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Be ready for what is asked."""
        compile_yuv420()  # or a recording that is begun in a call would hold that up
        self._size_wh, self._fps = size_wh, fps

    def write(self, frame: Frame) -> None:
        """Put the frame into what is being kept, if anything is."""
        with self._writing:
            self._try_film(lambda film: film.write(frame))
        with self._changed:
            if self._picture is not None and frame.shows_persona:
                self._picture.write(frame)
                self._picture = None
                self._changed.notify_all()

    def rest(self) -> None:
        """Let what is being recorded go on while no picture comes: its sound does."""
        with self._writing:
            self._try_film(lambda film: film.rest())

    def close(self) -> None:
        """Finish what is being recorded."""
        self._size_wh = None
        with self._changed:
            self._changed.notify_all()
        try:
            self.stop_recording()
        except ThespisError as error:
            self._warn(str(error))

    def start_recording(self) -> Path:
        """Record from the next frame on.

        Returns:
            The file.

        Raises:
            SinkError: Nothing plays, it is recording already, or no file can be made.
            CredentialsError: There is no key to sign it with.
        """
        with self._asking:
            size_wh = self._playing("recording")
            if self.recording is not None:
                raise SinkError("recording", got=f"one that runs already, {self.recording}", next_step="stop it first")
            path = self._reserve(self._folder or recordings_folder(), ".mp4")
            film = SigningSink(RecorderSink(path, sound=self.sound), path, self._signer)
            try:
                film.open(size_wh, self._fps)
            except BaseException:
                _unreserve(path)
                raise
            with self._changed:
                self._film, self.recording = film, path
            return path

    def stop_recording(self) -> str:
        """End the recording, and sign it.

        Returns:
            What became of it, in words; empty where nothing was being recorded.

        Raises:
            SinkError: Its end could not be written, or the disk hangs.
            CredentialsError: It could not be signed.
        """
        with self._asking:
            with self._changed:
                film, self._film, self.recording = self._film, None, None
            if film is None:
                return ""
            self._await_writer(film)
            film.close()
            self._say(f"recorded: {film.notice}")
            return film.notice

    def snapshot(self) -> Path:
        """Keep the next frame that shows a persona, and sign it.

        Returns:
            The file.

        Raises:
            SinkError: Nothing plays, no persona came into view, or no file can be made.
            CredentialsError: It could not be signed.
        """
        with self._asking:
            size_wh = self._playing("snapshot")
            path = self._reserve(self._folder or snapshots_folder(), ".png")
            taken = SigningSink(SnapshotSink(path), path, self._signer, last_only=True)
            try:
                taken.open(size_wh, self._fps)
                with self._changed:
                    self._picture = taken
                    came = self._changed.wait_for(lambda: self._picture is None or self._size_wh is None, PATIENCE_S)
                    came, self._picture = came and self._picture is None, None
                if not came:
                    raise SinkError(
                        "snapshot",
                        wanted="a frame that shows a persona",
                        got=f"none in {PATIENCE_S:.0f} s",
                        next_step="bring a face into the picture, and do not hide meanwhile",
                    )
                taken.close()
            except BaseException:
                _unreserve(path)
                raise
            self._say(f"snapshot: {taken.notice}")
            return path

    def _try_film(self, act: Callable[[SigningSink], None]) -> None:
        """Do something to what is being recorded, if anything is; where it breaks, let it go."""
        film = self._film
        if film is not None:
            try:
                act(film)
            except ThespisError as error:
                self._warn(f"{error}; all else goes on")
                with self._changed:
                    if self._film is film:  # else somebody stops it, and closes it there
                        self._film = self.recording = None
                        self._left.append(film)
        with self._changed:
            left, self._left = self._left, []
        for film in left:
            with suppress(ThespisError):  # the reason was told
                film.close()

    def _await_writer(self, film: SigningSink) -> None:
        """Wait until nothing is written any more into a film that was taken from the writer; not for ever."""
        if self._writing.acquire(timeout=HUNG_S):
            self._writing.release()
            return
        with self._changed:
            self._left.append(film)
        kept = "what was recorded up to there plays"
        raise SinkError(f"recording {film.name}", got="a disk that does not answer", next_step=kept)

    def _playing(self, what: str) -> tuple[int, int]:
        if self._size_wh is None:
            raise SinkError(what, wanted="a show that plays", got="none", next_step="start it first")
        return self._size_wh

    def _reserve(self, folder: Path, ending: str) -> Path:
        """A file of its own, empty, named by the hour; a number is added where that name is taken."""
        name = f"Thespis {self._clock():%Y-%m-%d %H.%M.%S}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                path = folder / f"{name}{f' {number}' if number > 1 else ''}{ending}"
                with suppress(FileExistsError):
                    path.open("xb").close()
                    break
        except OSError as error:
            raise SinkError(
                f"{folder}",
                wanted="a folder that can be written",
                got=error.strerror or str(error),
                next_step="check its free space and your permission, or give another --keep-in",
            ) from error
        return path


def _unreserve(path: Path) -> None:
    """Take a reserved file away again if nothing got into it."""
    with suppress(OSError):
        if not path.stat().st_size:
            path.unlink()
