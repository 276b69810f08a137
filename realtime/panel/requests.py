"""What the page may ask for: each request by name, its words taken by type, and answered in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from realtime.actions import ACTIONS
from realtime.casting import Rule
from realtime.choice import Choice
from realtime.errors import PersonaError
from realtime.fit import Value
from realtime.panel.directing import Directing
from realtime.persona.strict_json import decode

MOST_BYTES = 16 * 1024
_MOST_OUTPUTS, _MOST_PLACES, _MOST_PINS, _LONGEST = 6, 8, 32, 1000


class WrongRequestError(ValueError):
    """A request that means nothing, in words for whoever sent it."""


def answer(directing: Directing, body: bytes) -> str:
    """Do what was asked.

    Args:
        directing: Directs the show.
        body: JSON, an object with `do` and what belongs to it.

    Returns:
        What came of it, in words; may be empty.

    Raises:
        WrongRequestError: It asks for nothing that there is.
        ValueError: A value is none that it may be.
        ThespisError: It could not be done.
    """
    try:
        asked = decode("request", body)
    except PersonaError as error:
        raise WrongRequestError(f"the request is no JSON: {error.got}") from error
    if not isinstance(asked, dict):
        raise WrongRequestError("the request is no JSON object")
    words = _Words(asked)
    name = words.text("do")
    if name in ACTIONS and name != "record":
        words.end()
        return directing.controls.do(name)
    if name not in _REQUESTS:
        raise WrongRequestError(f"nothing is called {name[:40]!r} here; there is {', '.join((*ACTIONS, *_REQUESTS))}")
    return _REQUESTS[name](directing, words)


class _Words:
    """The words of a request, each taken once and by type; what is left over is refused."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._left = dict(asked)

    def take(self, name: str, kind: type, wanted: str, otherwise: Any = None) -> Any:
        value = self._left.pop(name, otherwise)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise WrongRequestError(f"{name}: wanted {wanted}")
        return value

    def text(self, name: str, otherwise: str | None = None) -> str:
        value: str = self.take(name, str, "text", otherwise)
        if not 0 < len(value) <= _LONGEST or not value.isprintable():
            raise WrongRequestError(f"{name}: wanted 1 to {_LONGEST} printable characters")
        return value

    def number(self, name: str, low: int, high: int, otherwise: int | None = None) -> int:
        value: int = self.take(name, int, "a whole number", otherwise)
        if not low <= value <= high:
            raise WrongRequestError(f"{name}: wanted {low} to {high}, got {value}")
        return value

    def texts(self, name: str, most: int, otherwise: list[str]) -> tuple[str, ...]:
        values: list[object] = self.take(name, list, "a list", otherwise)
        if len(values) > most:
            raise WrongRequestError(f"{name}: wanted at most {most}, got {len(values)}")
        return tuple(_Words({name: one}).text(name) for one in values)

    def values(self, name: str) -> Mapping[str, Value]:
        table: dict[str, object] = self.take(name, dict, "names and values")
        if not all(isinstance(value, bool | int | float | str) for value in table.values()):
            raise WrongRequestError(f"{name}: wanted numbers, words, true or false")
        return cast("Mapping[str, Value]", table)

    def end(self) -> None:
        if self._left:
            raise WrongRequestError(f"{', '.join(sorted(self._left))[:80]}: nobody asked for that")


def _start(directing: Directing, words: _Words) -> str:
    words.end()
    directing.start()
    return ""


def _stop(directing: Directing, words: _Words) -> str:
    words.end()
    directing.stop()
    return ""


def _record(directing: Directing, words: _Words) -> str:
    on: bool = words.take("on", bool, "true or false")
    words.end()
    return directing.controls.record(on)


def _fit(directing: Directing, words: _Words) -> str:
    place, values = words.number("place", 0, _MOST_PLACES, 0), words.values("values")
    words.end()
    directing.controls.set_fit(place, values)
    return ""


def _settings(directing: Directing, words: _Words) -> str:
    values = words.values("values")
    words.end()
    directing.controls.set_settings(values)
    return ""


def _wear(directing: Directing, words: _Words) -> str:
    """Where nothing plays, it is what will be worn."""
    place, key = words.number("place", 0, _MOST_PLACES, 0), words.text("persona")
    words.end()
    return directing.wear(place, key)


def _add_persona(directing: Directing, words: _Words) -> str:
    """A file on this computer, checked whole and copied; as of a film that is named as the source, none of it comes in
    over the network, and nothing is ever replaced."""
    file = words.text("file")
    words.end()
    try:
        path = Path(file).expanduser()
    except RuntimeError as error:
        raise PersonaError(
            f"persona {file}", wanted="a file", got=str(error), next_step="write its whole path"
        ) from error
    said = f"{directing.controls.gallery.add(path)} is among your personas"
    directing.controls.messages.say(said)
    return said


def _cast(directing: Directing, words: _Words) -> str:
    rule, pinned = words.text("rule"), words.take("pins", dict, "places by face", {})
    words.end()
    if rule not in get_args(Rule):
        raise WrongRequestError(f"rule: wanted one of {', '.join(get_args(Rule))}")
    if len(pinned) > _MOST_PINS:
        raise WrongRequestError(f"pins: wanted at most {_MOST_PINS}, got {len(pinned)}")
    pins: dict[int, int | None] = {}
    for face, place in pinned.items():
        if not (face.isdecimal() and len(face) < 10) or not (place is None or type(place) is int):
            raise WrongRequestError("pins: wanted the number of a face, and a place or null")
        pins[int(face)] = place
    directing.cast(cast("Rule", rule), pins)
    return ""


def _choose(directing: Directing, words: _Words) -> str:
    now = directing.choice
    chosen = Choice(
        words.text("source", now.source),
        words.texts("outputs", _MOST_OUTPUTS, list(now.outputs)),
        words.texts("personas", _MOST_PLACES, list(now.personas)),
        cast("Rule", words.text("rule", now.rule)),
        words.number("faces", 1, 8, now.faces),
    )
    words.end()
    if chosen.rule not in get_args(Rule):
        raise WrongRequestError(f"rule: wanted one of {', '.join(get_args(Rule))}")
    if not chosen.personas:
        raise WrongRequestError("personas: wanted at least one")
    directing.choose(chosen)
    return ""


_REQUESTS: Mapping[str, Callable[[Directing, _Words], str]] = {
    "start": _start,
    "stop": _stop,
    "record": _record,
    "fit": _fit,
    "settings": _settings,
    "wear": _wear,
    "add_persona": _add_persona,
    "cast": _cast,
    "choose": _choose,
}
