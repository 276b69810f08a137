"""How fast the live loop is with its network on a graphics card, at 1920x1080: a part of `benchmarks.live`.

The same loop twice: as fast as it goes, and behind a source that gives a frame every hundredth of a second and drops
what is not taken in time, which is where the age of a picture is read. Frames are ready in memory: what is measured is
the loop, and not whoever performs before it.

    provider, said       what the network ran on, and what else was tried at start
    network_ms           the bare network there and back, one crop, in each precision that the provider computes
    floor_ms             median milliseconds of each kernel; network: in the precision that is worn
    fps_unpaced          frames a second, as fast as it goes;  cpu_ms: processor time that a frame takes
    fps, age_ms, dropped behind the source of `asked_fps` frames a second
    age_ms               counted from when a frame was due, so the source's copy and its lateness are in it
    ready_s              from the persona in memory to the first frame's turn; the first start in this process
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from benchmarks.floor import measure_convert, measure_copy, measure_detect, measure_networks
from benchmarks.material import ReadySource, ready_frames
from realtime.errors import PersonaError
from realtime.frame import Frame
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.null import NullSink
from realtime.tap import SinkTap
from realtime.timing import Timing, now_s
from realtime.wear import wearing

NOT_MEASURED = "not measured"
SIZE_WH = (1920, 1080)
_READY, _WARM_UP = 60, 30


class PacedSource(ReadySource):
    """Ready frames, each when it is due: what the loop is too slow for is dropped.

    Args:
        frames: To be played.
        most: How many frames it gives before it ends.
        fps: Frames a second.
    """

    def __init__(self, frames: Sequence[Frame], most: int, fps: float) -> None:
        super().__init__(frames, most, by_clock=True)
        self.live, self.fps = True, fps
        self._begun_s: float | None = None
        self._due = 0

    def read(self) -> Frame | None:
        """The next frame, once it is due; that is when a camera would have taken it, however late it is asked for."""
        if self._begun_s is None:
            self._begun_s = now_s()
        due_s = self._begun_s + self._due / self.fps
        time.sleep(max(0.0, due_s - now_s()))
        self._due += 1
        frame = super().read()
        return frame and replace(frame, captured_s=due_s, media_s=due_s - self._begun_s)


class Played(NamedTuple):
    """What one run of the loop showed.

    Attributes:
        fps: Frames a second at the sink.
        cpu_ms: Processor time a frame takes, all threads together.
        age_ms: p50 and p95 of a frame's age at the sink.
        dropped: Frames that were displaced by newer ones.
        stages_ms: Median time of each stage.
        provider: What the network ran on.
        precision: Of the network.
        said: What the session says of both.
        ready_s: How long the stages took to build.
    """

    fps: float
    cpu_ms: float
    age_ms: Mapping[str, float]
    dropped: int
    stages_ms: Mapping[str, float]
    provider: str
    precision: str
    said: str
    ready_s: float


def measure_gpu(
    persona: Callable[[], Persona],
    provider: str,
    *,
    frames: int,
    faces: int,
    fps: float,
    detect_hz: float = math.inf,
    tell: Callable[[str], None] = lambda _: None,
    size_wh: tuple[int, int] = SIZE_WH,
) -> dict[str, Any] | str:
    """Figures on a card, or that there are none.

    Args:
        persona: Loads whom to wear; not called where nothing can be measured.
        provider: A name out of `PROVIDERS`; `auto` stands for CUDA.
        frames: Of each measurement.
        faces: How many are looked for.
        fps: Of the paced source.
        detect_hz: See `realtime.face.finder.FaceFinder`.
        tell: Called with what is done, or why nothing is.
        size_wh: Of the frames.
    """
    row = next(row for row in PROVIDERS if row.name == ("cuda" if provider == "auto" else provider))
    if row.name == "cpu":
        return NOT_MEASURED
    if missing := row.missing():
        tell(f"{row.label}: {NOT_MEASURED}: {missing}")
        return NOT_MEASURED
    tell(f"{row.label}, {size_wh[0]}x{size_wh[1]}")
    try:
        return measure_on(
            persona(), row.name, frames=frames, faces=faces, fps=fps, detect_hz=detect_hz, size_wh=size_wh
        )
    except PersonaError as error:  # a driver is there, but not its libraries; what was measured before is not lost
        tell(f"{row.label}: {NOT_MEASURED}: {error}")
        return NOT_MEASURED


def measure_on(
    persona: Persona,
    provider: str,
    *,
    frames: int,
    faces: int,
    fps: float,
    detect_hz: float,
    size_wh: tuple[int, int],
) -> dict[str, Any]:
    """Figures of one provider.

    Args:
        persona: Who is worn.
        provider: A name out of `PROVIDERS`.
        frames, faces, fps, detect_hz, size_wh: See `measure_gpu`.
    """
    ready, count = ready_frames(size_wh, _READY), _WARM_UP + frames
    # First of all, since it tells how long a start takes: nothing has been opened in this process yet.
    unpaced = _play(ReadySource(ready, count, by_clock=True), persona, provider, faces, detect_hz)
    networks = measure_networks(persona, provider, frames)
    paced = _play(PacedSource(ready, count, fps), persona, provider, faces, detect_hz)
    kernels = {
        "detect": measure_detect(ready, faces, frames),
        "network": networks[unpaced.precision],
        "copy": measure_copy(ready, frames),
        "convert": measure_convert(ready, frames),
    }
    return {
        "provider": unpaced.provider,
        "precision": unpaced.precision,
        "said": unpaced.said,
        "persona": persona.name,
        "crop_size": persona.manifest.crop_size,
        "size": list(size_wh),
        "faces_looked_for": faces,
        "network_ms": {name: one.wall_ms for name, one in networks.items()},
        "floor_ms": {name: one.wall_ms for name, one in kernels.items()},
        "fps_unpaced": unpaced.fps,
        "cpu_ms": unpaced.cpu_ms,
        "stages_unpaced_ms": dict(unpaced.stages_ms),
        "asked_fps": fps,
        "fps": paced.fps,
        "age_ms": dict(paced.age_ms),
        "dropped": paced.dropped,
        "stages_ms": dict(paced.stages_ms),
        "ready_s": unpaced.ready_s,
    }


def _play(source: ReadySource, persona: Persona, provider: str, faces: int, detect_hz: float) -> Played:
    """One run of the loop; its first second's worth of frames does not count."""
    marks: list[tuple[float, float, int]] = []
    arrived = 0

    def arrive(frame: Frame) -> None:
        nonlocal arrived
        arrived += 1
        if frame.index >= _WARM_UP:
            marks.append((time.perf_counter(), time.process_time(), arrived))

    timing, begun_s = Timing(warm_up_s=_WARM_UP / source.fps if source.live else 0.0), time.perf_counter()
    with wearing([persona], Live(Settings()), max_faces=faces, provider=provider, detect_hz=detect_hz) as worn:
        ready_s = time.perf_counter() - begun_s
        Pipeline(source, worn.threads, [SinkTap(NullSink(), arrive)], timing=timing).run()
        figures, told = timing.figures(), (worn.provider, worn.precision, worn.said)
    if len(marks) < 2:
        raise PersonaError(
            f"persona {persona.name} on {provider}",
            wanted=f"at least two frames after the first {_WARM_UP}",
            got=f"{len(marks)}, all others were dropped",
            next_step="ask for more --frames, or a lower --gpu-fps",
        )
    (from_s, from_cpu_s, first), (to_s, to_cpu_s, last) = marks[0], marks[-1]
    shown = max(1, last - first)
    age = figures.arrivals.age_ms
    return Played(
        shown / (to_s - from_s),
        1e3 * (to_cpu_s - from_cpu_s) / shown,
        {"p50": age.p50, "p95": age.p95},
        sum(figures.dropped.values()),
        {name: spread.p50 for name, spread in figures.stages_ms.items()},
        *told,
        ready_s,
    )
