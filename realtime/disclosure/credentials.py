"""Content credentials (C2PA) read back from a file, and what they are worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from realtime.disclosure.apart import apart
from realtime.disclosure.claim import COMPOSITE, CREATED, FTYP_LABEL, PERSONAS_LABEL, PROGRAM
from realtime.disclosure.envelope import envelope_fault
from realtime.disclosure.formats import media_type
from realtime.disclosure.shown import ShownPersona
from realtime.disclosure.signing_key import local_anchors
from realtime.errors import CredentialsError, PersonaError
from realtime.persona.identity import parse_identity

_LONGEST = 120
_MOST_PERSONAS = 64
_UNTRUSTED = "signingCredential.untrusted"
_EXPIRED = "signingCredential.expired"
_ACTIONS = ("c2pa.actions.v2", "c2pa.actions")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a file says about itself, under whose signature, and whether that holds.

    Everything but `faults` and `trusted` is what the file says: worth as much as its signer.

    Attributes:
        faults: What does not hold, in C2PA's words; empty where the file is what was signed.
        trusted: Whether the signer leads to an authority that is trusted here.
        signer: Who signed, by the certificate.
        program: What made it.
        version: Which version of that.
        made_at: When, by the maker's clock; empty where it does not say.
        composite: Whether it says that a trained network made a part of what is seen.
        personas: Whose faces it shows.
        ftyp: Digest of the box with which the film began, see `envelope`; empty for a picture.
    """

    faults: tuple[str, ...]
    trusted: bool
    signer: str = ""
    program: str = ""
    version: str = ""
    made_at: str = ""
    composite: bool = False
    personas: tuple[ShownPersona, ...] = ()
    ftyp: str = ""

    @property
    def valid(self) -> bool:
        """Whether the file is what was signed, and the signature holds today."""
        return not self.faults

    @property
    def made_here(self) -> bool:
        """Whether it is valid, by one who is trusted here, and says that Thespis made it."""
        return self.valid and self.trusted and self.program == PROGRAM

    @property
    def said(self) -> tuple[str, ...]:
        """For people, a line each: what holds, who says so, what is said."""
        signer = f"signer {self.signer or 'without a name'}"
        if self.faults and self.faults != (_EXPIRED,):
            why = ", ".join(self.faults[:3])
            return (f"content credentials: NOT valid, the file was changed after it was signed, or is broken ({why})",)
        standing = "valid and trusted" if self.trusted else "valid but not trusted"
        if self.faults:
            standing = "no longer valid, since the time of the certificate is over"
        first = f"content credentials: {standing}, {signer}"
        made = f"made by {' '.join(filter(None, (self.program, self.version)))}" if self.program else ""
        # A persona of one photo is laid on by arithmetic: what its class of media says is more than that.
        ours = "a face in it replaced by a computed one"
        kind = (ours if self.program == PROGRAM else "a part of it by a trained network") if self.composite else ""
        facts = ", ".join(filter(None, (made, kind, self.made_at and f"at {self.made_at} by the maker's clock")))
        faces = [f"shows {one.identity.in_words()} (persona {one.persona})" for one in self.personas]
        return tuple(filter(None, (first, facts, *faces)))

    def to_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "valid": self.valid,
            "trusted": self.trusted,
            "made_here": self.made_here,
            "faults": list(self.faults),
            "signer": self.signer,
            "program": self.program,
            "version": self.version,
            "made_at": self.made_at or None,
            "composite": self.composite,
            "personas": [{"persona": one.persona, "identity": one.identity.to_json()} for one in self.personas],
        }


def read_credentials(path: Path, *, anchors: str | None = None) -> Credentials | None:
    """Read the credentials in a file; no network is used.

    Args:
        path: A film or a picture.
        anchors: Certificates of the authorities that are trusted, in PEM; by default this computer's own.

    Returns:
        None where it carries none, or is of a kind that carries none.

    Raises:
        CredentialsError: The file cannot be read, or the anchors are none.
    """
    kind = media_type(path)
    trusted = local_anchors() if anchors is None else anchors
    try:
        with path.open("rb") as file:
            return apart(lambda: judge(file, kind, trusted)) if kind else None
    except OSError as error:
        raise CredentialsError(str(path), got=error.strerror or str(error), next_step="check the path") from error


