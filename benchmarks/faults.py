"""What breaks during a call, one thing after the other, and what the loop does about it.

A camera whose pictures are the built-in performer's is worn through the loop's own pipeline into a virtual camera.
After two seconds one thing breaks; some time later it is well again. Told: whether the output went on (a picture at
least every two seconds, be it a slate, and a run that ended well), and how long it took from the moment the thing was
well again to the next frame that wears the persona.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from unittest import mock

import onnxruntime

from benchmarks.rig import Rig, driver_of, with_trouble
from benchmarks.scenes import Moment
from realtime.errors import PersonaError, ProviderError, SinkError, ThespisError
from realtime.fit import Fit
from realtime.frame import Frame, Points2
from realtime.persona.catalog import load_persona
from realtime.persona.swapper import make_swapper
from realtime.pipeline import REST_S, Pipeline
from realtime.settings import Live, Settings
from realtime.sink.base import Sink
from realtime.sink.null import NullSink
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.source.base import Source
from realtime.stage import Stage
from realtime.tap import SinkTap, SourceTap
from realtime.wear import Wearing, wearing
from realtime.witness import Witness

FIRST_S, AFTER_S = 2.0, 1.0
_PATIENCE_S = 15.0
MOST_PAUSE_S = 2.0


@dataclass
class Run:
    """One run of the loop while something breaks.

    Attributes:
        rig: What breaks.
        worn: The persona and the stages.
        pictures_s: When viewers got a picture, slates too.
        worn_s: When a frame that wore the persona arrived, a held one not counted, by the frame's index.
        mended: When all was well again, and the index of the last frame before that.
        raised: What went wrong where nothing was to.
        said: What the loop had to say.
    """

    rig: Rig
    worn: Wearing
    pictures_s: list[float] = field(default_factory=list)
    worn_s: dict[int, float] = field(default_factory=dict)
    mended: tuple[float, int] = (math.nan, 0)
    raised: BaseException | None = None
    said: list[str] = field(default_factory=list)

    def worn_since(self) -> list[float]:
        """When frames arrived that were captured after all was well again and wore the persona."""
        return [at_s for index, at_s in list(self.worn_s.items()) if index > self.mended[1]]


Break = Callable[[Run], None]
"""Breaks something, or mends it; called in a thread of its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that breaks.

    Attributes:
        breaks: Breaks it.
        mends: Mends it.
        lasts_s: How long it is broken.
        beside: Another sink than the virtual camera.
        says: A word that the user must be told.
        silent: Whether nobody can be shown anything meanwhile.
    """

    breaks: Break
    mends: Break = lambda run: None
    lasts_s: float = 1.5
    beside: Callable[[], Sink] | None = None
    says: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it.

    Attributes:
        name: Of the fault.
        went_on: Whether viewers got a picture at least every two seconds, the run ended well, and the user was told.
        recovery_s: From the moment it was mended to the next frame that wore the persona; NaN where there was none.
        longest_pause_s: Between two pictures.
        frames: That viewers got.
        leaks: Of these.
        said: What the user was told.
    """

    name: str
    went_on: bool
    recovery_s: float
    longest_pause_s: float
    frames: int
    leaks: int
    said: str


def _trouble(**broken: Any) -> tuple[Break, Break]:
    """A rig that breaks so, and is well again."""
    well = {name: getattr(Rig([]).trouble, name) for name in broken}
    return (lambda run: with_trouble(run.rig, **broken)), (lambda run: with_trouble(run.rig, **well))


class _SlowSink(NullSink):
    """Takes half a second for a frame."""

    def write(self, frame: Frame) -> None:
        """Wait first."""
        time.sleep(0.5)
        super().write(frame)


class _FullDisk(NullSink):
    """Takes twenty frames."""

    def write(self, frame: Frame) -> None:
        """Count, and refuse."""
        super().write(frame)
        if self.frames > 20:
            raise SinkError("recording out.mp4", got="a full disk after 20 frames", next_step="free some space")


