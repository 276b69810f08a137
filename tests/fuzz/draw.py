"""Choices out of a fuzzer's bytes: the same bytes, the same choices, so that a found input can be kept as a file."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, TypeVar

Chosen = TypeVar("Chosen")

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 2**64, 10**400, 0.5, -0.0, 1e308, 5e-324),
    *("", "x", "\x00", "\x1b[2J", "../../x", "/etc/passwd", "C:\\x", "‮gnp.exe", "\ud800", "é" * 300, "0" * 64),
    *("nan", "inf", "1_0", "٣", "NaN", "2027-12-31", "0000-00-00", "box:0,0,1,1", "colour:red", "thespis-1"),
    *([], {}, [[]], [0.0] * 1434, [0.5] * 512, {"": {}}, {"a": [{}]}, ["r", "g", "b"], [0.0, 1.0]),
)
"""What readers have stumbled over before."""


class Draw:
    """Takes choices from the front of some bytes; past their end every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def below(self, limit: int) -> int:
        """A number from 0 to one less than a limit of at most 65536."""
        size = 1 if limit <= 256 else 2
        return int.from_bytes(self.take(size), "little") % limit

    def one_of(self, choices: Sequence[Chosen]) -> Chosen:
        """One of several."""
        return choices[self.below(len(choices))]

    def take(self, count: int) -> bytes:
        """So many bytes, or what is left."""
        taken = self._data[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def value(self) -> Any:
        """Something that JSON can hold, or nearly."""
        kind = self.below(4)
        if kind == 0:
            return deepcopy(self.one_of(VALUES))
        if kind == 1:
            return int.from_bytes(self.take(8), "little", signed=True)
        text = self.take(self.below(64)).decode("utf-8", "replace")
        return text if kind == 2 else {text: deepcopy(self.one_of(VALUES))}


def edit(draw: Draw, facts: Any) -> Any:
    """A JSON value with some of it changed, taken out, or added to."""
    for _ in range(1 + draw.below(4)):
        place: Any = facts
        while isinstance(place, dict | list) and place:
            key = draw.one_of(list(place) if isinstance(place, dict) else range(len(place)))
            inside = place[key]
            if isinstance(inside, dict | list) and inside and draw.below(3):
                place = inside
                continue
            _change(draw, place, key)
            break
    return facts


def splice(draw: Draw, content: bytes) -> bytes:
    """Some bytes with a few of them overwritten, taken out, doubled or added."""
    edited = bytearray(content)
    for _ in range(1 + draw.below(4)):
        at = draw.below(65536) % (len(edited) + 1)
        way, length = draw.below(4), draw.below(32)
        if way == 0:
            fresh = draw.take(length)
            edited[at : at + len(fresh)] = fresh
        elif way == 1:
            del edited[at : at + length]
        elif way == 2:
            edited[at:at] = edited[at : at + length]
        else:
            edited[at:at] = draw.take(length)
    return bytes(edited)


def _change(draw: Draw, place: Any, key: Any) -> None:
    way = draw.below(3)
    if way == 0:
        place[key] = draw.value()
    elif way == 1:
        del place[key]
    elif isinstance(place, dict):
        place[draw.take(8).decode("utf-8", "replace")] = draw.value()
    else:
        place.append(draw.value())
