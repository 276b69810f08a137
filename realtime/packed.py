"""Pixels as one number each: blue in the lowest byte, then green and red, and in the highest an opacity or nothing."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.kernels import compiled

Packed: TypeAlias = npt.NDArray[np.uint32]
"""uint32, a pixel each."""
Places: TypeAlias = npt.NDArray[np.int32]

_EVEN, _HALVES, _BYTE = np.uint32(0x00FF00FF), np.uint32(0x00800080), np.uint32(8)


@compiled(inner=True)
def mixed(first: np.uint32, second: np.uint32, share: np.uint32) -> np.uint32:
    """Four bytes of one pixel and of another, mixed by a share of 256 and rounded, two by two in one product."""
    rest = np.uint32(np.uint32(256) - share)
    low, low2 = np.uint32(first & _EVEN), np.uint32(second & _EVEN)
    high, high2 = np.uint32(np.uint32(first >> _BYTE) & _EVEN), np.uint32(np.uint32(second >> _BYTE) & _EVEN)
    even = np.uint32(np.uint32(low * rest) + np.uint32(low2 * share) + _HALVES)
    odd = np.uint32(np.uint32(high * rest) + np.uint32(high2 * share) + _HALVES)
    return np.uint32(np.uint32(np.uint32(even >> _BYTE) & _EVEN) | np.uint32(odd & ~_EVEN))


@compiled(inner=True)
def sample(
    upper: Packed, lower: Packed, places: Places, along: Packed, down: Packed, around: Packed, line: Packed
) -> None:
    """Pixels bilinearly between four, in two short loops: to fetch them is one thing, to mix them another.

    Args:
        upper: (N,) uint32, all rows of a picture one after the other.
        lower: The same from its second row on.
        places: (M,) int32, of each pixel's upper left one in `upper`.
        along: (M,) uint32, how much it takes of what is right of that, of 256.
        down: (M,) uint32, how much of what is below.
        around: (4, M) uint32, for what is fetched.
        line: (M,) uint32, written.
    """
    for x in range(len(line)):
        place = np.uint32(places[x])
        around[0, x], around[1, x] = upper[place], upper[place + np.uint32(1)]
        around[2, x], around[3, x] = lower[place], lower[place + np.uint32(1)]
    for x in range(len(line)):
        over = mixed(around[0, x], around[1, x], along[x])
        line[x] = mixed(over, mixed(around[2, x], around[3, x], along[x]), down[x])


@compiled(inner=True)
def unpack(line: Packed, levels: npt.NDArray[np.uint8]) -> None:
    """(M,) pixels as (3 M,) uint8: blue, green, red."""
    for x in range(len(line)):
        pixel = line[x]
        levels[3 * x] = np.uint8(pixel)
        levels[3 * x + 1] = np.uint8(pixel >> np.uint32(8))
        levels[3 * x + 2] = np.uint8(pixel >> np.uint32(16))
