"""The personas there are, as they are shown to whoever chooses among them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import cv2

from realtime.errors import PersonaError
from realtime.persona.adding import add_persona
from realtime.persona.catalog import BUILTIN, Entry, list_personas
from realtime.persona.identity import Identity
from realtime.persona.package import Persona, read_persona
from realtime.persona.portrait import decode_portrait

_SHOWN_PX = 320
_QUALITY = 88
_GROUNDS = {
    "self": "their own face",
    "consent": "with their consent",
    "public-domain": "a portrait in the public domain",
    "fictional": "nobody: a made-up face",
}


@dataclass(frozen=True, slots=True)
class PersonaCard:
    """What is shown of one persona.

    Attributes:
        key: Names it among the others; stays the same from one listing to the next.
        name: What the user calls it.
        whose: Whose face it is.
        facts: The rest of its identity card, each in words.
        refused: Why it may not or cannot be worn; empty where it may.
        portrait: JPEG, at most 320 pixels a side; empty where there is none.
    """

    key: str
    name: str
    whose: str
    facts: tuple[str, ...]
    refused: str
    portrait: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read of one persona.

    Attributes:
        card: As it reads on a day on which nothing refuses it, or, where it could not be read, why.
        identity: Says on which days that is; None where it could not be read.
        entry: Where it lies; None where no folder holds it.
        stamp: Modification time in ns and size of its file when it was read.
    """

    card: PersonaCard
    identity: Identity | None = None
    entry: Entry | None = None
    stamp: tuple[int, int] = (0, 0)

    def on(self, day: date) -> PersonaCard:
        """The card as it reads on a day."""
        try:
            if self.identity is not None:
                self.identity.check(day)
        except PersonaError as error:
            return replace(self.card, refused=str(error))
        return self.card


class Gallery:
    """Lists personas, and loads the one that was chosen. Any thread may call it.

    Args:
        more: Personas that no folder holds: photos, and files that were named by their path.
        builtin: Folder of the built-in personas; by default the package's own.
        user: Folder of the user's own; by default the user's own.
    """

    def __init__(self, more: Sequence[Persona] = (), *, builtin: Path | None = None, user: Path | None = None) -> None:
        self._more = {_key(persona): persona for persona in more}
        self._folders = {name: path for name, path in (("builtin", builtin), ("user", user)) if path is not None}
        self._reading = threading.Lock()
        self._kept: Mapping[str, _Kept] = MappingProxyType({})  # by key; replaced whole, so that it is read at any time

    def cards(self, today: date | None = None) -> tuple[PersonaCard, ...]:
        """All of them; a file is read again only when it has changed.

        Args:
            today: The day on which they are to be worn; by default, today.
        """
        day = today or date.today()
        with self._reading:
            before = self._kept
            read = {kept.entry: kept for kept in before.values() if kept.entry is not None}
            kept = {one.card.key: one for one in (_look(entry, read) for entry in list_personas(**self._folders))}
            for key, persona in self._more.items():
                if key not in kept:
                    kept[key] = before.get(key) or _Kept(_card(key, persona), persona.manifest.identity)
            self._kept = MappingProxyType(kept)
        return tuple(one.on(day) for one in kept.values())

    def portrait(self, key: str) -> bytes:
        """The portrait of a card, as it was last listed; empty where there is none. Reads no file."""
        kept = self._kept.get(key)
        return kept.card.portrait if kept is not None else b""

    def load(self, key: str, today: date | None = None) -> Persona:
        """The persona of a card.

        Raises:
            PersonaError: There is none of that key, or it may not or cannot be worn.
        """
        day = today or date.today()
        if key in self._more:
            self._more[key].manifest.identity.check(day)
            return self._more[key]
        kept = self._kept.get(key)
        if kept is None or kept.entry is None:
            raise PersonaError("persona", wanted="one of the gallery's", got="none of them", next_step="look again")
        return read_persona(kept.entry.path, today=day)

    def add(self, path: Path, today: date | None = None) -> str:
        """Copy a persona file into the user's folder.

        Returns:
            Its name.

        Raises:
            PersonaError: See `add_persona`; none is replaced.
        """
        builtin, user = self._folders.get("builtin", BUILTIN), self._folders.get("user")
        return add_persona(path, today=today, builtin=builtin, user=user).name

    def key_of(self, persona: Persona) -> str:
        """The key of a persona that was loaded."""
        return _key(persona)


def _look(entry: Entry, read: Mapping[Entry, _Kept]) -> _Kept:
    """Read a file, unless it has not changed since it was."""
    try:
        facts = entry.path.stat()
        stamp = facts.st_mtime_ns, facts.st_size
    except OSError:
        stamp = 0, 0
    known = read.get(entry)
    if known is not None and known.stamp == stamp:
        return known
    try:
        persona = read_persona(entry.path, today=None)
    except PersonaError as error:
        key = _hashed(str(entry.path).encode(), entry.name)
        return _Kept(PersonaCard(key, entry.name, "", (), str(error), b""), None, entry, stamp)
    return _Kept(_card(_key(persona), persona), persona.manifest.identity, entry, stamp)


def _card(key: str, persona: Persona) -> PersonaCard:
    identity = persona.manifest.identity
    return PersonaCard(key, persona.name, identity.name, _facts(identity), "", _shown(persona))


def _shown(persona: Persona) -> bytes:
    """The portrait, small; empty where it cannot be read, which keeps nobody from wearing the persona."""
    try:
        picture = decode_portrait(persona)
    except PersonaError:
        return b""
    shrink = min(1.0, _SHOWN_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def _facts(identity: Identity) -> tuple[str, ...]:
    facts = (
        _GROUNDS[identity.ground],
        f"until {identity.until.isoformat()}" if identity.until else "",
        f"died {identity.died}" if identity.died else "",
        f"source: {identity.source}" if identity.source else "",
    )
    return tuple(filter(None, facts))


def _key(persona: Persona) -> str:
    return _hashed(persona.manifest_sha256.encode() or persona.portrait, persona.name)


def _hashed(content: bytes, name: str) -> str:
    return hashlib.sha256(name.encode() + b"\0" + content).hexdigest()[:16]
