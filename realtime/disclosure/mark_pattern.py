"""Where in the picture each bit of the watermark lies: a grid of chips over the whole frame, whatever its size.

The frame is divided into 128 by 72 cells of equal shares; at 720p a cell is 10 pixels square. Each is one chip of a
direct-sequence spread spectrum (Cox, Kilian, Leighton and Shamoon, 1997), lighter or darker, and between the middles
of the cells the chips are interpolated linearly: the pattern scales with the frame. 2736 cells are the sync, which is
always the same and tells where the picture was cut; 40 for each of the 162 coded bits carry the message, strewn over
the frame so that no crop or busy corner takes a whole bit.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from realtime.disclosure.mark_code import CODED_BITS, Signs, encode

GRID_WH = (128, 72)
CHIPS_A_BIT = 40
SYNC_CHIPS = GRID_WH[0] * GRID_WH[1] - CODED_BITS * CHIPS_A_BIT

_KEY = b"thespis watermark 1"
"""What the order of the cells and their signs are drawn from, by SHAKE-256: the same on every machine, for ever."""


def chips_of(mark: int) -> Signs:
    """The signs of all cells for a mark, (72, 128) int8, +1 lighter and -1 darker.

    Raises:
        ValueError: It is no number of 32 bits.
    """
    chips = CARRIER.copy()
    chips.reshape(-1)[BIT_CELLS] *= encode(mark)[:, None]
    return chips


def _drawn() -> tuple[Signs, npt.NDArray[np.int64]]:
    cells = GRID_WH[0] * GRID_WH[1]
    drawn = hashlib.shake_256(_KEY).digest(9 * cells)
    order = np.argsort(np.frombuffer(drawn[: 8 * cells], "<u8"), kind="stable")
    signs = 1 - 2 * (np.frombuffer(drawn[8 * cells :], np.uint8) & 1).astype(np.int8)
    return signs.reshape(GRID_WH[1], GRID_WH[0]), order


CARRIER, _ORDER = _drawn()
SYNC_CELLS = _ORDER[:SYNC_CHIPS]
"""(2736,) places of the sync in the flattened grid."""
BIT_CELLS = _ORDER[SYNC_CHIPS:].reshape(CODED_BITS, CHIPS_A_BIT)
"""(162, 40) places of each coded bit in the flattened grid."""
SYNC = np.zeros_like(CARRIER)
"""(72, 128) int8, the signs of the sync, 0 in the message's cells."""
SYNC.reshape(-1)[SYNC_CELLS] = CARRIER.reshape(-1)[SYNC_CELLS]
for _table in (CARRIER, SYNC_CELLS, BIT_CELLS, SYNC):
    _table.setflags(write=False)
