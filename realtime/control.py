"""What a user does while a show plays, by key or in the panel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self, cast

from realtime.actions import BY_KEY
from realtime.casting import Casting, Rule
from realtime.curtain import Curtain
from realtime.errors import PersonaError, ThespisError
from realtime.fit import Value
from realtime.messages import Messages
from realtime.persona.gallery import Gallery
from realtime.persona.saved_fit import as_last_time, restore_fit, save_fit
from realtime.place import Place
from realtime.settings import SETTINGS, Live, Settings
from realtime.sink.keeper import KeeperSink
from realtime.wear import Wearing


class Controls:
    """Does what the user asks of the show that plays now. Any thread may call it.

    Args:
        settings: The show's.
        gallery: Who could be worn.
        keeper: Records and takes snapshots.
        messages: Takes what the user should know.

    Attributes:
        curtain: What hiding lets down.
        settings, gallery, keeper, messages: As above.
    """

    def __init__(self, settings: Live[Settings], gallery: Gallery, keeper: KeeperSink, messages: Messages) -> None:
        self.curtain = Curtain()
        self.settings, self.gallery, self.keeper, self.messages = settings, gallery, keeper, messages
        self._changing = threading.Lock()
        self._wearing: Wearing | None = None
        self._worker = ThreadPoolExecutor(1, "controls")
        self._actions: Mapping[str, Callable[[], str]] = {
            "hide": self.hide,
            "show": self.show,
            "next_persona": self.next_persona,
            "snapshot": lambda: f"snapshot: {self.keeper.snapshot()}",
            "record": self.record,
            "mirror": self.mirror,
        }

    @property
    def wearing(self) -> Wearing | None:
        """What is worn; None while nothing plays."""
        return self._wearing

    @contextmanager
    def holding(self, wearing: Wearing) -> Iterator[None]:
        """Let what is worn be controlled, and keep how it sat for the next run."""
        self._wearing = wearing
        try:
            yield
        finally:
            self._wearing = None
            for place in wearing.places:
                self.messages.warn(save_fit(place.outfit.persona, place.outfit.fit.now))

    def do(self, name: str) -> str:
        """Do one of `ACTIONS`, and wait until it is done.

        Returns:
            What came of it, in words.

        Raises:
            KeyError: There is no such action.
            ThespisError: It could not be done.
        """
        return self._actions[name]()

    def press(self, key: str) -> None:
        """Do what a key stands for, if for anything; in a thread that draws, so that it may not take long."""
        action = BY_KEY.get(key.lower())
        if action is None:
            return
        if action.name == "hide":
            self.hide(wait_s=0)
        elif action.slow:
            self._worker.submit(self._try, action.name)
        else:
            self._try(action.name)

    def hide(self, *, wait_s: float | None = None) -> str:
        """Nothing but the slate from here on."""
        settled = self.curtain.hide() if wait_s is None else self.curtain.hide(wait_s=wait_s)
        said = (
            "hidden: viewers see the slate" if settled or wait_s == 0 else "hidden; an output is slow to take the slate"
        )
        self.messages.say(said)
        return said

    def show(self) -> str:
        """End hiding."""
        self.curtain.show()
        self.messages.say(said := "no longer hidden")
        return said

    def record(self, on: bool | None = None) -> str:
        """Begin a recording, or end it; where `on` is left out, whichever it is not.

        Raises:
            ThespisError: It could not be done.
        """
        if on is None:
            on = self.keeper.recording is None
        if not on:
            return self.keeper.stop_recording() or "nothing is being recorded"
        self.messages.say(said := f"recording to {self.keeper.start_recording()}")
        return said

    def mirror(self) -> str:
        """Flip the picture left to right, or back."""
        now = self._worn().places[0].outfit.fit.now.mirror
        self.set_fit(0, {"mirror": not now})
        return "as in a looking glass" if not now else "as a camera sees it"

    def set_fit(self, place: int, values: Mapping[str, Value]) -> None:
        """Let a persona sit otherwise.

        Raises:
            ValueError: A value is none that it may be.
            ThespisError: Nothing plays, or there is no such place.
        """
        with self._changing:
            fit = self._place(place).outfit.fit
            fit.swap(fit.now.with_values(values))

    def set_settings(self, values: Mapping[str, Value]) -> None:
        """Let viewers see otherwise what stands beside the persona.

        Raises:
            ValueError: A value is none that it may be, or there is none of its name.
        """
        for name, value in values.items():
            one = SETTINGS.get(name)
            if one is None:
                raise ValueError(f"wanted names out of {', '.join(SETTINGS)}; got {name!r}")
            if not one.accepts(value):
                raise ValueError(f"{name}: wanted {one.wanted}, got {value!r}")
        with self._changing:
            before = self.settings.now
            self.settings.swap(replace(before, **cast("dict[str, Any]", values)))
        if values.get("when_lost", before.when_lost) != before.when_lost and values["when_lost"] == "show":
            self.messages.say("as you wish: where no swap is good, viewers see your own face")
        if values.get("badge", before.badge) != before.badge and not values["badge"]:
            self.messages.say("no badge, as you wish: tell those who see you; the invisible mark stays")

    def wear(self, place: int, key: str) -> str:
        """Wear another persona of the gallery in a place, without a gap; it is loaded in the caller's thread.

        Raises:
            ThespisError: It cannot be worn, nothing plays, or there is no such place.
        """
        wearing = self._worn()
        self._place(place)
        persona = self.gallery.load(key)
        fit, notice = restore_fit(persona)
        before = wearing.change(place, persona, fit)
        self.messages.warn(save_fit(before.persona, before.fit))
        said = f"persona {persona.name}: {persona.manifest.identity.in_words()}"
        self.messages.say(said)
        self.messages.say(notice)
        self.messages.say(as_last_time(persona, fit, fit))
        return said

    def next_persona(self) -> str:
        """Wear the next one of the gallery in the first place that can be worn here; who is passed over is told.

        Raises:
            ThespisError: There is no other, or nothing plays.
        """
        now = self.gallery.key_of(self._worn().places[0].outfit.persona)
        cards = self.gallery.cards()
        place = next((number for number, card in enumerate(cards) if card.key == now), -1)
        following = [card for card in (*cards[place + 1 :], *cards[: max(0, place)]) if not card.refused]
        if not following:
            raise PersonaError(
                "next persona", got="no other that may be worn", next_step="add one: thespis persona add FILE"
            )
        for card in following:
            try:
                return self.wear(0, card.key)
            except ThespisError as error:
                self._worn()  # where the show has ended meanwhile, it is no fault of the persona's
                self.messages.warn(f"passed over {card.name}: {error}")
        raise PersonaError(
            "next persona", got=f"none of {len(following)} that can be worn here", next_step="see the messages"
        )

    def cast(self, rule: Rule, pins: Mapping[int, int | None]) -> None:
        """Say who wears what.

        Raises:
            ValueError: There is no such rule.
            ThespisError: Nothing plays, or there is no such place.
        """
        for place in pins.values():
            if place is not None:
                self._place(place)
        self._worn().casting.swap(Casting(rule, MappingProxyType(dict(pins))))

    def close(self) -> None:
        """Let the thread of the slow actions go, once it has done what was asked."""
        self._worker.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try(self, name: str) -> None:
        try:
            self.do(name)
        except ThespisError as error:
            self.messages.warn(str(error))
        except Exception as error:  # whoever pressed the key is told: nobody waits for what a thread raises
            logging.getLogger(__name__).error("an action broke off: %s", name, exc_info=error)
            self.messages.warn(f"{name.replace('_', ' ')}: a fault of the program: {type(error).__name__}: {error}")

    def _worn(self) -> Wearing:
        wearing = self._wearing
        if wearing is None:
            raise PersonaError("this changes a show that plays", got="none", next_step="start it first")
        return wearing

    def _place(self, number: int) -> Place:
        places = self._worn().places
        if not 0 <= number < len(places):
            raise PersonaError("place", wanted=f"0 to {len(places) - 1}", got=str(number))
        return places[number]
