"""A preview window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

import cv2

from realtime.composite.slate import draw_slate
from realtime.errors import SinkError
from realtime.frame import BgrImage, Frame
from realtime.sink.base import Sink
from realtime.sink.display import missing_display

_LARGEST_WH = (
    1280,
    720,
)  # a 4K frame would cover the whole screen; the user can still pull the window larger

_KEY_ITSELF = 0xFFFF
"""Above it stand what is held down beside a key. Below, X11, Qt and GTK write 0xFF52 for an arrow: its last eight bits
alone would be a letter that nobody pressed."""
_LAST_ASCII = 0x7F


class Gui(Protocol):
    """The part of `cv2` that draws windows."""

    def namedWindow(self, winname: str, flags: int, /) -> None: ...  # noqa: D102, N802 - OpenCV's names
    def resizeWindow(self, winname: str, width: int, height: int, /) -> None: ...  # noqa: D102, N802
    def imshow(self, winname: str, mat: Any, /) -> None: ...  # noqa: D102
    def pollKey(self) -> int: ...  # noqa: D102, N802
    def getWindowProperty(self, winname: str, prop_id: int, /) -> float: ...  # noqa: D102, N802
    def destroyWindow(self, winname: str, /) -> None: ...  # noqa: D102, N802


class WindowSink(Sink):
    """Frames in a window on the screen. All calls must come from the main thread.

    Attributes:
        closed_by_user: True once the user closed the window; frames after that are passed over, so that the
            other sinks go on. The caller may take it as the wish to stop.
        notice: One line about the window.

    Args:
        title: What its frame says.
        gui: Draws windows; OpenCV where left out.
        why_not: Says why no window can open here; empty where one can.
        on_key: Called with each key that is pressed in the window, as the character that it writes.
    """

    main_thread = True

    def __init__(
        self,
        title: str = "Thespis",
        *,
        gui: Gui | None = None,
        why_not: Callable[[], str] = missing_display,
        on_key: Callable[[str], object] | None = None,
    ) -> None:
        self.name = "window"
        self.notice = ""
        self.closed_by_user = False
        self._title = title
        self._gui = cast(Gui, cv2) if gui is None else gui
        self._why_not = why_not
        self._on_key = on_key
        self._slate: BgrImage = draw_slate((16, 16))
        self._shown = False

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Open the window.

        Raises:
            SinkError: There is no screen, or OpenCV was built without windows.
        """
        self.close()
        reason = self._why_not()
        if reason:
            raise self._no_window(reason)
        scale = min(1.0, _LARGEST_WH[0] / size_wh[0], _LARGEST_WH[1] / size_wh[1])
        try:
            self._gui.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            self._shown = True
            self._gui.resizeWindow(self._title, round(size_wh[0] * scale), round(size_wh[1] * scale))
        except cv2.error as error:
            raise self._no_window(f"an OpenCV without windows ({error.err})") from error
        self._drawn = self.closed_by_user = False
        self._slate = draw_slate(size_wh)
        self.notice = f"window: {self._title}"

    def write(self, frame: Frame) -> None:
        """Show a frame, and let the window answer the mouse.

        Raises:
            SinkError: The window system is gone.
        """
        self._show(frame.image)

    def rest(self) -> None:
        """Show the slate: a face that froze is none that should be looked at; keys still count.

        Raises:
            SinkError: As `write`.
        """
        self._show(self._slate)

    def _show(self, picture: BgrImage) -> None:
        if not self._shown:
            return
        try:
            # Before the first picture some window systems call a window invisible that is about to appear.
            visible = self._gui.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1 if self._drawn else True
            if not visible:
                self.closed_by_user = True
                self.close()
                return
            self._gui.imshow(self._title, picture)
            key = self._gui.pollKey()
            self._drawn = True
        except cv2.error as error:
            raise SinkError("window", got=str(error.err), next_step="use another output") from error
        if self._on_key is not None and key >= 0:
            code = key & _KEY_ITSELF
            if code <= _LAST_ASCII and chr(code).isprintable():
                self._on_key(chr(code))

    def close(self) -> None:
        """Close the window."""
        if not self._shown:
            return
        self._shown = False
        try:
            self._gui.destroyWindow(self._title)
            self._gui.pollKey()  # the window goes away only when events are seen to
        except cv2.error:
            return  # the user closed it first

    def _no_window(self, reason: str) -> SinkError:
        return SinkError(
            "window",
            wanted="a screen",
            got=reason,
            next_step="use another output, such as `--output out.mp4`",
        )
