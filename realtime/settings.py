"""What a user may change while the loop runs: frozen objects, swapped whole.

`Settings` are the show's; how each persona sits is its `realtime.fit.Fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar, get_args

from realtime.fit import Adjustable
from realtime.frame import Frame

WhenLost = Literal["hold", "blur", "slate", "show"]
"""What a viewer sees where no swap is good: the last good one for `hold_s` and then pixels; pixels at once;
a slate; or, as the user's own word and never a default, the performer."""

Corner = Literal["top-right", "top-left", "bottom-right", "bottom-left"]

DETECT_HZ = 30.0
"""How often in a second a live picture is searched for faces, at most; see `realtime.face.finder.FaceFinder`."""

Value = TypeVar("Value")
Step = TypeVar("Step", bound=Callable[[Frame], Frame])


@dataclass(frozen=True, slots=True)
class Settings:
    """What viewers are shown beside the persona.

    Attributes:
        when_lost: What is shown where no swap is good.
        hold_s: How long `hold` shows the last good swap, 0 to 0.2 seconds.
        badge: Whether the visible "AI" badge is drawn.
        badge_corner: Where.

    Raises:
        ValueError: A value is outside its range.
    """

    when_lost: WhenLost = "hold"
    hold_s: float = 0.2
    badge: bool = True
    badge_corner: Corner = "top-right"

    def __post_init__(self) -> None:
        for name, kind in (("when_lost", WhenLost), ("badge_corner", Corner)):
            if (value := getattr(self, name)) not in get_args(kind):
                raise ValueError(f"{name}: wanted one of {', '.join(get_args(kind))}, got {value!r}")
        if not 0.0 <= self.hold_s <= 0.2:
            raise ValueError(f"hold_s: wanted 0 to 0.2 seconds, got {self.hold_s}")


SETTINGS: Mapping[str, Adjustable] = MappingProxyType(
    {
        one.name: one
        for one in (
            Adjustable("when_lost", "hold", "what viewers see where no swap is good", words=get_args(WhenLost)),
            Adjustable("hold_s", 0.2, "how long hold shows the last good picture", "seconds", 0.0, 0.2),
            Adjustable("badge", True, "the visible AI badge; the invisible mark stays in any case"),
            Adjustable("badge_corner", "top-right", "where the badge is", words=get_args(Corner)),
        )
    }
)
"""What each of `Settings` may be, for whoever shows them."""


class Live(Generic[Value]):
    """Holds the object that counts now.

    Whoever changes something swaps in a whole new object (`dataclasses.replace`); readers take it once for
    each frame and never see half a change.
    """

    def __init__(self, now: Value) -> None:
        self._now = now

    @property
    def now(self) -> Value:
        """The whole object, as last swapped in."""
        return self._now

    def swap(self, new: Value) -> None:
        """Put another whole object in its place; the next frame sees it."""
        self._now = new


class Following(Generic[Step]):
    """A stage that is built anew when the settings it depends on change, and only then.

    Args:
        live: The settings to follow.
        pick: Takes from the settings what the stage is built with.
        build: Makes the stage from what was picked.

    Attributes:
        stage: As it is now.
    """

    def __init__(
        self,
        live: Live[Settings],
        pick: Callable[[Settings], tuple[Any, ...]],
        build: Callable[..., Step],
    ) -> None:
        self._live, self._pick, self._build = live, pick, build
        self._built_with = pick(live.now)
        self.stage = build(*self._built_with)

    def __call__(self, frame: Frame) -> Frame:
        """Run the stage as the settings of now want it."""
        wanted = self._pick(self._live.now)
        if wanted != self._built_with:
            self.stage, self._built_with = self._build(*wanted), wanted
        return self.stage(frame)
