"""What a user has chosen to be played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from realtime.casting import Rule


class Option(NamedTuple):
    """Something that can be chosen.

    Attributes:
        spec: How it is written on the command line.
        label: How it is shown.
        why_not: Why it cannot be had now; empty where it can.
    """

    spec: str
    label: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be played, and where to.

    Attributes:
        source: As after `--source`.
        outputs: As after `--output`; none where it is only looked at in the panel.
        personas: Keys in the gallery, one for each place.
        rule: Who wears which.
        faces: How many faces are looked for.
    """

    source: str
    outputs: tuple[str, ...]
    personas: tuple[str, ...]
    rule: Rule = "everyone"
    faces: int = 4
