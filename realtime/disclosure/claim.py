"""What the credentials of a file say: how it was made, by what, when, and whose faces it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version

from realtime.disclosure.shown import ShownPersona

PROGRAM = "Thespis"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for media with parts that a trained network made, and parts that it did not."""
CREATED = "c2pa.created"
PERSONAS_LABEL = "thespis.personas"
FTYP_LABEL = "thespis.ftyp"


def claim_of(personas: Sequence[ShownPersona], when: datetime, ftyp: str = "") -> dict[str, object]:
    """A manifest definition as the C2PA library takes it.

    Args:
        personas: Whom the file shows.
        when: This moment.
        ftyp: Digest of the box that a film begins with, which C2PA leaves out; see `envelope`.
    """
    program = {"name": PROGRAM, "version": version("thespis")}
    names = ", ".join(dict.fromkeys(one.identity.name for one in personas)) or "a persona"
    made = {
        "action": CREATED,
        "when": when.isoformat(timespec="seconds"),
        "softwareAgent": program,
        "digitalSourceType": COMPOSITE,
        "parameters": {"description": f"A face was replaced by a computed one: {names}"},
    }
    cards = [{"persona": one.persona, "identity": one.identity.to_json()} for one in personas]
    return {
        "claim_generator_info": [program],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [made]}},
            {"label": PERSONAS_LABEL, "data": {"personas": cards}},
            *([{"label": FTYP_LABEL, "data": {"sha256": ftyp}}] if ftyp else []),
        ],
    }