class _LostProvider:
    """A swapper on a graphics card that is gone."""

    provider, precision, said, persona_name = "cuda", "fp16", "CUDA, fp16", "hopper"

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008 - frozen
        """Fail."""
        raise ProviderError(
            "persona hopper on cuda", wanted="a run of its network", got="CUDA failure 700: device lost"
        )


def _lose_provider(run: Run) -> None:
    place = run.worn.places[0]
    processor = lambda: make_swapper(place.outfit.persona, "cpu")  # noqa: E731 - as the loop itself makes it
    place.exchange(replace(place.outfit, swapper=_LostProvider(), on_processor=processor))


def _change_without_memory(run: Run) -> None:
    """Ask for another persona where there is no room for one."""
    with mock.patch.object(onnxruntime, "InferenceSession", side_effect=MemoryError("std::bad_alloc")):
        _expect_refusal(run, lambda: run.worn.change(0, load_persona("hopper")))


def _change_to_broken(run: Run) -> None:
    whole = load_persona("hopper")
    broken = replace(whole, graphs={name: graph[: len(graph) // 2] for name, graph in whole.graphs.items()})
    _expect_refusal(run, lambda: run.worn.change(0, broken))


def _expect_refusal(run: Run, change: Callable[[], object]) -> None:
    try:
        change()
    except PersonaError as error:
        run.said.append(str(error))
    else:
        run.said.append("worn all the same")


def _sleep(run: Run) -> None:
    """The whole process stops, as a laptop's does when it is closed, and wakes up two seconds later."""
    words = f"import os, signal, time; time.sleep(2); os.kill({os.getpid()}, signal.SIGCONT)"
    with subprocess.Popen([sys.executable, "-c", words]):
        os.kill(os.getpid(), signal.SIGSTOP)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "camera unplugged and back": Fault(*_trouble(unplugged=True), says="vanished"),
        "camera back with another size": Fault(
            lambda run: with_trouble(run.rig, unplugged=True),
            lambda run: with_trouble(run.rig, unplugged=False, size_wh=(640, 480)),
        ),
        "camera changes size": Fault(*_trouble(size_wh=(640, 480))),
        "camera hangs in a read": Fault(*_trouble(hangs=True), lasts_s=3.0, says="no frames come"),
        "camera freezes": Fault(*_trouble(frozen=True), lasts_s=4.0, says="same picture"),
        "camera goes black": Fault(*_trouble(black=True)),
        "camera gives noise": Fault(*_trouble(noise=True)),
        "virtual camera driver gone and back": Fault(*_trouble(driver_gone=True), says="gone", silent=True),
        "provider fails": Fault(_lose_provider, lasts_s=0.0, says="from here on"),
        **{
            f"{stage} raises": Fault(*_trouble(stage=stage), lasts_s=1.0, says=f"{stage} fails")
            for stage in ("detect", "swap", "colour", "composite", "disclose")
        },
        "swap hangs": Fault(*_trouble(hang_stage="swap"), lasts_s=2.5),
        "a slow output beside": Fault(lambda run: None, beside=_SlowSink),
        "a full disk beside": Fault(lambda run: None, beside=_FullDisk, lasts_s=2.0, says="full disk"),
        "the computer sleeps": Fault(_sleep, lasts_s=0.0, silent=True),
        "clock jumps ahead an hour": Fault(lambda run: with_trouble(run.rig, clock_s=3600.0)),
        "clock jumps back an hour": Fault(lambda run: with_trouble(run.rig, clock_s=-3600.0)),
        "no memory for another persona": Fault(_change_without_memory, says="hopper"),
        "another persona is broken": Fault(_change_to_broken, says="hopper"),
    }
)


def _with_faults(threads: Sequence[Sequence[Stage]], rig: Rig) -> list[list[Stage]]:
    """The stages, each of which fails or hangs when the rig says so."""

    def troubled(stage: Stage) -> Stage:
        def call(frame: Frame) -> Frame:
            if rig.trouble.hang_stage == stage.name:
                time.sleep(1.0)
            if rig.trouble.stage == stage.name:
                raise RuntimeError(f"{stage.name}: injected")
            return stage.call(frame)

        return stage._replace(call=call)

    return [[troubled(stage) for stage in group] for group in threads]


def play(name: str, fault: Fault, moments: list[Moment], *, pace: float = 1.0) -> Outcome:
    """Break one thing and look.

    Args:
        name: Of the fault.
        fault: What breaks.
        moments: What the camera sees.
        pace: Under 1 everything that lasts, and what is waited for, is so much shorter.
    """
    rig, witness = Rig(moments), Witness(older=16)
    known: dict[int, tuple[Points2, ...]] = {}
    with wearing([load_persona("hopper")], Live(Settings()), max_faces=4) as worn, driver_of(rig):
        run = Run(rig, worn)
        rig.on_picture = lambda picture: run.pictures_s.append(time.monotonic())
        source: Source = SourceTap(rig.camera(), lambda frame: witness.remember(rig.note(frame, known)))

        def arrived(frame: Frame) -> None:
            witness.judge(frame, known.get(frame.index, ()))
            if frame.worn and frame.covered:
                run.worn_s[frame.index] = time.monotonic()

        sinks: list[Sink] = [SinkTap(VirtualCameraSink(), arrived)]
        if fault.beside is not None:
            sinks.append(fault.beside())
        parts: list[Any] = [source, *sinks, *worn.places]

        def tick() -> None:
            run.said += [part.notice for part in parts if part.notice and part.notice not in run.said]

        pipeline = Pipeline(
            source, _with_faults(worn.threads, rig), sinks, on_tick=tick, tick_s=0.1, rest_s=pace * REST_S
        )
        parts.append(pipeline)
        user = threading.Thread(target=_act, args=(run, fault, known, pipeline.stop, pace))
        user.start()
        error = ""
        try:
            pipeline.run()
        except ThespisError as raised:
            error = str(raised)
        user.join()
    if run.raised is not None:
        raise run.raised
    return _outcome(name, fault, run, witness, error)


def _act(run: Run, fault: Fault, known: Mapping[int, object], stop: Callable[[], None], pace: float) -> None:
    """Once the persona is worn, break it, mend it, and wait for a frame that wears it; then end."""
    try:
        _await(lambda: bool(run.worn_s))
        time.sleep(pace * FIRST_S)
        fault.breaks(run)
        time.sleep(pace * fault.lasts_s)
        fault.mends(run)
        run.mended = time.monotonic(), max(known)
        _await(lambda: bool(run.worn_since()) and fault.says in "; ".join(run.said))
        time.sleep(pace * AFTER_S)
    except BaseException as error:  # noqa: BLE001 - a thread has no caller: `play` raises it
        run.raised = error
    finally:
        stop()


def _await(so: Callable[[], bool]) -> None:
    """Wait until it is so, or until nobody would wait any longer."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while not so() and time.monotonic() < deadline_s:
        time.sleep(0.02)


def _outcome(name: str, fault: Fault, run: Run, witness: Witness, error: str) -> Outcome:
    after = run.worn_since()
    pauses = [late - soon for soon, late in zip(run.pictures_s, run.pictures_s[1:], strict=False)]
    told = "; ".join(run.said)
    longest = max(pauses, default=math.inf)
    return Outcome(
        name,
        went_on=(longest <= MOST_PAUSE_S or fault.silent)
        and fault.says in told
        and (not error or fault.beside is not None)
        and bool(after),
        recovery_s=after[0] - run.mended[0] if after else math.nan,
        longest_pause_s=longest,
        frames=len(run.pictures_s),
        leaks=witness.leaks,
        said=told,
    )
