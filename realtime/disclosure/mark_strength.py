"""How strong the watermark may be in each cell of a frame: more where texture hides it, less on an even wall."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_pattern import GRID_WH
from realtime.frame import BgrImage
from realtime.kernels import compiled, first_call

Luma: TypeAlias = npt.NDArray[np.uint8]
Strength: TypeAlias = npt.NDArray[np.float32]
"""(72, 128) float32, levels of luma by which a cell's middle is changed."""

ON_EVEN, MOST = 1.2, 3.5
"""Levels. 1.7 could be seen on a drawn, perfectly even wall; what texture hides was not tried beyond the second."""
MOST_RMS = 1.75
"""Levels over a whole frame: 42.9 dB at the least, dither counted, whatever it shows."""

_PER_TEXTURE = 0.6
_FIELD_RMS = 2 / 3
"""Of chips of random sign, interpolated linearly both ways, in strengths."""
_RISES, _FALLS = 0.12, 0.44
"""How much of a change is taken over in two frames: half of a rise in a third of a second, so that nothing flickers;
half of a fall in a tenth, so that hair which moves on leaves nothing to be seen on the wall behind it."""
_BLUE, _GREEN, _RED = np.uint32(3735), np.uint32(19235), np.uint32(9798)
_HALF, _BITS, _ONE, _TWO = np.uint32(1 << 14), np.uint32(15), np.uint32(1), np.uint32(2)
_DETAIL_WH = (2 * GRID_WH[0], 2 * GRID_WH[1])


class StrengthMap:
    """Follows the texture of a film's frames, every second of which it looks at.

    They are sampled, not averaged: that takes a tenth of the time, and what texture is too fine for the samples is seen
    as noise in them, as it should.
    """

    def __init__(self) -> None:
        self._luma = np.empty(_DETAIL_WH[::-1], np.uint8)
        self._strength: Strength | None = None
        self._looked = False

    def __call__(self, image: BgrImage) -> Strength | None:
        """The strengths from the next frame on, (H, W, 3) uint8 BGR, which is not changed; None: as they were."""
        self._looked = not self._looked
        if not self._looked:
            return None
        _sample(image, self._luma)
        wanted = strength_of(self._luma)
        if self._strength is None:
            self._strength = wanted
        else:
            _approach(self._strength, wanted)
        return self._strength


def strength_of(luma: Luma) -> Strength:
    """The strengths for one picture's luma, (144, 256) uint8: two samples for each cell each way."""
    texture, strength = np.empty(GRID_WH[::-1], np.float32), np.empty(GRID_WH[::-1], np.float32)
    _measure(luma, texture)
    rms = _FIELD_RMS * _hide(texture, strength)
    if rms > MOST_RMS:
        strength *= np.float32(MOST_RMS / rms)
    return strength


@compiled()
def _sample(image: BgrImage, luma: Luma) -> None:
    """Every so manieth pixel's luma (ITU-R BT.601), in 15 bits."""
    (height, width), rows = luma.shape, image.reshape(image.shape[0], 3 * image.shape[1])
    places = np.empty(width, np.uint32)  # without a sign no index counts from the end, which would have to be asked
    for x in range(width):
        places[x] = 3 * (x * image.shape[1] // width)
    for y in range(height):
        row, samples = rows[y * image.shape[0] // height], luma[y]
        for x in range(width):
            at = places[x]
            blue, green, red = np.uint32(row[at]), np.uint32(row[at + _ONE]), np.uint32(row[at + _TWO])
            light = np.uint32(_BLUE * blue + _GREEN * green) + np.uint32(_RED * red + _HALF)
            samples[x] = np.uint8(np.uint32(light) >> _BITS)


@compiled()
def _measure(luma: Luma, texture: Strength) -> None:
    """How far samples differ from the mean of the 3 x 3 around them, on average over 2 x 2."""
    height, width = luma.shape
    columns, detail = np.empty(width + 2, np.uint16), np.empty(width, np.uint16)
    for y in range(height):
        above, here, below = luma[y - 1 if y else 1], luma[y], luma[y + 1 if y + 1 < height else y - 1]
        for x in range(width):
            columns[1 + x] = np.uint16(above[x]) + np.uint16(here[x]) + np.uint16(below[x])
        columns[0], columns[width + 1] = columns[2], columns[width - 1]
        for x in range(width):
            total = np.uint16(columns[x] + columns[x + 1] + columns[x + 2])
            off = np.uint16(abs(np.int16(here[x]) - np.int16(np.uint16(total + np.uint16(4)) // np.uint16(9))))
            detail[x] = off if y % 2 == 0 else np.uint16(detail[x] + off)
        if y % 2:
            for x in range(width // 2):
                texture[y // 2, x] = np.uint16(detail[2 * x] + detail[2 * x + 1] + np.uint16(2)) >> np.uint16(2)


@compiled(fastmath={"reassoc", "contract"})
def _hide(texture: Strength, strength: Strength) -> float:
    """Strengths by what hides in a texture, and their root mean square.

    An edge hides nothing on the even ground beside it: so the least of a cell and of the mean around it counts.
    """
    height, width = texture.shape
    columns, squares = np.empty(width + 2, np.float32), np.float32(0)
    for y in range(height):
        above, here, below = texture[y - 1 if y else 1], texture[y], texture[y + 1 if y + 1 < height else y - 1]
        for x in range(width):
            columns[1 + x] = above[x] + here[x] + below[x]
        columns[0], columns[width + 1] = columns[2], columns[width - 1]
        for x in range(width):
            around = (columns[x] + columns[x + 1] + columns[x + 2]) * np.float32(1 / 9)
            wanted = np.float32(ON_EVEN) + np.float32(_PER_TEXTURE) * min(here[x], around)
            strength[y, x] = min(wanted, np.float32(MOST))
            squares += strength[y, x] * strength[y, x]
    return math.sqrt(squares / texture.size)


@compiled()
def _approach(strength: Strength, wanted: Strength) -> None:
    for y in range(strength.shape[0]):
        for x in range(strength.shape[1]):
            change = wanted[y, x] - strength[y, x]
            strength[y, x] += change * (np.float32(_RISES) if change > 0 else np.float32(_FALLS))


@first_call
def _first_call() -> None:
    follow = StrengthMap()
    for _ in range(3):
        follow(np.zeros((1, 1, 3), np.uint8))
