"""How a persona was worn last: its fit, kept from one run to the next in the user's own folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import cast

import platformdirs

from realtime.errors import PersonaError
from realtime.fit import ADJUSTABLES, Fit, Value
from realtime.persona.package import Persona
from realtime.persona.strict_json import decode
from realtime.plain_file import read_bounded

_LARGEST = 16 * 1024
_DIGEST = 12
_DIGEST_AND_DASH = _DIGEST + 1


def fits_folder() -> Path:
    """Where they lie; the folder need not be there."""
    return Path(platformdirs.user_config_dir("thespis", appauthor=False)) / "fits"


def fit_file(persona: Persona, folder: Path | None = None) -> Path:
    """The file of one persona: two photos of one name are two personas."""
    digest = hashlib.sha256(persona.portrait).hexdigest()
    return (folder or fits_folder()) / f"{persona.name[:60]}-{digest[:_DIGEST]}.json"


def restore_fit(persona: Persona, folder: Path | None = None) -> tuple[Fit, str]:
    """The fit a persona had when it was worn last.

    Args:
        persona: Whose.
        folder: By default `fits_folder()`.

    Returns:
        The fit, and what to tell the user of what cannot be read, or may not be, and was left out; the default one,
        and nothing to tell, where none was kept.
    """
    path = fit_file(persona, folder)
    try:
        if not path.exists():
            return Fit(), ""
    except OSError as error:
        return Fit(), f"{persona.name} is worn as by default: {path}: {error.strerror or error}"
    kept = _read(path)
    if kept is None:
        return Fit(), f"{persona.name} is worn as by default: {path} cannot be read"
    good = {name: cast("Value", value) for name, value in kept.items() if _may_be(name, value)}
    left_out = ", ".join(sorted(name[:40] for name in set(kept) - set(good)))
    return Fit().with_values(good), f"left out of {path}: {left_out}" if left_out else ""


def as_last_time(persona: Persona, last: Fit, now: Fit) -> str:
    """What to tell the user of how a persona is worn: what stays as it was last time, and what is reset.

    Args:
        persona: Which.
        last: How it was worn last.
        now: How it is worn now; a value that somebody has just set to another is no news.
    """
    kept, worn = last.changed(), now.changed()
    stays = {name: value for name, value in kept.items() if worn.get(name) == value}
    reset = [
        f"{_in_words((name, ADJUSTABLES[name].default))} (was {_said(kept[name])})" for name in kept if name not in worn
    ]
    lines = [f"{persona.name} is worn as last time: {', '.join(map(_in_words, stays.items()))}"] if stays else []
    lines += [f"{persona.name} has the default again: {', '.join(reset)}"] if reset else []
    return "; ".join(lines)


def remembered(folder: Path | None = None) -> dict[str, dict[str, Value]]:
    """What is kept of every persona that was ever worn otherwise than by default, there or not.

    Args:
        folder: By default `fits_folder()`.

    Returns:
        Values by the persona's name; where two personas have one name, a part of each one's digest is behind it.
    """
    found = [(path.stem, _read(path)) for path in sorted((folder or fits_folder()).glob(f"*-{'?' * _DIGEST}.json"))]
    names = [stem[:-_DIGEST_AND_DASH] for stem, _ in found]
    listed: dict[str, dict[str, Value]] = {}
    for (stem, kept), name in zip(found, names, strict=True):
        values = {key: cast("Value", value) for key, value in (kept or {}).items() if _may_be(key, value)}
        if values:
            listed[name if names.count(name) == 1 else stem] = values
    return listed


def save_fit(persona: Persona, fit: Fit, folder: Path | None = None) -> str:
    """Keep a fit for the next run, whole or not at all; the default one needs no file.

    A file that cannot be read is not lost: it is set aside under `….unreadable`.

    Returns:
        What to tell the user where it could not be kept: a run need not fail for that.
    """
    path = fit_file(persona, folder)
    partial = path.with_name(path.name + ".partial")
    try:
        if path.exists() and _read(path) is None:
            path.replace(path.with_name(path.name + ".unreadable"))
        if not fit.lasting():
            path.unlink(missing_ok=True)
            return ""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(fit.lasting(), indent=1) + "\n")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        return f"how {persona.name} sits is not kept for the next run: {path}: {error.strerror or error}"
    return ""


def _read(path: Path) -> dict[str, object] | None:
    """The values of a file by name; None where it is not such a file."""
    try:
        kept = decode(str(path), read_bounded(path, _LARGEST))
    except (OSError, PersonaError):
        return None
    return kept if isinstance(kept, dict) else None


def _may_be(name: str, value: object) -> bool:
    one = ADJUSTABLES.get(name)
    return one is not None and one.lasting and one.accepts(value)


def _in_words(item: tuple[str, Value]) -> str:
    name, value = item
    return f"{name} {_said(value)}"


def _said(value: Value) -> str:
    return "on" if value is True else "off" if value is False else f"{value}"
