"""32 bits there and back, through noise; and what is no message is none."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from realtime.disclosure.mark_code import CODED_BITS, decode, encode, format_part, mark_of, persona_part
from realtime.disclosure.mark_pattern import BIT_CELLS, CARRIER, GRID_WH, SYNC, SYNC_CELLS, chips_of

MARKS = (0, 1, 0xFFFFFFFF, 0x3FA2C110, 0x80000000)


@pytest.mark.parametrize("mark", [-1, 1 << 32])
def test_more_than_32_bits(mark: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        encode(mark)


def test_nothing_and_noise_are_no_messages() -> None:
    assert decode(np.zeros(CODED_BITS)) is None
    rng = np.random.default_rng(1)
    assert sum(decode(rng.normal(size=CODED_BITS)) is not None for _ in range(200)) == 0


@pytest.mark.parametrize("mark", MARKS)
def test_there_and_back(mark: int) -> None:
    assert decode(encode(mark).astype(np.float64)) == mark


@pytest.mark.parametrize("mark", MARKS)
def test_through_noise_that_spoils_one_coded_bit_in_nine(mark: int) -> None:
    rng = np.random.default_rng(2)
    soft = encode(mark) + rng.normal(0, 0.8, CODED_BITS)
    assert (np.sign(soft) != encode(mark)).mean() > 0.08
    assert decode(soft) == mark


def test_what_a_mark_says() -> None:
    mark = mark_of("3fa2c1" + "0" * 58, "0.18.2")
    assert (persona_part(mark), format_part(mark), mark & 0xF) == ("3fa2c1", 1, 2)


def test_every_cell_has_one_part() -> None:
    cells = np.concatenate([SYNC_CELLS, BIT_CELLS.ravel()])
    np.testing.assert_array_equal(np.sort(cells), np.arange(GRID_WH[0] * GRID_WH[1]))
    assert np.count_nonzero(SYNC) == len(SYNC_CELLS)


def test_the_pattern_stays_what_it_is() -> None:
    """Films that were made last year are to be read: whoever changes this needs another format."""
    drawn = CARRIER.tobytes() + SYNC.tobytes() + BIT_CELLS.astype("<i8").tobytes() + chips_of(0x3FA2C110).tobytes()
    assert hashlib.sha256(drawn).hexdigest()[:16] == "3dc4d2717e39d2f6"
