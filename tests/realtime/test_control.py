"""What keys and the panel do, on a show that is not there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from realtime.actions import ACTIONS
from realtime.casting import Casting
from realtime.control import Controls
from realtime.errors import PersonaError, ThespisError
from realtime.fit import Fit
from realtime.messages import Messages
from realtime.persona import saved_fit
from realtime.persona.gallery import Gallery
from realtime.persona.identity import Identity
from realtime.persona.manifest import Manifest
from realtime.persona.package import Persona
from realtime.persona.swapper import Swapper
from realtime.place import Outfit, Place
from realtime.settings import SETTINGS, Live, Settings
from realtime.sink.keeper import KeeperSink
from realtime.wear import Wearing

LIMIT_S = 10.0


class FakeManifest:
    def __init__(self, identity: Identity) -> None:
        self.identity = identity


def persona(name: str, until: date | None = None) -> Persona:
    identity = Identity(f"{name} Example", "self", until=until)
    return Persona(name, cast("Manifest", FakeManifest(identity)), {}, name.encode())


ANNA, BERT, OLD = persona("anna"), persona("bert"), persona("old", until=date(2020, 1, 1))


@pytest.fixture
def controls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Controls]:
    monkeypatch.setattr(saved_fit, "fits_folder", lambda: tmp_path / "fits")
    gallery = Gallery([ANNA, OLD, BERT], builtin=tmp_path / "none", user=tmp_path / "none")
    messages = Messages()
    keeper = KeeperSink(say=messages.say, folder=tmp_path / "kept")
    with Controls(Live(Settings()), gallery, keeper, messages) as made:
        yield made


@contextmanager
def worn(controls: Controls, *personas: Persona) -> Iterator[Wearing]:
    def dress(one: Persona, fit: Fit, knows_performer: bool) -> Outfit:
        return Outfit(one, cast("Swapper", None), Live(fit))

    places = [Place(dress(one, Fit(), False)) for one in personas]
    wearing = Wearing(places, (), Live(Casting()), dress)
    with controls.holding(wearing):
        yield wearing


def test_every_action_has_a_key_of_its_own_and_is_done(controls: Controls) -> None:
    assert len({one.key for one in ACTIONS.values()}) == len(ACTIONS)
    for name in ACTIONS:
        try:
            controls.do(name)
        except ThespisError as error:
            assert "start it first" in str(error)  # nothing plays
    with pytest.raises(KeyError):
        controls.do("vanish")


def test_hiding_twice_stays_hidden(controls: Controls) -> None:
    for _ in range(2):
        controls.press("h")
        assert controls.curtain.hidden
    controls.press("H")
    assert controls.curtain.hidden
    controls.press("v")
    assert not controls.curtain.hidden
    assert next(one.text for one in controls.messages.after(0)) == "hidden: viewers see the slate"


def test_a_key_that_means_nothing_does_nothing(controls: Controls) -> None:
    for key in "xyz \x1b1":
        controls.press(key)
    assert not controls.messages.after(0)


def test_what_a_key_cannot_do_is_told(controls: Controls) -> None:
    controls.press("m")
    (message,) = controls.messages.after(0)
    assert message.kind == "fault"
    assert "start it first" in message.text


def test_a_slow_key_is_done_in_a_thread_of_its_own(controls: Controls, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    done = threading.Event()

    def snapshot() -> Path:
        threads.append(threading.current_thread())
        done.set()
        return Path("x.png")

    monkeypatch.setattr(controls.keeper, "snapshot", snapshot)
    controls.press("s")
    assert done.wait(LIMIT_S)
    assert threads[0] is not threading.current_thread()


def test_the_next_persona_leaves_out_who_may_not_be_worn(controls: Controls) -> None:
    with worn(controls, ANNA) as wearing:
        controls.do("next_persona")
        assert wearing.personas == (BERT,)
        controls.do("next_persona")
        assert wearing.personas == (ANNA,)


def test_who_cannot_be_worn_here_is_passed_over_and_told(
    controls: Controls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clara = persona("clara")
    controls.gallery = Gallery([ANNA, BERT, clara], builtin=tmp_path / "none", user=tmp_path / "none")
    load, broken = controls.gallery.load, {controls.gallery.key_of(BERT)}

    def fussy(key: str) -> Persona:
        if key in broken:
            raise PersonaError("a network", wanted="a graphics card", got="none")
        return load(key)

    monkeypatch.setattr(controls.gallery, "load", fussy)
    with worn(controls, ANNA) as wearing:
        controls.do("next_persona")
        assert wearing.personas == (clara,)
        (fault,) = [one.text for one in controls.messages.after(0) if one.kind == "fault"]
        assert fault == "passed over bert: a network: wanted a graphics card, got none"
        broken.add(controls.gallery.key_of(ANNA))
        with pytest.raises(ThespisError, match="none of 2 that can be worn here"):
            controls.do("next_persona")
        assert wearing.personas == (clara,)


def test_a_show_that_ends_meanwhile_is_no_fault_of_the_personas(
    controls: Controls, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worn(controls, ANNA):

        def ends(key: str) -> Persona:
            controls._wearing = None
            raise PersonaError("gone")

        monkeypatch.setattr(controls.gallery, "load", ends)
        with pytest.raises(ThespisError, match="start it first"):
            controls.do("next_persona")
    assert not [one for one in controls.messages.after(0) if "passed over" in one.text]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("bent")])
def test_whatever_breaks_a_key_off_is_told_and_logged(
    controls: Controls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def broken() -> Path:
        raise error

    monkeypatch.setattr(controls.keeper, "snapshot", broken)
    with caplog.at_level(logging.ERROR):
        controls.press("s")
        controls.close()  # which waits for it
    (message,) = controls.messages.after(0)
    assert message.kind == "fault"
    assert message.text.startswith(f"snapshot: a fault of the program: {type(error).__name__}")
    assert str(error) in caplog.text


def test_how_a_persona_sat_is_kept_when_another_is_worn_and_comes_back_with_it(controls: Controls) -> None:
    with worn(controls, ANNA) as wearing:
        controls.set_fit(0, {"feather": 0.1})
        controls.do("next_persona")
        assert wearing.places[0].outfit.fit.now.feather == Fit().feather
        controls.do("next_persona")
        assert wearing.places[0].outfit.fit.now.feather == 0.1


def test_who_may_not_be_worn_is_refused_and_what_was_worn_stays(controls: Controls) -> None:
    with worn(controls, ANNA) as wearing:
        with pytest.raises(ThespisError, match="may no longer be worn"):
            controls.wear(0, controls.gallery.key_of(OLD))
        assert wearing.personas == (ANNA,)


@pytest.mark.parametrize("place", [-1, 1, 99])
def test_places_that_there_are_not(controls: Controls, place: int) -> None:
    with worn(controls, ANNA):
        for act in (
            lambda: controls.wear(place, controls.gallery.key_of(BERT)),
            lambda: controls.set_fit(place, {"feather": 0.1}),
            lambda: controls.cast("everyone", {3: place}),
        ):
            with pytest.raises(ThespisError, match="place: wanted 0 to 0"):
                act()


def test_mirror_goes_there_and_back(controls: Controls) -> None:
    with worn(controls, ANNA) as wearing:
        controls.press("m")
        assert wearing.places[0].outfit.fit.now.mirror
        controls.press("m")
        assert not wearing.places[0].outfit.fit.now.mirror


def test_who_wears_what(controls: Controls) -> None:
    with worn(controls, ANNA, BERT) as wearing:
        controls.cast("place", {4: 1, 5: None})
        assert wearing.casting.now.rule == "place"
        assert dict(wearing.casting.now.pins) == {4: 1, 5: None}
    with pytest.raises(ThespisError, match="start it first"):
        controls.cast("everyone", {})


@pytest.mark.parametrize(
    "values",
    [{"feather": 9}, {"feather": "wide"}, {"mirror": 1}, {"nothing": 1}, {"colour": "green"}, {"scale": float("nan")}],
)
def test_values_out_of_range_change_nothing(controls: Controls, values: dict[str, object]) -> None:
    with worn(controls, ANNA) as wearing:
        with pytest.raises(ValueError, match="wanted"):
            controls.set_fit(0, {"erosion": 0.02, **values})  # type: ignore[dict-item]
        assert wearing.places[0].outfit.fit.now == Fit()


@pytest.mark.parametrize(
    "values",
    [{"hold_s": 0.3}, {"badge": 1}, {"when_lost": "never"}, {"badge_corner": True}, {"watermark": False}],
)
def test_settings_out_of_range_change_nothing(controls: Controls, values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="wanted"):
        controls.set_settings({"hold_s": 0.1, **values})  # type: ignore[dict-item]
    assert controls.settings.now == Settings()


def test_settings_are_changed_and_what_matters_is_said(controls: Controls) -> None:
    controls.set_settings({"hold_s": 0.1, "badge": False, "when_lost": "show"})
    assert controls.settings.now == replace(Settings(), hold_s=0.1, badge=False, when_lost="show")
    said = " ".join(one.text for one in controls.messages.after(0))
    assert "viewers see your own face" in said
    assert "no badge, as you wish" in said


def test_what_is_said_of_the_settings_is_true() -> None:
    for name, one in SETTINGS.items():
        assert getattr(Settings(), name) == one.default
        for value in one.words or (one.low, one.high):
            if not isinstance(one.default, bool):
                Settings(**{name: value})  # type: ignore[arg-type]
    assert set(SETTINGS) == set(Settings.__dataclass_fields__)
