"""How old a picture is when a program that reads the camera in PipeWire has it.

Index and capture time are written into the source's pixels and read back from the pixels that came out of PipeWire in
another process. Plain: painted pictures go straight into the sink, which is what the output itself adds. Worn: the
built-in performer wears the built-in persona through the loop's own pipeline.

- `age_ms`: from the picture's capture to when the reader had all of it.
- `lost`: pictures between the first and the last that never arrived; of a loop that is slower than its source, too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.pipewire_rig import PipeWireSession, missing_programs, reading, wait_until
from realtime.errors import ThespisError
from realtime.frame import BgrImage, Frame
from realtime.limits import Limits
from realtime.persona.catalog import load_persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.pipewire import PipeWireSink
from realtime.source.portrait import PortraitPerformer
from realtime.stage import Stage
from realtime.stamp import Evidence, Sighting, Stamp, StampingSource, read_stamp, write_stamp
from realtime.timing import now_s
from realtime.wear import wearing

WARM_UP_S = 3.0
PERSONA = "hopper"


class PipeWireViewer:
    """Looks at the camera from another process, in a PipeWire of its own that `PipeWireSink` finds meanwhile.

    To be entered before the sink is opened: the environment of this process leads to that PipeWire until it is left.

    Args:
        size_wh: Of the pictures, both sides even.
        look: Called in a thread with each picture, (H, W, 3) uint8 BGR, and when it was whole, in monotonic seconds.
    """

    def __init__(self, size_wh: tuple[int, int], look: Callable[[BgrImage, float], object]) -> None:
        self._size_wh, self._look = size_wh, look
        self._session = PipeWireSession()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="viewer", daemon=True)

    def __enter__(self) -> Self:
        self._session.__enter__()
        self._before = {name: os.environ.get(name) for name in self._session.environment}
        os.environ.update(self._session.environment)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        self._session.close()

    def _watch(self) -> None:
        wait_until(lambda: self._ended.is_set() or self._session.cameras(), "a camera", 120.0)
        if self._ended.is_set():
            return
        self._session.await_rest()
        with reading(self._session, self._size_wh) as reader:
            while not self._ended.is_set():
                try:
                    picture, seen_s = reader.read(2.0)
                except AssertionError:  # the camera has gone, as it does at the end
                    return
                self._look(picture, seen_s)


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured.

    Attributes:
        name: In print.
        size_wh, fps: Of the source.
        worn: Whether the persona is worn.
    """

    name: str
    size_wh: tuple[int, int]
    fps: float
    worn: bool


CASES = (
    Case("plain, 640x360", (640, 360), 30.0, False),
    Case("plain, 1280x720", (1280, 720), 30.0, False),
    Case("worn, 640x360", (640, 360), 30.0, True),
)


def measure(case: Case, seconds: float) -> dict[str, Any]:
    """Play into the camera and look at it.

    Args:
        case: What.
        seconds: How long, after the warm-up.

    Returns:
        Its figures.

    Raises:
        ThespisError: It cannot be played.
    """
    sightings: list[Sighting] = []
    with PipeWireViewer(case.size_wh, lambda picture, seen_s: sightings.append(Sighting(read_stamp(picture), seen_s))):
        if case.worn:
            with wearing([load_persona(PERSONA)], Live(Settings()), max_faces=1) as worn:
                _play(case, worn.threads, seconds)
        else:
            _paint(case, seconds)
    first_s = next((one.seen_s for one in sightings if one.stamp is not None), 0.0)
    evidence = Evidence.of([one for one in sightings if one.seen_s > first_s + WARM_UP_S])
    if not len(evidence.seen_s):
        raise ThespisError(f"pipewire, {case.name}", wanted="pictures with a stamp", got="none")
    ages_ms = 1e3 * (evidence.seen_s - evidence.captured_s)
    return {
        "case": case.name,
        "frames": len(ages_ms),
        "fps": round((len(ages_ms) - 1) / float(np.ptp(evidence.seen_s)), 1),
        "age_ms": {"p50": round(float(np.median(ages_ms)), 1), "p95": round(float(np.quantile(ages_ms, 0.95)), 1)},
        "lost": evidence.dropped,
        "out_of_order": evidence.out_of_order,
        "load": round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
    }


def _play(case: Case, threads: Sequence[Sequence[Stage]], seconds: float) -> None:
    performer = PortraitPerformer(size_wh=case.size_wh, fps=case.fps)
    whole_s = 2 * WARM_UP_S + seconds
    Pipeline(StampingSource(performer), threads, [PipeWireSink()], limits=Limits(whole_s)).run()


def _paint(case: Case, seconds: float) -> None:
    """Write stamped pictures into the camera at their rate."""
    image = np.full((case.size_wh[1], case.size_wh[0], 3), 90, np.uint8)
    never = threading.Event()
    with PipeWireSink() as sink:
        sink.open(case.size_wh, case.fps)
        start_s = now_s()
        for index in range(int((2 * WARM_UP_S + seconds) * case.fps)):
            never.wait(max(0.0, start_s + index / case.fps - now_s()))
            captured_s = now_s()
            write_stamp(image, Stamp(index, captured_s))
            sink.write(Frame(index, captured_s, index / case.fps, image))


def table_of(rows: Sequence[dict[str, Any]]) -> Table:
    """The figures for people."""
    table = Table("source", "pictures", "a second", "p50, ms", "p95, ms", "lost", "out of order", "load")
    for row in rows:
        ages = row["age_ms"]
        figures = (row["frames"], row["fps"], ages["p50"], ages["p95"], row["lost"], row["out_of_order"], row["load"])
        table.add_row(row["case"], *map(str, figures))
    return table


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pipewire_age",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each is looked at")
    parser.add_argument("--json", type=Path, metavar="F", help="also write one JSON object")
    words = parser.parse_args(arguments)
    if missing := missing_programs():
        sys.stderr.write(f"pipewire: not measured, no {missing} here; install tests/system/packages.txt\n")
        return 1
    try:
        rows = [measure(case, words.seconds) for case in CASES]
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(table_of(rows))
    if words.json:
        words.json.write_text(json.dumps({"pipewire": rows}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
