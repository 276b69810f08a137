"""Pixels as one number each: blue in the lowest byte, then green and red, and in the highest an opacity or nothing."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled

Packed: TypeAlias = npt.NDArray[np.uint32]
"""uint32, a pixel each."""
Places: TypeAlias = npt.NDArray[np.int32]

_EVEN, _NINE, _BYTE, _SEVEN = np.uint32(0x00FF00FF), np.uint32(0x01FF01FF), np.uint32(8), np.uint32(7)
_HALF_OF_8, _HALF_OF_7 = np.uint32(0x00800080), np.uint32(0x00400040)


@compiled(inner=True)
def _across(left: np.uint32, right: np.uint32, share: np.uint32) -> np.uint32:
    """Every second byte of two pixels mixed by a share of 256, two in one product: in nine bits of sixteen each."""
    both = np.uint32(np.uint32(left * np.uint32(np.uint32(256) - share)) + np.uint32(right * share))
    return np.uint32(np.uint32(np.uint32(both + _HALF_OF_7) >> _SEVEN) & _NINE)


@compiled(inner=True)
def _down(upper: np.uint32, lower: np.uint32, share: np.uint32) -> np.uint32:
    """What `_across` leaves of two rows mixed by a share of 128: in eight bits of sixteen each."""
    both = np.uint32(np.uint32(upper * np.uint32(np.uint32(128) - share)) + np.uint32(lower * share))
    return np.uint32(np.uint32(np.uint32(both + _HALF_OF_8) >> _BYTE) & _EVEN)


@compiled(inner=True)
def fetch(upper: Packed, lower: Packed, places: Places, around: Packed) -> None:
    """The four pixels around each place, in a loop of its own: to fetch them is one thing, to mix them another.

    Args:
        upper: (N,) uint32, all rows of a picture one after the other.
        lower: The same from its second row on.
        places: (M,) int32, of each upper left one in `upper`.
        around: (4, M) uint32, written: upper left and right, lower left and right.
    """
    for x in range(len(places)):
        place = np.uint32(places[x])
        around[0, x], around[1, x] = upper[place], upper[place + np.uint32(1)]
        around[2, x], around[3, x] = lower[place], lower[place + np.uint32(1)]


@compiled(inner=True)
def mix(around: Packed, along: Packed, down: Packed, line: Packed) -> None:
    """Four bytes of each of four pixels bilinearly mixed.

    Args:
        around: See `fetch`.
        along: (M,) uint32, how much of the right ones, of 256.
        down: (M,) uint32, how much of the lower ones.
        line: (M,) uint32, written.
    """
    for x in range(len(line)):
        one, two, three, four = around[0, x], around[1, x], around[2, x], around[3, x]
        share, share_down = along[x], np.uint32(np.uint32(down[x] + np.uint32(1)) >> np.uint32(1))
        even = _down(
            _across(np.uint32(one & _EVEN), np.uint32(two & _EVEN), share),
            _across(np.uint32(three & _EVEN), np.uint32(four & _EVEN), share),
            share_down,
        )
        odd = _down(
            _across(np.uint32(np.uint32(one >> _BYTE) & _EVEN), np.uint32(np.uint32(two >> _BYTE) & _EVEN), share),
            _across(np.uint32(np.uint32(three >> _BYTE) & _EVEN), np.uint32(np.uint32(four >> _BYTE) & _EVEN), share),
            share_down,
        )
        line[x] = np.uint32(even | np.uint32(odd << _BYTE))


@compiled(inner=True)
def unpack(line: Packed, levels: npt.NDArray[np.uint8]) -> None:
    """(M,) pixels as (3 M,) uint8: blue, green, red."""
    for x in range(len(line)):
        pixel = line[x]
        levels[3 * x] = np.uint8(pixel)
        levels[3 * x + 1] = np.uint8(pixel >> np.uint32(8))
        levels[3 * x + 2] = np.uint8(pixel >> np.uint32(16))
