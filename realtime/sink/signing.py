"""A file that is signed with content credentials once it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.disclosure.formats import media_type
from realtime.disclosure.shown import ShownPersonas
from realtime.disclosure.signing import FileSigner
from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.tap import SinkTap


class SigningSink(SinkTap):
    """Signs what another sink has written, when that has closed it.

    A killed program leaves the file as the other sink does: unsigned, and it plays.

    Attributes:
        shown: Whom the frames showed.

    Args:
        sink: Writes the file.
        path: The file.
        signer: Signs it.
        last_only: Whether the file shows the last frame alone, as a snapshot does.
    """

    def __init__(self, sink: Sink, path: Path, signer: FileSigner, *, last_only: bool = False) -> None:
        self.shown = ShownPersonas(last_only=last_only)
        super().__init__(sink, self._note)
        self.closes_late = True
        self._path, self._signer, self._last_only = path, signer, last_only
        self._signable = media_type(path) is not None
        self._to_sign = False

    def open(self, size_wh: tuple[int, int], fps: float) -> None:
        """Find the key, then open the sink underneath: nothing is recorded that could not be signed.

        Raises:
            SinkError: See the sink underneath.
            CredentialsError: There is no key that may sign.
        """
        self.close()
        self.shown = ShownPersonas(last_only=self._last_only)
        how = f"unsigned: {self._path.suffix} has no place for credentials; record .mp4 to have it signed"
        if self._signable:
            key = self._signer.prepare()
            how = "; ".join(filter(None, ("to be signed once it is whole", key.notice)))
        super().open(size_wh, fps)
        self._to_sign = self._signable
        self.notice = f"{self._sink.notice}, {how}"

    def write(self, frame: Frame) -> None:
        """Write a frame.

        Raises:
            SinkError: See the sink underneath; what was written up to there stays unsigned.
        """
        with self._unsigned_if_it_breaks():
            super().write(frame)

    def rest(self) -> None:
        """Let the sink underneath go on without a frame.

        Raises:
            SinkError: As for `write`.
        """
        with self._unsigned_if_it_breaks():
            super().rest()

    def close(self) -> None:
        """Close the sink underneath, then sign.

        Raises:
            SinkError: The end could not be written.
            CredentialsError: It could not be signed; the file stays as it was.
        """
        to_sign, self._to_sign = self._to_sign, False
        super().close()
        if not to_sign:
            return
        if not self.shown.any:
            self.notice = f"{self.name} is not signed as made with AI: no frame shows a persona"
            return
        self._signer.sign(self._path, self.shown.personas)
        names = ", ".join(dict.fromkeys(one.identity.name for one in self.shown.personas))
        self.notice = f"{self.name} is signed as made with AI{f', showing {names}' if names else ''}"

    @contextmanager
    def _unsigned_if_it_breaks(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._to_sign = False
            self.notice = f"{self.name} is NOT signed: it broke off"
            raise

    def _note(self, frame: Frame) -> None:
        self.shown.note(frame)
