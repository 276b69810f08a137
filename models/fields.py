"""Readable JSON back into a frozen record: every field by its own type, none missing its bounds, none too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

Record = TypeVar("Record")

MOST_BYTES = 256 * 1024
_LONGEST, _LARGEST, _MOST_ENTRIES = 4096, 2**53, 64


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and "\0" not in value


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _LARGEST


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_finite_or_none(value: object) -> bool:
    return value is None or _is_number(value)


def _is_table(value: object) -> bool:
    if not isinstance(value, dict) or len(value) > _MOST_ENTRIES:
        return False
    return all(_is_text(key) and _is_text(one) for key, one in value.items())


_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "str": _is_text,
    "int": _is_count,
    "int | None": lambda value: value is None or _is_count(value),
    "float": _is_number,
    "float | None": _is_finite_or_none,
    "Mapping[str, str]": _is_table,
}
"""By the words of an annotation; integers here count something."""


def parse_table(text: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: It is none, is too long, or is nested without end.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"{len(text)} characters of JSON")
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("JSON nested without end") from error
    if not isinstance(found, dict):
        raise ValueError("JSON that is no object")
    return found


def read_record(kind: type[Record], found: Mapping[str, Any]) -> Record:
    """A record back from a JSON object.

    Args:
        kind: A dataclass whose fields have types out of `_CHECKS`.
        found: What `asdict(record)` gave.

    Raises:
        ValueError: A field is unknown, missing or not what it may be.
    """
    types = {one.name: str(one.type) for one in fields(kind)}  # type: ignore[arg-type]  # any dataclass
    for name, value in found.items():
        if name not in types:
            raise ValueError(f"an unknown field {name[:40]!r}")
        if not _CHECKS[types[name]](value):
            raise ValueError(f"no {types[name]} as {name}")
    try:
        return kind(**found)
    except TypeError as error:
        raise ValueError(str(error)) from error
