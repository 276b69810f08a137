"""The watermark's 32 bits and the 162 coded bits that carry them.

    24 bits   the first three bytes of the SHA-256 of the persona file's manifest: which persona
     4 bits   the format of the watermark, `FORMAT`: a reader of another format finds nothing
     4 bits   the program's minor version, modulo 16: which Thespis

A CRC-16 (CCITT, polynomial 0x1021, begun at 0xFFFF) follows, then six zeros, and all of it goes through the
convolutional code of constraint length 7 and rate 1/3 with the generators 133, 171, 165 (octal; Odenwalder, 1970; that
of LTE, 3GPP TS 36.212, 5.1.3.1). It is decoded softly by Viterbi's algorithm (1967).
"""

from __future__ import annotations

import binascii
from functools import cache
from importlib.metadata import version
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FORMAT = 1
PERSONA_BITS, MARK_BITS, CHECK_BITS = 24, 32, 16

Signs: TypeAlias = npt.NDArray[np.int8]
"""Coded bits as +1 (zero) and -1 (one)."""

_GENERATORS = (0o133, 0o171, 0o165)
_MEMORY = 6
_STATES = 1 << _MEMORY
_CHECK_START = 0xFFFF  # begun at 0, an empty message would be a valid one

_STEPS = MARK_BITS + CHECK_BITS + _MEMORY
CODED_BITS = _STEPS * len(_GENERATORS)


def mark_of(sha256_hex: str, program: str | None = None) -> int:
    """The 32 bits of a persona.

    Args:
        sha256_hex: Digest of its manifest, at least 6 hexadecimal digits.
        program: Version of the program, `MAJOR.MINOR…`; by default of this one.
    """
    minor = int((program or _program()).split(".")[1]) % 16
    return int(sha256_hex[: PERSONA_BITS // 4], 16) << 8 | FORMAT << 4 | minor


def persona_part(mark: int) -> str:
    """The persona's part of a mark, six hexadecimal digits."""
    return f"{mark >> (MARK_BITS - PERSONA_BITS):06x}"


def format_part(mark: int) -> int:
    """The watermark's format, as a mark states it."""
    return mark >> 4 & 0xF


def encode(mark: int) -> Signs:
    """The coded bits of a mark, (162,) int8.

    Raises:
        ValueError: It is no number of 32 bits.
    """
    if not 0 <= mark < 1 << MARK_BITS:
        raise ValueError(f"a mark has {MARK_BITS} bits, got {mark}")
    body = mark.to_bytes(MARK_BITS // 8, "big")
    whole = body + binascii.crc_hqx(body, _CHECK_START).to_bytes(CHECK_BITS // 8, "big")
    bits = [*np.unpackbits(np.frombuffer(whole, np.uint8)).tolist(), *[0] * _MEMORY]
    coded, state = np.empty((_STEPS, len(_GENERATORS)), np.int8), 0
    for step, bit in enumerate(bits):
        coded[step] = _outputs(bit << _MEMORY | state)
        state = (bit << _MEMORY | state) >> 1
    return coded.reshape(-1)


def decode(soft: npt.NDArray[np.float64]) -> int | None:
    """The likeliest mark behind soft coded bits.

    Args:
        soft: (162,) one number for each coded bit, its sign saying which, its size how surely.

    Returns:
        The mark; None where the check does not agree, which it does by chance once in 65,536 times.
    """
    steps = np.asarray(soft, np.float64).reshape(_STEPS, len(_GENERATORS))
    metric = np.full(_STATES, -np.inf)
    metric[0] = 0.0
    came_from = np.empty((_STEPS, _STATES), np.int64)
    for number, step in enumerate(steps):
        reach = metric[_BEFORE] + _BRANCH @ step  # (states, 2)
        best = reach.argmax(1)
        came_from[number] = _BEFORE[_EVERY, best]
        metric = reach[_EVERY, best]
    bits, state = np.empty(_STEPS, np.uint8), 0  # the six zeros lead back to state 0
    for number in range(_STEPS - 1, -1, -1):
        bits[number] = state >> (_MEMORY - 1)
        state = int(came_from[number, state])
    whole = np.packbits(bits[: MARK_BITS + CHECK_BITS]).tobytes()
    body, check = whole[: MARK_BITS // 8], whole[MARK_BITS // 8 :]
    if binascii.crc_hqx(body, _CHECK_START).to_bytes(CHECK_BITS // 8, "big") != check:
        return None
    return int.from_bytes(body, "big")


@cache
def _program() -> str:
    return version("thespis")  # reads a file: not once for each frame


def _outputs(register: int) -> list[int]:
    return [1 - 2 * ((register & generator).bit_count() & 1) for generator in _GENERATORS]


# A state is the last six bits, the newest on the left: two states lead to each, and its newest bit is what was sent.
_EVERY = np.arange(_STATES)
_BEFORE = (_EVERY[:, None] << 1 & _STATES - 1) | np.arange(2)
_BRANCH = np.array(
    [
        [_outputs((state >> (_MEMORY - 1)) << _MEMORY | int(before)) for before in _BEFORE[state]]
        for state in range(_STATES)
    ],
    np.float64,
)
