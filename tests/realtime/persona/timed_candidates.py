"""Providers that are none, and a clock that says how long each takes."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace
from typing import Any

from realtime.errors import PersonaError
from realtime.persona import opening
from realtime.persona.opening import Opened, Wanted
from realtime.persona.package import Persona
from realtime.persona.provider import Candidate, Provider, Way

PLAIN, CAPTURED = Way(), Way("captured", device="cpu", captured=True)
CARD = Provider("card", "Card", "CPUExecutionProvider", ("fp16", "fp32"), ways=(CAPTURED, PLAIN))
SURE = Provider("sure", "Sure", "CPUExecutionProvider", ("int8", "fp32"), doubtful=lambda: False)
SLOW = replace(SURE, name="slow", label="Slow", ways=(Way(burden=2.0),))


class Clock:
    """Says how long each candidate takes, and counts what was opened and timed."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self.opened: list[str] = []
        self.timed: list[str] = []
        self.fails: dict[str, PersonaError] = {}
        self.now_s = 0.0
        self.takes_s = 0.0
        self.alive: list[int] = []
        self._networks: list[weakref.ref[object]] = []

    def open(self, wanted: Wanted, candidate: Candidate) -> Opened:
        self.alive.append(self.networks())
        self.opened.append(candidate.name)
        if candidate.name in self.fails:
            raise self.fails[candidate.name]
        opened = opening.open_candidate(wanted, candidate)
        self._networks.append(weakref.ref(opened.binding))
        return opened

    def time_ms(self, persona: Persona, candidate: Candidate, binding: object) -> float:
        self.timed.append(candidate.name)
        self.now_s += self.takes_s
        return self.ms.get(candidate.name, 10.0)

    def perf_counter(self) -> float:
        return self.now_s

    def time(self) -> float:
        return 1e9 + self.now_s

    def networks(self) -> int:
        """How many that were opened have not gone; nobody looks for circles here."""
        return sum(one() is not None for one in self._networks)

    def forget(self) -> None:
        self.opened, self.timed = [], []


def kept(wanted: Wanted) -> list[dict[str, Any]]:
    """What lies in the cache of choices."""
    return [json.loads(path.read_text()) for path in sorted((wanted.cache / "choices").glob("*"))]
