"""JSON from strangers: every key is asked for by type, and what was not asked for is refused."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn, TypeVar

from realtime.errors import PersonaError

MAX_ENTRIES = 32
MAX_TEXT = 200
MAX_NUMBER = 1e6

_Scalar = TypeVar("_Scalar", str, int, float, bool)
_DIGEST = re.compile(r"[0-9a-f]{64}")


def decode(where: str, text: bytes) -> object:
    """JSON without its loopholes: no key twice, no NaN, no endless nesting.

    Raises:
        PersonaError: It is not JSON, or goes through one of them.
    """

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        table = dict(items)
        if len(table) != len(items):
            raise ValueError("a key stands twice")
        return table

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError) as error:  # JSON and Unicode faults are both ValueErrors
        raise PersonaError(
            where,
            wanted="JSON",
            got=str(error)[:120],
            next_step="export or download the persona again",
        ) from error


class Table:
    """One JSON object, from which each key is taken by type; what is left over at the end is refused."""

    def __init__(self, where: str, value: object) -> None:
        self._where = where
        if not isinstance(value, dict):
            raise _fault(where, "an object", type(value).__name__)
        if len(value) > MAX_ENTRIES:
            raise _fault(where, f"at most {MAX_ENTRIES} entries", str(len(value)))
        self._values: dict[str, object] = value
        self._taken: set[str] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def refuse(self, key: str, wanted: str, got: str) -> NoReturn:
        """Raise the PersonaError that this key deserves."""
        raise _fault(f"{self._where}: {key}", wanted, got)

    def text(self, key: str) -> str:
        """A short printable text."""
        value = self._take(key, str, "text")
        if not 0 < len(value) <= MAX_TEXT or not value.isprintable():
            self.refuse(key, f"1 to {MAX_TEXT} printable characters", repr(value)[:60])
        return value

    def text_or(self, key: str, default: str) -> str:
        """A short printable text, or the default where the key is missing."""
        return self.text(key) if key in self._values else default

    def whole(self, key: str) -> int:
        """A whole number, 0 or more."""
        value = self._take(key, int, "a whole number")
        if not 0 <= value < 2**63:
            self.refuse(key, "0 or more", str(value)[:40])
        return value

    def number(self, key: str) -> float:
        """A finite number, whole or not."""
        value = self._take(key, float, "a number")
        if not math.isfinite(value):
            self.refuse(key, "a finite number", str(value))
        return value

    def within(self, key: str, bounds: range) -> int:
        """A whole number within bounds."""
        value = self.whole(key)
        if value not in bounds:
            self.refuse(key, f"{bounds.start} to {bounds.stop - 1}", str(value))
        return value

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed texts."""
        value = self.text(key)
        if value not in allowed:
            self.refuse(key, " or ".join(allowed), value)
        return value

    def items(self, key: str) -> list[object]:
        """A short list of whatever it holds."""
        value = self._values.get(key)
        self._taken.add(key)
        if not isinstance(value, list) or len(value) > MAX_ENTRIES:
            self.refuse(key, f"a list of at most {MAX_ENTRIES}", _kind(value))
        return value

    def row(self, key: str, count: int) -> tuple[float, ...]:
        """So many finite numbers."""
        value = self._values.get(key)
        self._taken.add(key)
        if not isinstance(value, list) or len(value) != count:
            self.refuse(key, f"a list of {count} numbers", f"{len(value)}" if isinstance(value, list) else _kind(value))
        if not all(
            isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < MAX_NUMBER for one in value
        ):
            self.refuse(key, f"numbers under {MAX_NUMBER:g}", "something else")
        return tuple(float(one) for one in value)

    def switch(self, key: str) -> bool:
        """True or false."""
        return self._take(key, bool, "true or false")

    def table(self, key: str) -> Table:
        """An object within this one."""
        self._taken.add(key)
        return Table(f"{self._where}: {key}", self._values.get(key))

    def texts(self) -> dict[str, str]:
        """Every entry, all texts."""
        return {key: self.text(key) for key in self._values}

    def wholes(self) -> dict[str, int]:
        """Every entry, all whole numbers."""
        return {key: self.whole(key) for key in self._values}

    def numbers(self) -> dict[str, float]:
        """Every entry, all numbers."""
        return {key: self.number(key) for key in self._values}

    def digests(self) -> dict[str, str]:
        """Every entry, all SHA-256 digests."""
        texts = self.texts()
        for key, digest in texts.items():
            if not _DIGEST.fullmatch(digest):
                self.refuse(key, "a SHA-256 of 64 hexadecimal digits", repr(digest)[:80])
        return texts

    def keys_out_of(self, allowed: tuple[str, ...]) -> list[str]:
        """The keys, none of which may lie outside the allowed ones."""
        for key in self._values:
            if key not in allowed:
                self.refuse(key[:40], "one of " + ", ".join(allowed), "another key")
        return list(self._values)

    def rest(self) -> dict[str, object]:
        """The entries as they are, for a parser of their own."""
        return self._values

    def end(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._values:
            if key not in self._taken:
                self.refuse(key[:40], "no such key", "one")

    def _take(self, key: str, kind: type[_Scalar], word: str) -> _Scalar:
        self._taken.add(key)
        value = self._values.get(key)
        if kind is float and type(value) is int:
            value = float(value) if abs(value) < 2**63 else math.inf
        if type(value) is not kind:
            self.refuse(key, word, _kind(value))
        return value


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _fault(what: str, wanted: str, got: str) -> PersonaError:
    return PersonaError(
        what, wanted=wanted, got=got, next_step="export it with this version of Thespis, or update Thespis"
    )
