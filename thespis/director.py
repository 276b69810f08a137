"""Plays what the user chooses, again and again, while the panel stays open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from realtime.casting import Casting, Rule
from realtime.choice import Choice, Option
from realtime.control import Controls
from realtime.errors import PersonaError, ThespisError
from realtime.panel.directing import Status
from realtime.panel.preview import Onlooker
from realtime.source.catalog import open_source
from realtime.timing import Timing
from realtime.wear import Wearing
from thespis.choices import check_outputs, outputs_here, sources_here
from thespis.loop import ending_well
from thespis.performance import Audience, Performed, Programme, as_last_time, perform
from thespis.places import is_file
from thespis.screen import Screen
from thespis.transport import Transport


class Director:
    """Owns the choice, and plays it in the thread that calls `run`: windows want that to be the main one.

    What goes wrong in a performance is told; the next one may go better. Where a choice that was made while another
    played cannot be opened, that other one goes on: no show ends by a wrong click.

    Args:
        programme: What is played first, and all that the panel does not choose.
        controls: What changes a show that plays.
        onlooker: Sees it for the panel.
        screen: What the user sees.
        ends_with_show: Whether `run` is over when a performance ends that nobody stopped and that did not fail.

    Attributes:
        controls: As above.
        timing: Of the performance that is on, or was last.
        last: What the last performance was; None before there was one, or where it failed.
        error: Why the last one failed.
    """

    def __init__(
        self,
        programme: Programme,
        controls: Controls,
        onlooker: Onlooker,
        screen: Screen,
        *,
        ends_with_show: bool = False,
    ) -> None:
        self.controls, self.timing = controls, Timing()
        self._programme, self._onlooker, self._screen, self._ends = programme, onlooker, screen, ends_with_show
        keys = tuple(map(controls.gallery.key_of, programme.personas))
        self._choice = Choice(
            programme.source, tuple(programme.outputs), keys, programme.casting.rule, programme.max_faces
        )
        self._programmed_choice = self._choice
        self._played: Choice | None = None  # what played when something else was chosen
        self._transport = Transport()
        self.last: Performed | None = None
        self.error: Exception | None = None

    @property
    def status(self) -> Status:
        """Whether it plays."""
        return self._transport.status(self.timing.counts()[0])

    @property
    def target_delay_ms(self) -> float:
        """The age that was asked for; 0 for none."""
        return self._programme.target_delay_ms

    @property
    def choice(self) -> Choice:
        """What is played, or will be."""
        worn = self.controls.wearing
        if worn is None or self._transport.wanted:
            return self._choice
        return replace(self._choice, personas=tuple(map(self.controls.gallery.key_of, worn.personas)))

    def start(self) -> None:
        """Play what was chosen, unless it plays already."""
        self._transport.start()

    def stop(self) -> None:
        """End what plays."""
        with self._transport.changing:
            self._played = None
            self._transport.stop()

    def choose(self, choice: Choice) -> None:
        """Play something else: at once where something plays, else from the next start on.

        Raises:
            ThespisError: There is no such source, output or persona, or it cannot be had now.
        """
        open_source(choice.source)  # only made, which says whether there is such a thing
        check_outputs([spec for spec in choice.outputs if spec not in self._choice.outputs])
        for key in choice.personas:
            self.controls.gallery.load(key)
        with self._transport.changing:
            if self.status == "playing":
                self._played = self.choice
            self._choice = choice
            self._transport.begin_anew()

    def wear(self, place: int, key: str) -> str:
        """Wear another persona in a place, at once where something plays."""
        persona = self.controls.gallery.load(key)
        said = f"persona {persona.name}: {persona.manifest.identity.in_words()}"
        before = self._choose_persona(place, key)  # first: a show that begins meanwhile is to begin with it
        tried: Wearing | None = None
        while (wearing := self.controls.wearing) is not None and wearing is not tried:
            tried = wearing
            try:
                said = self.controls.wear(place, key)
            except ThespisError:
                if self.controls.wearing is tried:
                    self._choose_persona(place, before)
                    raise
        return said

    def _choose_persona(self, place: int, key: str) -> str:
        """Put another persona into the choice; the key of the one before."""
        with self._transport.changing:
            places = self._choice.personas
            if not 0 <= place < len(places):
                raise PersonaError("place", wanted=f"0 to {len(places) - 1}", got=str(place))
            self._choice = replace(self._choice, personas=(*places[:place], key, *places[place + 1 :]))
        return places[place]

    def cast(self, rule: Rule, pins: Mapping[int, int | None]) -> None:
        """Say who wears what, at once where something plays."""
        if self.controls.wearing is not None:
            self.controls.cast(rule, pins)
        with self._transport.changing:
            self._choice = replace(self._choice, rule=rule)

    def sources(self) -> Sequence[Option]:
        """What could be a source on this computer."""
        return sources_here(self._choice.source)

    def outputs(self) -> Sequence[Option]:
        """Where frames could go."""
        return outputs_here(self._choice.outputs)

    def quit(self) -> None:
        """Let `run` end. Takes no lock: it may be called in a signal handler."""
        self._transport.quit()

    def run(self) -> None:
        """Play whenever it is wanted, until `quit`."""
        with ending_well(self.quit):
            while self._transport.called():
                self._perform()

    def _perform(self) -> None:
        self.timing, self.last, self.error = Timing(), None, None
        audience = Audience(self._onlooker.see_performer, self._onlooker.see_faces, [self._onlooker.sink])
        try:
            self.last = perform(
                self._programmed(), self.controls, self._screen, self.timing, audience=audience, ending=self._ending
            )
        except ThespisError as error:
            self.error = error
            self.controls.messages.warn(str(error))
        except Exception as error:
            self.error = error
            logging.getLogger(__name__).error("a performance broke off", exc_info=error)
            self.controls.messages.warn(f"a fault of the program: {type(error).__name__}: {error}")
        finally:
            # As they sat is how they sit: `--set` counted for the first performance.
            self._programme = replace(self._programme, fits=as_last_time)
            self._onlooker.leave()
            self._transport.ended()
        if self.last is not None and not self._transport.ended_by_hand:
            if self._ends:
                self._transport.quit()
            self._screen.say("the source has ended")
        self._keep_files()
        self._go_back()

    def _go_back(self) -> None:
        """Play again what played before a choice that could not even begin to play.

        Nobody is seen who was covered under either of the two: hands chose faces of a show that is over.
        """
        with self._transport.changing:
            if self._transport.wanted:
                return
            before, self._played, failed = self._played, None, self._choice
            if before is None or self.error is None or self.timing.counts()[0] or self._transport.ended_by_hand:
                return
            lost = [spec for spec in before.outputs if is_file(spec)]  # it would be recorded over
            self._choice = replace(
                before,
                outputs=tuple(spec for spec in before.outputs if spec not in lost),
                rule=before.rule if before.rule == failed.rule else "everyone",
                faces=max(before.faces, failed.faces),
            )
            self._transport.start()
        without = f", without {', '.join(lost)}, so that it stays" if lost else ""
        self.controls.messages.say(f"what was chosen cannot be played; the show goes on as before{without}")

    def _keep_files(self) -> None:
        """What was recorded is not to be recorded over by the next performance."""
        files = [spec for spec in self._choice.outputs if is_file(spec)]
        if files and not self._transport.quitting:
            others = tuple(spec for spec in self._choice.outputs if spec not in files)
            self._choice = replace(self._choice, outputs=others)
            self.controls.messages.say(f"{', '.join(files)} is no output any more, so that it stays; use Record")

    def _programmed(self) -> Programme:
        choice = self._programmed_choice = self._choice
        return replace(
            self._programme,
            source=choice.source,
            outputs=choice.outputs or ("null",),
            personas=[self.controls.gallery.load(key) for key in choice.personas],
            casting=Casting(choice.rule),
            max_faces=choice.faces,
        )

    @contextmanager
    def _ending(self, stop: Callable[[], None]) -> Iterator[None]:
        """While it plays: what ends it is known, and who was worn at its end is remembered."""
        try:
            with self._transport.playing(stop, anew=self._chosen_anew), ending_well(self.quit):
                yield
        finally:
            with self._transport.changing:
                if not self._transport.wanted:  # else something else was chosen meanwhile
                    self._choice = self.choice

    def _chosen_anew(self) -> bool:
        """Whether somebody changed their mind while the networks were loading."""
        return self._choice != self._programmed_choice
