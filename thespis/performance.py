"""One performance: all that the user named is opened, worn and played to its end. `run` and the panel share it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from realtime.casting import Casting
from realtime.control import Controls
from realtime.disclosure.signing import FileSigner
from realtime.fit import Fit
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.mirror import Mirror
from realtime.persona import saved_fit
from realtime.persona.package import Persona
from realtime.region.base import Region
from realtime.sink.base import Sink
from realtime.sink.catalog import open_sink
from realtime.source.catalog import open_source
from realtime.tap import SourceTap
from realtime.timing import Timing
from realtime.wear import wearing
from thespis.loop import Show, ending_well, play
from thespis.places import check_places
from thespis.recorded_sound import sound_of
from thespis.screen import Screen
from thespis.tally import Tally


def as_last_time(personas: Sequence[Persona], last: Sequence[Fit]) -> Sequence[Fit]:
    """Each persona sits as it did when it was worn last."""
    return last


@dataclass(frozen=True, slots=True)
class Programme:
    """What is performed.

    Attributes:
        source: As after `--source`.
        outputs: As after `--output`.
        personas: Who is worn.
        casting: Who wears which.
        size_wh, fps: Asked of the source.
        seconds: Where it ends by itself.
        provider, precision, max_faces, detect_hz, region, knows_performer: See `realtime.wear.wearing`.
        signer: Signs files.
        target_delay_ms: The age at which live frames are given out; 0 for as soon as they are done.
        microphone: What recordings let hear beside a live source; nothing where None.
        fits: From the personas, and how each sat last, to how each is to sit.
        overwrite: Whether an output that is a file may replace one that is there.
    """

    source: str
    outputs: Sequence[str]
    personas: Sequence[Persona]
    max_faces: int
    detect_hz: float = math.inf
    casting: Casting = Casting()  # noqa: RUF009 - frozen
    size_wh: tuple[int, int] | None = None
    fps: float | None = None
    seconds: float | None = None
    provider: str = "auto"
    precision: str = "auto"
    region: Region | None = None
    knows_performer: bool = False
    signer: FileSigner = field(default_factory=FileSigner)
    target_delay_ms: float = 0.0
    microphone: str | None = None
    fits: Callable[[Sequence[Persona], Sequence[Fit]], Sequence[Fit]] = as_last_time
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks on beside the viewers: the panel.

    Attributes:
        on_performer: Called with every frame as the source gave it, mirrored where that is wanted.
        on_faces: Called with every frame once its faces are found.
        sinks: Beside the user's own.
    """

    on_performer: Callable[[Frame], Frame] | None = None
    on_faces: Callable[[Frame], Frame] | None = None
    sinks: Sequence[Sink] = ()


class Performed(NamedTuple):
    """What a performance was.

    Attributes:
        tally: What went out with the persona and what without.
        live: Whether the source was.
        size_wh: Of its frames.
        provider, precision: What the networks ran on.
    """

    tally: Tally
    live: bool
    size_wh: tuple[int, int]
    provider: str
    precision: str


def perform(
    programme: Programme,
    controls: Controls,
    screen: Screen,
    timing: Timing,
    *,
    audience: Audience = Audience(),
    ending: Callable[[Callable[[], None]], AbstractContextManager[None]] = ending_well,
) -> Performed:
    """Play it until it ends; how each persona sat is kept for the next time.

    Args:
        programme: What.
        controls: What the user changes meanwhile.
        screen: What the user sees.
        timing: Takes what is measured.
        audience: Who looks on.
        ending: See `play`.

    Raises:
        BaseException: What any part of it raised.
    """
    check_places(
        programme.outputs, source=programme.source, overwrite=programme.overwrite, next_step="choose another name"
    )
    paced = True if audience.sinks or any(map(_is_watched, programme.outputs)) else None
    stage = open_source(programme.source, size_wh=programme.size_wh, fps=programme.fps, paced=paced)
    controlled = bool(audience.sinks) or "window" in programme.outputs
    sound = sound_of(programme.microphone, programme.source, programme.outputs, live=stage.live, asked_for=controlled)
    controls.keeper.sound = sound if programme.microphone is not None else None
    sinks = [open_sink(spec, signer=programme.signer, sound=sound, on_key=controls.press) for spec in programme.outputs]
    last, notices = zip(*(saved_fit.restore_fit(one) for one in programme.personas), strict=True)
    fits = programme.fits(programme.personas, last)
    with (
        wearing(
            programme.personas,
            controls.settings,
            fits=fits,
            casting=programme.casting,
            provider=programme.provider,
            precision=programme.precision,
            max_faces=programme.max_faces,
            detect_hz=programme.detect_hz if stage.live else math.inf,
            region=programme.region,
            knows_performer=programme.knows_performer,
            tell_apart=audience.on_faces is not None and programme.max_faces > 1,
            on_faces=audience.on_faces,
        ) as worn,
        controls.holding(worn),
    ):
        for notice in filter(None, (*notices, *map(saved_fit.as_last_time, programme.personas, last, fits))):
            screen.say(notice)
        _say_wishes(controls, screen)
        if programme.target_delay_ms and not stage.live:
            screen.say("--target-delay means nothing here: a film's frames do not grow old, they wait for the loop")
        source = SourceTap(stage, Mirror(worn.places[0]))
        show = Show(
            source if audience.on_performer is None else SourceTap(source, audience.on_performer),
            worn,
            sinks,
            Limits(programme.seconds),
            beside=(*audience.sinks, *([controls.keeper] if controlled else [])),
            curtain=controls.curtain,
            target_delay_ms=programme.target_delay_ms,
            sound=sound,
        )
        tally = play(show, screen, timing, ending=ending)
        return Performed(tally, stage.live, stage.size_wh, worn.provider, worn.precision)


def _is_watched(output: str) -> bool:
    """Whether people look at it meanwhile, at the pace of life: a film is to be played to them at its own rate."""
    return output != "null" and ("://" in output or not Path(output).suffix)


def _say_wishes(controls: Controls, screen: Screen) -> None:
    settings = controls.settings.now
    if not settings.badge:
        screen.say("no badge, as you wish: tell those who see you that it is no real face; the invisible mark stays")
    if settings.when_lost == "show":
        screen.say("as you wish: where no swap is good, viewers see your own face")
