"""What the owner sees in the panel: small pictures, made only while somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from realtime.composite.slate import draw_slate
from realtime.frame import BgrImage, Face, Frame
from realtime.sink.base import Sink
from realtime.timing import now_s

WIDTH = 480
FPS = 15.0
_QUALITY = 80
MOST_WATCHERS = 8
_BLANK_WH = (WIDTH, 270)


class View:
    """One picture, the newest, for any number of watchers; while there are none it costs a look at a number.

    The loop's thread makes the picture small; the watcher's encodes it, once for all of them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._encoding = threading.Lock()
        self._watchers, self._number, self._closed = 0, 1, False
        self._next_s = 0.0
        self._picture: BgrImage = draw_slate(_BLANK_WH)
        self._encoded = (0, b"")

    def offer(self, picture: BgrImage) -> None:
        """Take a picture, (H, W, 3) uint8, if anybody looks and it is time for one; nothing of it is kept."""
        at_s = now_s()
        if not self._watchers or at_s < self._next_s:
            return
        self._next_s = at_s + 0.9 / FPS
        self._put(_small(picture))

    def blank(self) -> None:
        """Show the slate: nothing plays."""
        self._put(draw_slate(_BLANK_WH))

    @contextmanager
    def watching(self) -> Iterator[bool]:
        """Be one of those who look; False where there are too many already."""
        with self._changed:
            welcome = self._watchers < MOST_WATCHERS
            self._watchers += welcome
        try:
            yield welcome
        finally:
            if welcome:
                with self._changed:
                    self._watchers -= 1
                    unwatched = not self._watchers
                if unwatched:
                    self.blank()  # whoever looks next is not to be shown what was there long ago

    def jpeg(self, after: int, wait_s: float) -> tuple[int, bytes] | None:
        """The newest picture, once there is one of another number than `after`, or `wait_s` are over.

        Returns:
            Its number and the JPEG; None once it is all over.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._number != after or self._closed, wait_s)
            if self._closed:
                return None
            number, picture = self._number, self._picture
        with self._encoding:
            if self._encoded[0] != number:
                _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                self._encoded = number, encoded.tobytes()
            return number, self._encoded[1]

    def close(self) -> None:
        """Let every watcher go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _put(self, small: BgrImage) -> None:
        with self._changed:
            self._picture = small
            self._number += 1
            self._changed.notify_all()


class PreviewSink(Sink):
    """What viewers see, the slate too, for the owner to see as well.

    Attributes:
        view: The picture.
        worn: Name of the persona that each face in it carries, by the face's id.
    """

    name = "panel"
    notice = "small pictures for the owner"
    beside = True

    def __init__(self) -> None:
        self.view = View()
        self.worn: dict[int, str] = {}

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Nothing to acquire."""

    def write(self, frame: Frame) -> None:
        """Offer the frame to whoever looks."""
        self.worn = {swap.face.id: swap.persona for swap in frame.swaps if swap.face.id in frame.covered}
        self.view.offer(frame.image)

    def rest(self) -> None:
        """Show the slate, as the virtual camera does."""
        self.view.blank()

    def close(self) -> None:
        """Show the slate."""
        self.worn = {}
        self.view.blank()


class Onlooker:
    """All that the panel sees of a loop.

    Attributes:
        performer: The source's own picture: the owner's look at themselves, which no sink gets.
        sink: What viewers see.
    """

    def __init__(self) -> None:
        self.performer = View()
        self.sink = PreviewSink()
        self._faces: tuple[Face, ...] = ()
        self._size_wh = (1, 1)

    @property
    def views(self) -> dict[str, View]:
        """By the name under which they are asked for."""
        return {"performer": self.performer, "worn": self.sink.view}

    def see_performer(self, frame: Frame) -> Frame:
        """Take a frame as it comes from the source."""
        self.performer.offer(frame.image)
        return frame

    def see_faces(self, frame: Frame) -> Frame:
        """Take note of who is in view, also of those who wear nothing."""
        self._faces, self._size_wh = frame.faces, frame.size_wh
        return frame

    def faces(self) -> list[dict[str, object]]:
        """Who is in view: id, where they are (left, top, right, bottom in shares of the picture), what they wear."""
        found: list[dict[str, object]] = []
        for face in self._faces:
            corners = np.stack([face.landmarks_px[:, :2].min(0), face.landmarks_px[:, :2].max(0)])
            box = np.clip(corners / self._size_wh, 0, 1).round(4).ravel().tolist()
            found.append({"id": face.id, "box": box, "worn": self.sink.worn.get(face.id, "")})
        return found

    def leave(self) -> None:
        """Nothing plays any more."""
        self._faces = ()
        for view in self.views.values():
            view.blank()

    def close(self) -> None:
        """Let all who look go."""
        for view in self.views.values():
            view.close()


def _small(picture: BgrImage) -> BgrImage:
    """A copy at most `WIDTH` wide: by halves, which are averaged fast, and the rest of the way between pixels.

    In one go by area it took seven times as long, 3 ms from 720p, in a thread that the loop waits for.
    """
    while picture.shape[1] >= 2 * WIDTH:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        halves = picture[: 2 * height, : 2 * width]
        picture = np.asarray(cv2.resize(halves, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    width = min(WIDTH, picture.shape[1])
    height = max(2, round(picture.shape[0] * width / picture.shape[1]))
    small = np.empty((height, width, 3), np.uint8)
    cv2.resize(picture, (width, height), dst=small, interpolation=cv2.INTER_LINEAR)
    return small
