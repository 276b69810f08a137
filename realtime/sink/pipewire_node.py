"""Whether our node is in PipeWire's graph, from what `pw-dump --monitor` prints."""

from __future__ import annotations

import json
from typing import Any

from realtime.sink.pipewire_programs import MARK


class NodeWatch:
    """Reads one JSON list after another, of objects that came, changed or went.

    Args:
        mark: The value of the property `MARK` of the node that is looked for.

    Attributes:
        present: Whether the node is there.
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._text = ""
        self._decoder = json.JSONDecoder()
        self._id: int | None = None

    @property
    def present(self) -> bool:
        """Whether the node is there."""
        return self._id is not None

    def feed(self, printed: str) -> None:
        """Take what was printed next, cut anywhere."""
        self._text = (self._text + printed).lstrip()
        while self._text and self._text.rstrip().endswith("]"):
            try:
                changes, end = self._decoder.raw_decode(self._text)
            except json.JSONDecodeError:
                return  # the bracket was one inside: the rest is still to come
            self._text = self._text[end:].lstrip()
            for change in changes:
                self._note(change)

    def _note(self, change: dict[str, Any]) -> None:
        info = change.get("info")
        if info is None:
            if change.get("id") == self._id:
                self._id = None
        elif (info.get("props") or {}).get(MARK) == self._mark:
            self._id = change["id"]