def read_anchors(path: Path) -> str:
    """The user's own trusted authorities.

    Raises:
        CredentialsError: They are no certificates in PEM.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "something else"
        raise CredentialsError(f"trusted authorities {path}", wanted="certificates in PEM", got=reason) from error
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def judge(file: BinaryIO, kind: str, anchors: str = "") -> Credentials | None:
    """Read the credentials in an open file.

    Args:
        file: Read from its start to its end.
        kind: Its media type.
        anchors: See `read_credentials`.

    Returns:
        None where there are none.
    """
    from c2pa import C2paError, Reader

    from realtime.disclosure.offline import offline_context

    file.seek(0)
    try:
        with offline_context(anchors) as context, Reader(kind, file, context=context) as reader:
            found = _of_store(json.loads(reader.json()))
    except C2paError.ManifestNotFound:
        return None
    except (C2paError, ValueError, RecursionError) as error:
        return Credentials((_plain(str(error) or type(error).__name__),), trusted=False)
    return _held_to_the_byte(found, file, kind) if found.program == PROGRAM else found


def _held_to_the_byte(found: Credentials, file: BinaryIO, kind: str) -> Credentials:
    """The same, with a fault where a byte was changed that C2PA does not cover, but Thespis writes in one way only."""
    if found.faults or not (fault := envelope_fault(file, kind, found.ftyp)):
        return found
    return replace(found, faults=(fault,), trusted=False)


def _of_store(store: Mapping[str, Any]) -> Credentials:
    """What a manifest store says; it comes from a file, so nothing in it need be as it should."""
    manifest = _table(_table(store.get("manifests")).get(str(store.get("active_manifest"))))
    state, faults = str(store.get("validation_state")), _faults(store)
    if state not in ("Valid", "Trusted") and not faults:
        faults = (f"validation state {_plain(state)}",)
    signature, generator = _table(manifest.get("signature_info")), _first(manifest.get("claim_generator_info"))
    created = _created(manifest)
    names = (_plain(signature.get(key)) for key in ("issuer", "common_name"))
    return Credentials(
        faults=faults,
        trusted=state == "Trusted" and not faults,
        signer=", ".join(filter(None, names)),
        program=_plain(generator.get("name")),
        version=_plain(generator.get("version")),
        made_at=_plain(created.get("when")),
        composite=created.get("digitalSourceType") == COMPOSITE,
        personas=tuple(_personas(manifest)),
        ftyp=next((_plain(data.get("sha256")) for data in _assertions(manifest, (FTYP_LABEL,))), ""),
    )


def _faults(store: Mapping[str, Any]) -> tuple[str, ...]:
    """Codes of what failed; that a signer is not trusted is told by itself."""
    results = _table(_table(store.get("validation_results")).get("activeManifest"))
    failures = [_table(one) for one in (*_rows(results.get("failure")), *_rows(store.get("validation_status")))]
    codes = [_plain(one.get("code")) for one in failures]
    return tuple(dict.fromkeys(code for code in codes if code != _UNTRUSTED))


def _created(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    for data in _assertions(manifest, _ACTIONS):
        for action in map(_table, _rows(data.get("actions"))):
            if action.get("action") == CREATED:
                return action
    return {}


def _personas(manifest: Mapping[str, Any]) -> list[ShownPersona]:
    found = []
    for data in _assertions(manifest, (PERSONAS_LABEL,)):
        for row in map(_table, _rows(data.get("personas"))[:_MOST_PERSONAS]):
            try:
                found.append(ShownPersona(_plain(row.get("persona")), parse_identity(_table(row.get("identity")))))
            except PersonaError:
                continue  # a card that says what no card may is no card
    return found


def _assertions(manifest: Mapping[str, Any], labels: Sequence[str]) -> list[Mapping[str, Any]]:
    rows = map(_table, _rows(manifest.get("assertions")))
    return [_table(row.get("data")) for row in rows if row.get("label") in labels]


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _first(value: object) -> Mapping[str, Any]:
    return _table(next(iter(_rows(value)), None))


def _plain(value: object) -> str:
    """Text out of a file, fit for a terminal: one line, no control characters, not too long."""
    text = "".join(char if char.isprintable() else " " for char in value) if isinstance(value, str) else ""
    return text[:_LONGEST].strip()
