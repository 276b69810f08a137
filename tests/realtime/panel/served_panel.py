"""A panel that is really served, of a show that is not there."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime.casting import Rule
from realtime.choice import Choice, Option
from realtime.control import Controls
from realtime.errors import PersonaError
from realtime.panel.directing import Status
from realtime.panel.preview import Onlooker
from realtime.panel.server import PanelServer
from realtime.timing import Timing

TOKEN = "t" * 43


@dataclass
class FakeDirecting:
    """Remembers what it was asked."""

    controls: Controls
    choice: Choice = field(default_factory=lambda: Choice("demo", (), ("k",)))
    status: Status = "stopped"
    timing: Timing = field(default_factory=Timing)
    asked: list[Any] = field(default_factory=list)
    target_delay_ms: float = 0.0

    def start(self) -> None:
        self.asked.append("start")

    def stop(self) -> None:
        self.asked.append("stop")

    def choose(self, choice: Choice) -> None:
        self.asked.append(choice)

    def wear(self, place: int, key: str) -> str:
        if key == "old":
            raise PersonaError("Old Example may no longer be worn", next_step="ask again")
        self.asked.append((place, key))
        return f"persona {key}"

    def cast(self, rule: Rule, pins: Mapping[int, int | None]) -> None:
        self.asked.append((rule, dict(pins)))

    def sources(self) -> Sequence[Option]:
        return [Option("demo", "the built-in performer")]

    def outputs(self) -> Sequence[Option]:
        return [Option("camera", "virtual camera", "no driver")]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> str:
        return str(json.loads(self.body).get("error", ""))


@dataclass
class Panel:
    """A panel that is served, and whoever asks it."""

    server: PanelServer
    directing: FakeDirecting
    onlooker: Onlooker
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One request, with these headers alone (and a Host, where none is given)."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": self.host, **(headers or {})}.items():
                line.putheader(name, value)
            if body is not None and "Transfer-Encoding" not in (headers or {}):
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            line.close()

    def do(self, words: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a change as the page does."""
        own = {"Origin": f"http://{self.host}", "Content-Type": "application/json", **(headers or {})}
        body = words if isinstance(words, bytes) else json.dumps(words).encode()
        return self.ask("POST", f"/{TOKEN}/do", own, body)
