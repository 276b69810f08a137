"""How one persona sits on a face: what a user adjusts while it is worn, one frozen object for each persona.

Every value's meaning, unit and range stand beside it, once: `--set`, the saved file and a panel read them from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, cast

COLOUR_MATCHES = ("none", "spread", "histogram", "linear")
"""Leave the persona's colours; match mean and spread in CIELAB; match whole histograms; or scale linear light."""

DEFAULT = "default"
"""The word that gives a value back."""
_ON, _OFF = ("on", "true", "yes", "1"), ("off", "false", "no", "0")


Value: TypeAlias = bool | float | str


class Adjustable(NamedTuple):
    """What a value may be.

    Attributes:
        name: As in `--set NAME=VALUE`.
        default: What it is when nobody says.
        says: What it does.
        unit: Of a number.
        low: The least a number may be.
        high: The most.
        words: What a word may be; empty for numbers and switches.
        lasting: Whether it is kept for the next run. What lets the whole face be seen is said anew each time.
    """

    name: str
    default: Value
    says: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    words: tuple[str, ...] = ()
    lasting: bool = True

    @property
    def wanted(self) -> str:
        """What it may be, in words."""
        if isinstance(self.default, bool):
            return "on or off"
        if self.words:
            return " or ".join(self.words)
        return f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def accepts(self, value: object) -> bool:
        """Whether it may be this."""
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        if self.words:
            return value in self.words
        return isinstance(value, int | float) and self.low <= value <= self.high  # which no NaN is

    def read(self, text: str) -> Value:
        """The value that a user's word means.

        Raises:
            ValueError: It means none that this may be.
        """
        value: Value = text
        if text == DEFAULT:
            return self.default
        if isinstance(self.default, bool):
            value = text in _ON if text in (*_ON, *_OFF) else text
        elif not self.words:
            try:
                value = float(text)
            except ValueError:
                value = math.nan
        if not self.accepts(value):
            raise ValueError(f"{self.name}: wanted {self.wanted}, got {text!r}")
        return value


def _switch(default: bool, says: str) -> Any:
    return field(default=default, metadata={"says": says})


def _number(default: float, low: float, high: float, unit: str, says: str, *, lasting: bool = True) -> Any:
    facts = {"says": says, "unit": unit, "low": low, "high": high, "lasting": lasting}
    return field(default=default, metadata=facts)


def _word(default: str, words: tuple[str, ...], says: str) -> Any:
    return field(default=default, metadata={"says": says, "words": words})


_OF_CROP = "of the crop's side"


@dataclass(frozen=True, slots=True)
class Fit:
    """How one persona is worn. `ADJUSTABLES` says what each value does.

    Raises:
        ValueError: A value is none that it may be.
    """

    mask_learned: bool = _switch(True, "show only what the network takes for the performer's face, where it says so")
    mask_persona: bool = _switch(True, "show only what the persona's own mask covers")
    mask_hull: bool = _switch(True, "show only what lies within the performer's face points")
    erosion: float = _number(0.015, 0.0, 0.06, _OF_CROP, "how far the mask's rim is drawn in")
    feather: float = _number(0.05, 0.0, 0.15, _OF_CROP, "over what width the rim fades")
    keep_mouth: bool = _switch(False, "show the performer's own mouth")
    keep_eyes: bool = _switch(False, "show the performer's own eyes")
    keep_before: bool = _switch(True, "leave what lies before the face, where the network has seen the face")
    colour: str = _word("spread", COLOUR_MATCHES, "how the persona takes the light of the scene")
    colour_match: float = _number(1.0, 0.0, 1.0, "", "how far it takes it")
    sharpen: float = _number(0.5, 0.0, 2.0, "", "strength of the unsharp mask where a face is shown large")
    opacity: float = _number(1.0, 0.0, 1.0, "", "under 1 the performer shines through, in this run", lasting=False)
    scale: float = _number(1.0, 0.8, 1.25, "times", "how large the persona's face is")
    offset_x: float = _number(0.0, -0.1, 0.1, _OF_CROP, "how far it is moved to the right")
    offset_y: float = _number(0.0, -0.1, 0.1, _OF_CROP, "how far it is moved down")
    mirror: bool = _switch(False, "flip the whole picture left to right; of several personas the first one's counts")
    morph: float = _number(0.75, 0.0, 1.0, "", "how far a morphable network goes from the performer to the persona")

    def __post_init__(self) -> None:
        for name, one in ADJUSTABLES.items():
            if not one.accepts(getattr(self, name)):
                raise ValueError(f"{name}: wanted {one.wanted}, got {getattr(self, name)!r}")

    def with_values(self, values: Mapping[str, Value]) -> Fit:
        """The same fit, some values changed.

        Raises:
            ValueError: One is none that it may be, or there is none of its name.
        """
        if unknown := sorted(set(values) - set(ADJUSTABLES)):
            raise ValueError(f"wanted names out of {', '.join(ADJUSTABLES)}; got {', '.join(unknown)}")
        return replace(self, **values)  # type: ignore[arg-type]  # each is checked by its own kind

    def changed(self) -> dict[str, Value]:
        """The values that are not as they are by default."""
        return {name: getattr(self, name) for name, one in ADJUSTABLES.items() if getattr(self, name) != one.default}

    def lasting(self) -> dict[str, Value]:
        """What is kept for the next run: the values that are not as they are by default."""
        return {name: value for name, value in self.changed().items() if ADJUSTABLES[name].lasting}


ADJUSTABLES: Mapping[str, Adjustable] = MappingProxyType(
    {one.name: Adjustable(one.name, cast("Value", one.default), **one.metadata) for one in fields(Fit)}
)


def read_words(words: Iterable[str]) -> dict[str, Value]:
    """`["feather=0.1", "mirror=on"]` as values by name.

    Raises:
        ValueError: One is not of that form, names nothing, or has a value that this may not be.
    """
    values = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or name not in ADJUSTABLES:
            raise ValueError(f"wanted NAME=VALUE, the name out of {', '.join(ADJUSTABLES)}; got {word!r}")
        values[name] = ADJUSTABLES[name].read(text)
    return values
