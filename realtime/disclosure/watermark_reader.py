"""Reading the watermark back: the frames of a window are added up, the cut is found, the message decoded.

**What "found" means.** The sync was found and a message with a valid check decoded. The score is the correlation of the
sync's signs with what the window shows in its cells, divided by the root of the sum of its squares. The signs were
drawn by lot and know nothing of the picture: the chance of a score over z is at most exp(-z²/2), whatever it shows
(Hoeffding, 1963). It is taken for every cut tried (a union bound), and a wrong message passes its check once in 65,536
times. `LEAST_SCORE` holds the product of all this under one in ten million windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_code import CHECK_BITS, FORMAT, decode, format_part
from realtime.disclosure.mark_pattern import BIT_CELLS, CARRIER, SYNC_CELLS
from realtime.disclosure.mark_search import Cut, chips_through, count_cuts, find_cuts
from realtime.disclosure.mark_signal import SAMPLES_WH, Samples, normalise
from realtime.frame import BgrImage

LEAST_SCORE = 7.0
TRIES = 4
"""How many cuts a message is decoded from in each view: every try is a chance to be wrong."""

_CUTS = count_cuts()
_VIEWS = 4
"""With and without bars, both ways round."""
_BAR_LEVEL = 10.0
"""Mean level of a row or column under which it is a black bar, or as good as one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read in a window.

    Attributes:
        found: Whether it carries a mark whose message was read.
        confidence: That the mark is there, 0 to 1. Where it was found, one less the chance, bounded from above, that
            a window without one gives as much. Where no message was read, half of what the sync alone would give:
            there may be a mark that was spoilt.
        score: Of the sync, in standard deviations; 0 where nothing is to be seen.
        mark: The 32 bits (`mark_code`), where found.
        cut: Which part of the marked frame it shows, where found; without black bars.
        mirrored: Whether it is the wrong way round, where found.
    """

    found: bool
    confidence: float
    score: float
    mark: int | None = None
    cut: Cut | None = None
    mirrored: bool = False


NOTHING = Verdict(False, 0.0, 0.0)


class WindowReader:
    """Adds up the frames of one window and judges them.

    Black bars are looked for in the first frame that shows anything. A dark room looks like a bar, too, so the whole
    picture is judged as well where that between the bars gives nothing.
    """

    def __init__(self) -> None:
        self._between_bars = np.zeros((SAMPLES_WH[1], SAMPLES_WH[0]), np.float32)
        self._whole = np.zeros_like(self._between_bars)
        self._box: tuple[slice, slice] | None = None
        self._shape: tuple[int, ...] = ()
        self._has_bars = False
        self.frames = 0

    def add(self, image: BgrImage) -> None:
        """Take in one frame, (H, W, 3) uint8 BGR; it is not kept."""
        self.add_luma(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8))

    def add_luma(self, luma: npt.NDArray[np.uint8]) -> None:
        """Take in one frame's luma, (H, W) uint8; it is not kept."""
        self.frames += 1
        if self._box is None or self._shape != luma.shape:
            self._shape, self._box = luma.shape, find_picture(luma)
        whole = _samples(luma)
        self._whole += whole
        picture = luma if self._box is None else luma[self._box]
        has_bars = picture.shape != luma.shape
        self._between_bars += _samples(picture) if has_bars else whole
        self._has_bars |= has_bars

    def verdict(self) -> Verdict:
        """Judge what was added so far."""
        verdict = judge(self._between_bars)
        if verdict.found or not self._has_bars:
            return verdict
        return max(verdict, judge(self._whole), key=lambda one: (one.found, one.score))


def find_picture(luma: npt.NDArray[np.uint8]) -> tuple[slice, slice] | None:
    """Rows and columns of what lies between black bars; None where all is black."""
    spans = []
    for axis in (1, 0):
        means = cv2.reduce(luma, axis, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
        bright = np.flatnonzero(means > _BAR_LEVEL)
        if not bright.size:
            return None
        spans.append(slice(int(bright[0]), int(bright[-1]) + 1))
    return spans[0], spans[1]


def _samples(luma: npt.NDArray[np.uint8]) -> Samples:
    small = cv2.resize(luma.astype(np.float32), SAMPLES_WH, interpolation=cv2.INTER_AREA)
    return normalise(np.asarray(small, np.float32))


def judge(samples: Samples) -> Verdict:
    """Look for the mark in added-up, normalised samples, (144, 256) float32, both ways round."""
    seen = normalise(samples)
    best = NOTHING
    if not seen.any():
        return best
    for mirrored in (False, True):
        view = np.ascontiguousarray(seen[:, ::-1]) if mirrored else seen
        verdicts = [_read(view, cut, mirrored) for cut in find_cuts(view, TRIES)]
        best = max([best, *verdicts], key=lambda one: (one.found, one.score))
        if best.found:
            break
    return best


def _read(samples: Samples, cut: Cut, mirrored: bool) -> Verdict:
    chips = (chips_through(samples, cut) * CARRIER).reshape(-1)
    sync = chips[SYNC_CELLS]
    length = float(np.sqrt((sync * sync).sum()))
    if length <= 0:
        return NOTHING
    score = float(sync.sum()) / length
    chance = chance_of(score)
    mark = decode(chips[BIT_CELLS].sum(1)) if score >= LEAST_SCORE else None
    if mark is None or format_part(mark) != FORMAT:
        return Verdict(False, (1 - chance) / 2, score)
    return Verdict(True, 1 - chance * _VIEWS * TRIES / 2**CHECK_BITS, score, mark, cut, mirrored)


def chance_of(score: float) -> float:
    """How likely a window without a mark reaches a score: bounded from above, for all views and cuts."""
    if score <= 0:
        return 1.0
    return min(1.0, _VIEWS * _CUTS * math.exp(-score * score / 2))
