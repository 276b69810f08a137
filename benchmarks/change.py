"""Another persona while live (`python -m benchmarks.change`).

The built-in performer plays at 30 frames a second through the live loop's own pipeline; twice, once left alone and once
with another persona asked for every second, in turn: the built-in one by its network, and a photo. Each is read from
its file, loaded and warmed beside the one that is worn. Told: the longest time between two frames in the sink
(`longest_gap_ms`; a frame's own 33 ms included), frames that were not worn after the first one that was (`unworn`),
frames that showed the performer's own face (`leaks`), how long a change took from the wish to the exchange, and how
many frames wore whom.

Asked: no freeze over 50 ms, which is a gap of 83 ms; no frame without a persona.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.round_table import CARD, photos
from realtime.frame import Frame
from realtime.limits import Limits
from realtime.persona.catalog import load_persona
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.null import NullSink
from realtime.source.portrait import PortraitPerformer
from realtime.tap import SinkTap, SourceTap
from realtime.timing import now_s
from realtime.wear import Wearing, wearing
from realtime.witness import Witness

SIZE_WH, FPS = (1280, 720), 30.0
_FIRST_S, _EVERY_S = 2.0, 1.0
"""When the first change is asked for, and how long after each the next."""


@dataclass
class Seen:
    """What a viewer saw.

    Attributes:
        times_s: When each frame came.
        unworn: Frames without a persona after the first with one.
        wearers: Frames by the persona that they wore.
    """

    times_s: list[float] = field(default_factory=list)
    unworn: int = 0
    wearers: Counter[str] = field(default_factory=Counter)

    def note(self, frame: Frame) -> None:
        """Take one finished frame."""
        if frame.worn or self.wearers:
            self.times_s.append(now_s())
            self.unworn += not frame.worn
            self.wearers.update(swap.persona for swap in frame.swaps)

    @property
    def longest_gap_ms(self) -> float:
        """Between two frames."""
        return 1000 * float(np.diff(self.times_s).max())


def play(seconds: float, load: Sequence[Callable[[], Persona]], *, changes: bool) -> dict[str, Any]:
    """Play, and change persona or not.

    Args:
        seconds: How long.
        load: Read the personas from their files; the first one is worn at first.
        changes: Whether others are asked for meanwhile.
    """
    seen, witness, took_s, faults = Seen(), Witness(), list[float](), list[BaseException]()
    # Without a held picture a frame that has no swap of its own is seen at once.
    with wearing([load[0]()], Live(Settings(when_lost="blur")), max_faces=4) as worn:
        source = SourceTap(PortraitPerformer(size_wh=SIZE_WH, fps=FPS, seconds=seconds), witness.remember)
        sink = SinkTap(SinkTap(NullSink(), witness.judge), seen.note)
        pipeline = Pipeline(source, worn.threads, [sink], limits=Limits(seconds))
        ended = threading.Event()
        wishes = itertools.cycle([*load[1:], load[0]])
        user = threading.Thread(target=_wish, args=(worn, wishes, took_s, faults, ended))
        if changes:
            user.start()
        try:
            pipeline.run()
        finally:
            ended.set()
            if changes:
                user.join()
    if faults:
        raise faults[0]
    return {
        "frames": len(seen.times_s),
        "changes": len(took_s),
        "longest_gap_ms": seen.longest_gap_ms,
        "unworn": seen.unworn,
        "leaks": witness.leaks,
        "change_ms_median": 1000 * float(np.median(took_s)) if took_s else None,
        "change_ms_longest": 1000 * max(took_s) if took_s else None,
        "worn_frames": dict(seen.wearers),
    }


def _wish(
    worn: Wearing,
    loads: Iterator[Callable[[], Persona]],
    took_s: list[float],
    faults: list[BaseException],
    ended: threading.Event,
) -> None:
    """What the user does, in a thread of their own; how long each change took, and what went wrong."""
    wait_s = _FIRST_S
    try:
        while not ended.wait(wait_s):
            start_s = time.perf_counter()
            worn.change(0, next(loads)())
            took_s.append(time.perf_counter() - start_s)
            wait_s = _EVERY_S
    except BaseException as error:  # noqa: BLE001 - a thread has no caller: `play` raises it
        faults.append(error)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.change",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=24.0, help="of each of the two runs")
    parser.add_argument("--json", type=Path, help="write all figures there")
    words = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.png"
        cv2.imwrite(str(photo), photos()[1])  # not the performer's own, which would be a leak by itself
        loads = (lambda: load_persona("hopper"), lambda: persona_of_photo(photo, CARD, today=date.today()))
        alone, changed = (play(words.seconds, loads, changes=changes) for changes in (False, True))
    table = Table("figure", "left alone", "changed", title="another persona while live")
    for name, value in changed.items():
        told = (alone[name], value)
        table.add_row(name, *(f"{one:.0f}" if isinstance(one, float) else str(one) for one in told))
    Console().print(table)
    if words.json:
        report = {"left_alone": alone, "changed": changed, "date": date.today().isoformat()}
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
