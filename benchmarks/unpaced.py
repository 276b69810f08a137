"""Our loop as fast as it goes, and rounds in which it is held against the bare kernels and the plain way."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from benchmarks.floor import Kernel, measure_beside, measure_convert, measure_copy, measure_detect, measure_networks
from benchmarks.material import ReadySource
from benchmarks.own_time import OwnTime
from benchmarks.plain import plain_fps
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.pipeline import Pipeline
from realtime.settings import DETECT_HZ, Live, Settings
from realtime.sink.null import NullSink
from realtime.source.base import Source
from realtime.tap import SinkTap
from realtime.timing import Timing
from realtime.wear import wearing

_WARM_UP = 30


class Unpaced(NamedTuple):
    """Our loop, as fast as it goes.

    Attributes:
        fps: Frames a second.
        cpu_ms: Processor time a frame takes, all threads together.
        other_ms: What of that the loop's own threads spend neither in MediaPipe nor in the network.
        precision: Of the network.
        stages_ms: Median time of each stage.
    """

    fps: float
    cpu_ms: float
    other_ms: float
    precision: str
    stages_ms: Mapping[str, float]


def play(
    frames: Sequence[Frame],
    persona: Persona,
    count: int,
    *,
    faces: int,
    provider: str = "cpu",
    detect_hz: float = math.inf,
    precision: str = "auto",
    warm_up: int = _WARM_UP,
    source: Callable[[Sequence[Frame], int], Source] = ReadySource,
) -> Unpaced:
    """Wear a persona over ready frames.

    Args:
        frames: The source's.
        persona: Who is worn.
        count: How many frames count, after some that do not.
        faces: How many are looked for.
        provider: What the network runs on.
        detect_hz: See `realtime.face.finder.FaceFinder`.
        precision: Of the network.
        warm_up: How many frames do not count; by default a second's worth.
        source: Gives so many frames out of these.
    """
    marks: list[tuple[float, float]] = []
    own = OwnTime(warm_up, warm_up + count)

    def arrived(frame: Frame) -> None:
        own.taken(frame)
        if frame.index in (warm_up, warm_up + count):
            marks.append((time.perf_counter(), time.process_time()))

    timing = Timing()
    wears = wearing(
        [persona],
        Live(Settings()),
        max_faces=faces,
        provider=provider,
        precision=precision,
        detect_hz=detect_hz,
    )
    with own.watching(), wears as worn:
        played = own.source(source(frames, warm_up + count + 1))
        Pipeline(played, own.stages(worn.threads), [SinkTap(NullSink(), arrived)], timing=timing).run()
        precision = worn.precision
    (from_s, from_cpu_s), (to_s, to_cpu_s) = marks
    stages = {name: spread.p50 for name, spread in timing.figures().stages_ms.items()}
    cpu_ms = 1e3 * (to_cpu_s - from_cpu_s) / count
    return Unpaced(count / (to_s - from_s), cpu_ms, own.frame_ms, precision, stages)


class Round(NamedTuple):
    """All that is held against each other, measured within some seconds.

    Attributes:
        kernels: `detect`, `network`, `copy` and `convert`, alone.
        networks: The network in each precision, alone.
        ours: The loop as `thespis run` has it.
        searched: The same, faces searched for in every frame.
        photo: As `ours`, with a photo for a persona.
        plain: Frames a second of the plain way.
        beside_ms: See `measure_beside`.
    """

    kernels: Mapping[str, Kernel]
    networks: Mapping[str, Kernel]
    ours: Unpaced
    searched: Unpaced
    photo: Unpaced
    plain: float
    beside_ms: float

    def figures(self, cores: int) -> dict[str, Any]:
        """As `benchmarks.live` tells them.

        Args:
            cores: How many there are.
        """
        kernels, cpu_ms = self.kernels, self.searched.cpu_ms
        perfect, whole_ms = floor_fps([*kernels.values()], cores), sum(one.cpu_ms for one in kernels.values())
        beside_ms = self.beside_ms + kernels["copy"].cpu_ms + kernels["convert"].cpu_ms
        return {
            "floor_ms": {name: one.wall_ms for name, one in kernels.items()},
            "floor_cpu_ms": {name: one.cpu_ms for name, one in kernels.items()},
            "network_ms": {name: one.wall_ms for name, one in self.networks.items()},
            "floor_fps": perfect,
            "fps_unpaced": self.ours.fps,
            "fps_photo": self.photo.fps,
            "fps_all_searched": self.searched.fps,
            "share_of_floor": self.searched.fps / perfect,
            "fps_plain": self.plain,
            "ratio_plain": self.ours.fps / self.plain,
            "ratio_plain_all_searched": self.searched.fps / self.plain,
            "cpu_ms": cpu_ms,
            "cpu_followed_ms": self.ours.cpu_ms,
            "cpu_over_floor": cpu_ms / whole_ms,
            "other_ms": self.searched.other_ms,
            "other_by_difference_ms": cpu_ms - kernels["detect"].cpu_ms - kernels["network"].cpu_ms,
            "beside_cpu_ms": self.beside_ms,
            "cpu_over_beside": cpu_ms / beside_ms,
            "stages_unpaced_ms": dict(self.searched.stages_ms),
        }


def measure_round(frames: Sequence[Frame], persona: Persona, photo: Persona, faces: int, count: int) -> Round:
    """Measure each of them once.

    Args:
        frames: Of the source.
        persona: Who is worn.
        photo: A persona of a photo.
        faces: How many are looked for.
        count: How many frames of each count; a quarter of that of the plain way.
    """
    # Faces are followed by how fast frames come; so these come as from a camera that gives as many.
    followed = partial(play, faces=faces, detect_hz=DETECT_HZ, source=partial(ReadySource, by_clock=True))
    networks, ours = measure_networks(persona, "cpu", count), followed(frames, persona, count)
    kernels = {
        "detect": measure_detect(frames, faces, count),
        "network": networks[ours.precision],
        "copy": measure_copy(frames, count),
        "convert": measure_convert(frames, count),
    }
    return Round(
        kernels,
        networks,
        ours,
        searched=play(frames, persona, count, faces=faces),
        photo=followed(frames, photo, count),
        plain=plain_fps(frames, persona, max(1, count // 4)),
        beside_ms=measure_beside(frames, persona, ours.precision, faces, count),
    )


def middle(figures: Sequence[Any]) -> Any:
    """The median of several rounds' figure; of figures by name, of each by itself."""
    if isinstance(figures[0], dict):
        return {name: middle([one[name] for one in figures]) for name in figures[0]}
    return statistics.median(figures)


def floor_fps(kernels: Sequence[Kernel], cores: int) -> float:
    """Frames a second of a perfect pipeline: no core waits, and no frame is made by two cores at once.

    Args:
        kernels: All that must be done for a frame.
        cores: How many there are.
    """
    return min(1e3 * cores / sum(one.cpu_ms for one in kernels), 1e3 / max(one.wall_ms for one in kernels))
