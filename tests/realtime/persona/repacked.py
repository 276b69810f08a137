"""Persona files that are edited after they were written, and read on the day of the tests."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny_personas import TODAY

from realtime.persona.package import read_persona


def read(path: Path) -> Any:
    return read_persona(path, today=TODAY)


def repack(path: Path, edit: Callable[[dict[str, bytes]], None], **options: Any) -> Path:
    """The same zip with its members edited."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def edit_json(path: Path, **changes: Any) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        facts = json.loads(members["persona.json"])
        for key, value in changes.items():
            if value is None:
                del facts[key]
            else:
                facts[key] = value
        members["persona.json"] = json.dumps(facts).encode()

    return repack(path, edit)
