"""The invisible mark: every picture in which a persona is seen says so to machines, in its luma.

A level or two of slow pattern (`mark_pattern`) that says which persona it was (`mark_code`). It is a pattern of the
frame, not of the picture in it, and stays where it is from frame to frame, so there is nothing to flicker, and a reader
that adds frames up sees it stand still while what is filmed moves (`watermark_reader`).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_code import Signs, mark_of
from realtime.disclosure.mark_pattern import GRID_WH, chips_of
from realtime.disclosure.mark_strength import Strength, StrengthMap
from realtime.frame import BgrImage, Frame
from realtime.kernels import compiled, first_call

_NOBODY = "000000"
"""Stands for the persona where a first frame is held and nobody knows whose it is."""

_ZERO, _STEPS_A_LEVEL = 128, 16
"""A field of change in eight bits: what no change is, and how fine it is."""
_DITHER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.uint16)
"""Ordered dither (Bayer, 1973): fractions of a level are kept as a mean over 4 x 4 pixels, the same in every frame."""


_NOTHING, _MIDDLE, _WHITE = np.uint8(0), np.uint8(8), np.uint8(255)


class Watermark:
    """Marks frames that show a persona, in place. One of its personas is named; a held frame is marked already.

    Nothing switches it off: it takes no settings. Buffers are made once for each size of frame. One thread at a time.
    """

    def __init__(self) -> None:
        self._mark = mark_of(_NOBODY)
        self._chips: Signs = chips_of(self._mark)
        self._size_wh = (0, 0)
        self._steps = np.empty(self._chips.shape, np.uint8)
        self._follow = StrengthMap()
        self._strength: Strength | None = None

    def __call__(self, frame: Frame) -> Frame:
        """The same frame, marked where it shows a persona."""
        if not frame.shows_persona or frame.held_s is not None:
            return frame
        # Of several who wear one, who is covered comes first.
        swaps = sorted(frame.swaps, key=lambda swap: swap.face.id not in frame.covered)
        mark = swaps[0].mark if swaps else 0
        if self._size_wh != frame.size_wh:
            self._prepare(frame.size_wh)
        strength = self._follow(frame.image)
        if strength is not None:
            self._strength = strength
        if mark not in (0, self._mark):
            self._mark, self._chips = mark, chips_of(mark)
            strength = self._strength
        if strength is not None:
            _mix(self._chips, strength, self._steps)
            cv2.resize(self._steps, (frame.size_wh[0], GRID_WH[1]), dst=self._rows, interpolation=cv2.INTER_LINEAR)
        _add(frame.image, self._rows, self._above, self._share, self._dither)
        return frame

    def _prepare(self, size_wh: tuple[int, int]) -> None:
        width, height = self._size_wh = size_wh
        self._follow, self._rows = StrengthMap(), np.empty((GRID_WH[1], width), np.uint8)
        self._dither = np.ascontiguousarray(np.tile(_DITHER, (1, -(-width // 4)))[:, :width])
        # Where the picture's rows lie between those of the grid, pixel centres at halves; held at the rims.
        places = np.clip((np.arange(height) + 0.5) * GRID_WH[1] / height - 0.5, 0, GRID_WH[1] - 1)
        self._above = np.minimum(places.astype(np.intp), GRID_WH[1] - 2)
        self._share = np.rint((places - self._above) * 256).astype(np.uint16)


@compiled()
def _mix(chips: Signs, strength: Strength, steps: npt.NDArray[np.uint8]) -> None:
    """The field in each cell of the grid: which way it goes there, and how far."""
    for y in range(steps.shape[0]):
        for x in range(steps.shape[1]):
            steps[y, x] = np.uint8(np.rint(chips[y, x] * strength[y, x] * _STEPS_A_LEVEL + _ZERO))


@compiled()
def _add(
    image: BgrImage,
    rows: npt.NDArray[np.uint8],
    above: npt.NDArray[np.intp],
    share: npt.NDArray[np.uint16],
    dither: npt.NDArray[np.uint16],
) -> None:
    """Add a field of change to all three colours alike, which changes luma alone; held at 0 and 255.

    Three short loops over rows, in integers as small as they may be, which the compiler turns into vector instructions:
    one loop over pixels and colours takes fifteen times as long. A whole field would be written and read once more.

    Args:
        image: (H, W, 3) uint8 BGR, changed.
        rows: (72, W) uint8, the field in the rows of the grid: 128, and 16 for each level.
        above: (H,) which of them lies above each row of the picture.
        share: (H,) uint16, 0 to 256, how much it takes of the one below that.
        dither: (4, W) uint16, 0 to 15.
    """
    height, width = len(above), rows.shape[1]
    flat = image.reshape(height, 3 * width)
    step = np.empty(width, np.uint8)  # a row's, 8 and one for each level
    change = np.empty(3 * width, np.uint8)
    for y in range(height):
        upper, lower, noise = rows[above[y]], rows[min(above[y] + 1, len(rows) - 1)], dither[y & 3]
        low = np.uint16(share[y])
        high = np.uint16(256 - low)
        for x in range(width):
            field = np.uint16(np.uint16(np.uint16(upper[x] * high) + np.uint16(lower[x] * low) + np.uint16(128)) >> 8)
            step[x] = np.uint8(np.uint16(field + noise[x]) >> 4)
        for x in range(width):
            change[3 * x] = step[x]
            change[3 * x + 1] = step[x]
            change[3 * x + 2] = step[x]
        line = flat[y]
        for i in range(3 * width):
            # In eight bits throughout, held at both ends: of the two one is nothing.
            less = np.uint8(_MIDDLE - change[i]) if change[i] < _MIDDLE else _NOTHING
            more = np.uint8(change[i] - _MIDDLE) if change[i] > _MIDDLE else _NOTHING
            level = np.uint8(line[i] - less) if line[i] > less else _NOTHING
            brighter = np.uint8(level + more)
            line[i] = brighter if brighter >= level else _WHITE


@first_call
def _first_call() -> None:
    one, mark = np.zeros((1, 1), np.uint8), Watermark()
    _mix(mark._chips, np.zeros(mark._chips.shape, np.float32), mark._steps)
    _add(np.zeros((1, 1, 3), np.uint8), one, np.zeros(1, np.intp), np.zeros(1, np.uint16), _DITHER)
