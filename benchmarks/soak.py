"""Hours of the live loop: does memory stay flat, is nothing left behind, does every frame come in its order?

The built-in performer is worn into a virtual camera; each minute another persona is put on, in turn the built-in one
and a photo. Memory is looked at every second. Threads and open files are counted before and after; the loop has run for
a few seconds before the first count, so that what a library makes once and keeps is in both.
"""

from __future__ import annotations

import gc
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import psutil

from benchmarks.rig import Rig, driver_of
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.persona.package import Persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.virtual_camera import VirtualCameraSink
from realtime.source.portrait import PortraitPerformer
from realtime.stamp import StampingSource, read_stamp
from realtime.tap import SinkTap, SourceTap
from realtime.wear import Wearing, wearing
from realtime.witness import Witness

SETTLED_S, CHANGE_EVERY_S, WARM_UP_S = 60.0, 60.0, 5.0


@dataclass
class Log:
    """What was seen; a number each second, counts of the rest.

    Attributes:
        rss_mb: Resident memory, each second.
        frames: That arrived.
        out_of_order: Frames whose pixels told an index not above the one before.
        unworn: Frames without the persona after the first with one.
        last: The index that was read last.
        worn: Whether one was worn yet.
    """

    rss_mb: list[float] = field(default_factory=list)
    frames: int = 0
    out_of_order: int = 0
    unworn: int = 0
    last: int = -1
    worn: bool = False

    def note(self, frame: Frame) -> None:
        """Take one finished frame."""
        self.frames += 1
        self.worn |= frame.worn
        self.unworn += self.worn and not frame.worn
        stamp = read_stamp(frame.image)
        if stamp is not None:
            self.out_of_order += stamp.index <= self.last
            self.last = stamp.index


def soak(minutes: float, load: Sequence[Callable[[], Persona]]) -> dict[str, float | int]:
    """Run, and say what grew.

    Args:
        minutes: How long.
        load: Read the personas that are worn in turn.
    """
    process = psutil.Process()
    _play(WARM_UP_S, load, Log(), Witness())
    before = _left(process)
    log, witness = Log(), Witness()
    _play(60 * minutes, load, log, witness)
    after = _left(process)
    settled = np.array(log.rss_mb[min(int(SETTLED_S), len(log.rss_mb) // 4) :])
    # The means of the first and the last tenth, so that one second's peak does not count.
    tenth = max(1, len(settled) // 10)
    return {
        "minutes": minutes,
        "frames": log.frames,
        "rss_growth_mb": float(settled[-tenth:].mean() - settled[:tenth].mean()),
        "rss_mb": float(settled[-tenth:].mean()),
        "threads_left": after[0] - before[0],
        "handles_left": after[1] - before[1],
        "out_of_order": log.out_of_order,
        "unworn": log.unworn,
        "leaks": witness.leaks,
    }


def _play(seconds: float, load: Sequence[Callable[[], Persona]], log: Log, witness: Witness) -> None:
    process, rig, ended = psutil.Process(), Rig([]), threading.Event()

    def arrived(frame: Frame) -> None:
        log.note(frame)
        witness.judge(frame)

    with wearing([load[0]()], Live(Settings()), max_faces=4) as worn, driver_of(rig):
        source = SourceTap(StampingSource(PortraitPerformer(fps=30.0, seconds=seconds)), witness.remember)
        pipeline = Pipeline(
            source,
            worn.threads,
            [SinkTap(VirtualCameraSink(), arrived)],
            limits=Limits(seconds),
            on_tick=lambda: log.rss_mb.append(process.memory_info().rss / 1e6),
            tick_s=1.0,
        )
        user = threading.Thread(target=_change, args=(worn, load, ended))
        user.start()
        try:
            pipeline.run()
        finally:
            ended.set()
            user.join()


def _change(worn: Wearing, load: Sequence[Callable[[], Persona]], ended: threading.Event) -> None:
    for one in itertools.cycle([*load[1:], load[0]]):
        if ended.wait(CHANGE_EVERY_S):
            return
        worn.change(0, one())


def _left(process: psutil.Process) -> tuple[int, int]:
    """Threads and open files of this process, once what is on its way out is gone."""
    gc.collect()
    time.sleep(1.0)
    return process.num_threads(), process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
