"""Scenes worn through the loop's own pipeline, every output frame judged by its pixels: is it the performer's face?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks import scenes
from benchmarks.rig import Rig, driver_of
from benchmarks.scenes import EFFECTS, Moment, SceneSource, happening
from realtime.frame import BgrImage, Frame, Points2
from realtime.persona.package import Persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.null import NullSink
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.tap import SinkTap, SourceTap
from realtime.wear import wearing
from realtime.witness import KEPT, Witness

STARTS, START_FRAMES = 20, 30
_KEPT_PICTURES = 6


@dataclass
class Tally:
    """What became of a scene.

    Attributes:
        name: Of the scene.
        frames: That viewers got.
        judged: In which a face was there to be seen.
        worn: That wore the persona.
        leaks: That showed the performer's own face.
        most_own: The largest share of a face that was the performer's own in any frame.
        pictures: Performer and viewer side by side, of the first frames that leaked.
    """

    name: str
    frames: int = 0
    judged: int = 0
    worn: int = 0
    leaks: int = 0
    most_own: float = 0.0
    pictures: list[BgrImage] = field(default_factory=list)


def play(
    name: str,
    moments: Iterator[Moment],
    persona: Persona,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    detect_hz: float = math.inf,
) -> Tally:
    """Wear a scene and judge it.

    Args:
        name: Of the scene.
        moments: Its pictures.
        persona: Who is worn.
        settings: What viewers are shown beside the persona.
        detect_hz: How often faces are searched for, at most.
    """
    tally, witness = Tally(name), Witness(older=KEPT)
    source = SceneSource(name, moments)

    def judge(frame: Frame) -> None:
        moment = source.known.pop(frame.index)
        before = witness.judged
        leak = witness.judge(frame, moment.faces, moment.hidden)
        tally.frames += 1
        tally.judged += witness.judged - before
        tally.worn += frame.worn
        if leak and len(tally.pictures) < _KEPT_PICTURES:
            tally.pictures.append(np.hstack([moment.image, frame.image]))

    with wearing([persona], Live(settings), max_faces=4, detect_hz=detect_hz) as worn:
        Pipeline(SourceTap(source, witness.remember), worn.threads, [SinkTap(NullSink(), judge)]).run()
    tally.leaks, tally.most_own = witness.leaks, witness.most_own
    return tally


def clip_scenes(folder: Path) -> Iterator[tuple[str, Iterator[Moment]]]:
    """Every film of a folder, and what may happen to it."""
    for path in sorted(folder.glob("*.mp4")):
        points = scenes.clip_points(path)
        for effect in EFFECTS:
            yield f"{path.stem}, {effect}", happening(scenes.clip(path, points), EFFECTS[effect]())


def performer_scenes() -> Iterator[tuple[str, Iterator[Moment]]]:
    """The built-in performer, and what may happen to it; four people at a table."""
    turned: Mapping[str, tuple[float, Callable[[float], Mapping[str, float]]]] = MappingProxyType(
        {
            "turned away to 90 degrees": (48, scenes.turning_away),
            "nodding to 60 degrees": (20, scenes.nodding),
        }
    )
    for name, (seconds, turn) in turned.items():
        yield f"performer, {name}", scenes.performer(seconds, 71, turn)
    for number, effect in enumerate(EFFECTS):
        yield f"performer, {effect}", happening(scenes.performer(24, 80 + number), EFFECTS[effect]())
    walking_off = happening(scenes.performer(24, 90, scenes.leaving), scenes.walking_off)
    yield "performer, walks off with the head turned", walking_off
    yield "two people, one looks away", scenes.two_people(22)
    yield "two people, one looks away, grey pictures between", happening(scenes.two_people(22), scenes.flickering)
    yield "four people, two crossing", scenes.round_table(30)


def starts(persona: Persona, moments: list[Moment]) -> Tally:
    """The loop started and stopped again and again, live: every picture that the virtual camera was given counts.

    Args:
        persona: Who is worn.
        moments: What the camera sees.
    """
    whole = Tally(f"{STARTS} starts and stops")
    for _ in range(STARTS):
        rig, witness, known = Rig(moments), Witness(older=KEPT), dict[int, tuple[Points2, ...]]()
        with wearing([persona], Live(Settings()), max_faces=4) as worn, driver_of(rig):
            source = SourceTap(rig.camera(), partial(_taken, rig, witness, known))
            pipeline = Pipeline(source, worn.threads, [VirtualCameraSink()])
            rig.on_picture = partial(_given, whole, witness, known, pipeline.stop)
            pipeline.run()
        whole.judged, whole.leaks = whole.judged + witness.judged, whole.leaks + witness.leaks
        whole.most_own = max(whole.most_own, witness.most_own)
    return whole


def _taken(rig: Rig, witness: Witness, known: dict[int, tuple[Points2, ...]], frame: Frame) -> Frame:
    return witness.remember(rig.note(frame, known))


def _given(
    whole: Tally,
    witness: Witness,
    known: Mapping[int, tuple[Points2, ...]],
    stop: Callable[[], None],
    picture: BgrImage,
) -> None:
    """One picture that the virtual camera was given, a slate too; held against the last that the camera took."""
    whole.frames += 1
    index = max(known, default=-1)
    if index >= 0:
        witness.judge(Frame(index, 0.0, 0.0, picture), known[index])
    if index >= START_FRAMES:
        stop()
