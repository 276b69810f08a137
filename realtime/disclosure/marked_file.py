"""The watermark of a whole film or picture: window after window, in constant memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime.disclosure.watermark_reader import Verdict, WindowReader
from realtime.errors import SourceError
from realtime.frame import BgrImage
from realtime.source.decoder import VideoDecoder
from realtime.source.image import PICTURE_EXTENSIONS, read_picture

WINDOW_S = 2.0
MOST_PIXELS = 64_000_000
"""Of a picture or a film's frame: twice 8K. What is larger is refused before it is decoded."""

_LOOK = "open it in a picture viewer to see whether it is whole"
_MOST_FRAMES = 240
"""In a window, whatever rate a film claims."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What was read in a file.

    Attributes:
        windows: How many windows of two seconds were looked at; 1 for a picture.
        found: In how many of them the mark that most of them carry was read.
        confidence: The best window's, of those with that mark where one was found; the chance of a false alarm is
            taken for as many windows as there are.
        mark: The 32 bits that most windows carry; None where none was found.
        best: The window which that confidence is of.
        frames: How many frames were judged.
        broke_off: Whether the film ended before it says it does: what is said goes for what could be read.
    """

    windows: int
    found: int
    confidence: float
    mark: int | None
    best: Verdict
    frames: int
    broke_off: bool = False

    @property
    def share(self) -> float:
        """Windows with the mark, of all."""
        return self.found / self.windows


def read_file(path: Path, moved: Callable[[float, float | None], None] | None = None) -> FileVerdict:
    """Look for the watermark in a film or picture.

    Args:
        path: The file.
        moved: Told after each window how many seconds were read, and of how many where the film says so.

    Raises:
        SourceError: It is missing, no film or picture, or its pictures are larger than `MOST_PIXELS`.
    """
    if path.suffix.lower() in PICTURE_EXTENSIONS:
        window = WindowReader()
        window.add(read_picture(path))
        return _summed([window.verdict()], 1, broke_off=False)
    if not path.is_file():
        raise SourceError(
            f"film {path}", got="a folder" if path.is_dir() else "no such file", next_step="check the path"
        )
    decoder = VideoDecoder(str(path), remote=False)
    try:
        _check_size(path, decoder.size_wh)
        verdicts, frames = [], 0
        for window in _windows(decoder):
            verdicts.append(window.verdict())
            frames += window.frames
            if moved is not None:
                moved(frames / decoder.fps, decoder.length_s)
        return _summed(verdicts, frames, broke_off=decoder.broke_off)
    finally:
        decoder.close()


def _windows(decoder: VideoDecoder) -> Iterator[WindowReader]:
    """The film's windows. A rest of less than half a window is left out, unless it is all there is."""
    width, height = decoder.size_wh
    buffer: BgrImage = np.empty((height, width, 3), np.uint8)
    full = min(max(1, round(decoder.fps * WINDOW_S)), _MOST_FRAMES)
    window, whole = WindowReader(), 0
    while (coded := decoder.next()) is not None:
        decoder.draw(coded, buffer)
        window.add(buffer)
        if window.frames == full:
            yield window
            window, whole = WindowReader(), whole + 1
    if window.frames and (not whole or 2 * window.frames >= full):
        yield window


def _summed(verdicts: list[Verdict], frames: int, *, broke_off: bool) -> FileVerdict:
    marks = Counter(verdict.mark for verdict in verdicts if verdict.found)
    mark, found = marks.most_common(1)[0] if marks else (None, 0)
    best = max((one for one in verdicts if one.mark == mark), key=lambda one: (one.confidence, one.score))
    confidence = max(0.0, 1 - len(verdicts) * (1 - best.confidence)) if best.found else best.confidence
    return FileVerdict(len(verdicts), found, confidence, mark, best, frames, broke_off)


def _check_size(path: Path, size_wh: tuple[int, int]) -> None:
    if size_wh[0] * size_wh[1] > MOST_PIXELS:
        raise SourceError(
            f"film {path}",
            wanted=f"at most {MOST_PIXELS // 1_000_000} million pixels",
            got=f"{size_wh[0]}x{size_wh[1]}",
            next_step="scale it down",
        )
