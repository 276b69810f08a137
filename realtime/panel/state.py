"""What the page is told: once what there is to choose from, and twice a second how it stands."""

from __future__ import annotations

import math
from typing import Any

from realtime.actions import ACTIONS
from realtime.choice import Option
from realtime.fit import ADJUSTABLES, Adjustable, Fit
from realtime.panel.directing import Directing
from realtime.panel.preview import Onlooker
from realtime.settings import SETTINGS
from realtime.sync_offset import sync_offset_ms
from realtime.timing import Arrivals, now_s

SYNC_WINDOW_S = 10
"""The delay that is typed into OBS is the age over so long: it should not jump about."""


def facts() -> dict[str, Any]:
    """What does not change while the panel is open."""
    return {
        "actions": [one._asdict() for one in ACTIONS.values()],
        "fit": [_described(one) for one in ADJUSTABLES.values()],
        "settings": [_described(one) for one in SETTINGS.values()],
        "sync_over_s": SYNC_WINDOW_S,
    }


def options_of(directing: Directing) -> dict[str, Any]:
    """What could be played, and where to."""
    return {"sources": _listed(directing.sources()), "outputs": _listed(directing.outputs())}


def personas_of(directing: Directing) -> list[dict[str, Any]]:
    """The gallery's cards, without their portraits."""
    return [
        {
            "key": card.key,
            "name": card.name,
            "whose": card.whose,
            "facts": card.facts,
            "refused": card.refused,
            "portrait": bool(card.portrait),
        }
        for card in directing.controls.gallery.cards()
    ]


def state_of(directing: Directing, onlooker: Onlooker, after: int) -> dict[str, Any]:
    """How it stands.

    Args:
        directing: Directs the show.
        onlooker: Sees it.
        after: The number of the last message that was told.
    """
    controls, choice = directing.controls, directing.choice
    recording = controls.keeper.recording
    return {
        "status": directing.status,
        "hidden": controls.curtain.hidden,
        "recording": str(recording) if recording else "",
        "choice": {
            "source": choice.source,
            "outputs": choice.outputs,
            "personas": choice.personas,
            "rule": choice.rule,
            "faces": choice.faces,
        },
        "settings": {name: getattr(controls.settings.now, name) for name in SETTINGS},
        **_worn(directing),
        "faces": onlooker.faces(),
        "figures": _figures(directing),
        "messages": [
            {"number": one.number, "at_s": one.at_s, "text": one.text, "kind": one.kind}
            for one in controls.messages.after(after)
        ],
    }


def _worn(directing: Directing) -> dict[str, Any]:
    """Who is worn in which place, how they sit, and who wears what."""
    wearing = directing.controls.wearing
    if wearing is None:
        return {"places": [], "pins": {}, "network": ""}
    outfits = [place.outfit for place in wearing.places]
    key_of = directing.controls.gallery.key_of
    places = [{"name": one.persona.name, "key": key_of(one.persona), "fit": _values(one.fit.now)} for one in outfits]
    casting = wearing.casting.now
    return {"places": places, "pins": dict(casting.pins), "network": wearing.said}


def _values(fit: Fit) -> dict[str, Any]:
    return {name: getattr(fit, name) for name in ADJUSTABLES}


def _figures(directing: Directing) -> dict[str, Any]:
    timing, at_s = directing.timing, now_s()
    recent = timing.recent(at_s)
    frames, dropped = timing.counts()
    whole = timing.recent(at_s, SYNC_WINDOW_S)
    return {
        "frames": frames,
        **_pace(recent),
        "sync_offset_ms": sync_offset_ms(whole.age_ms.p50, directing.target_delay_ms),
        "dropped": dropped,
        "stages_ms": {
            name: {"p50": _number(spread.p50), "p95": _number(spread.p95)}
            for name, spread in timing.recent_stages().items()
        },
    }


def _pace(recent: Arrivals) -> dict[str, Any]:
    age = recent.age_ms
    return {"fps": _number(recent.fps), "age_p50_ms": _number(age.p50), "age_p95_ms": _number(age.p95)}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)


def _described(one: Adjustable) -> dict[str, Any]:
    kind = "switch" if isinstance(one.default, bool) else "word" if one.words else "number"
    return {"kind": kind, "wanted": one.wanted, **one._asdict()}


def _listed(options: Any) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = []
    for one in options:
        option = Option(*one)
        listed.append({"spec": option.spec, "label": option.label, "why_not": option.why_not})
    return listed
