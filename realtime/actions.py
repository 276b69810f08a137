"""What a key does: one table, for the window's keys and for the panel."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Action(NamedTuple):
    """One thing that a key does.

    Attributes:
        name: How it is asked for.
        key: The character, in a window or in the panel.
        label: What its button says.
        says: What it does.
        slow: Whether it takes so long that whoever draws a window is not to wait for it.
    """

    name: str
    key: str
    label: str
    says: str
    slow: bool = False


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        one.name: one
        for one in (
            Action("hide", "h", "Hide", "the slate at once, in every output, until you show again"),
            Action("show", "v", "Show again", "the picture comes back"),
            Action("next_persona", "n", "Next persona", "the next one in the gallery is worn", slow=True),
            Action("snapshot", "s", "Snapshot", "a signed picture of what viewers see", slow=True),
            Action("record", "r", "Record", "a signed film of what viewers see; again ends it", slow=True),
            Action("mirror", "m", "Mirror", "the picture left to right, or back"),
        )
    }
)
"""Hiding never shows: whoever presses it twice in a panic stays hidden."""
BY_KEY: Mapping[str, Action] = MappingProxyType({one.key: one for one in ACTIONS.values()})
