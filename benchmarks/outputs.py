"""How old a picture is when it is seen, for each output, by the real programs at the other end.

The built-in performer wears the built-in persona through the loop's own pipeline at 640x360 and 30 frames a second,
into one output after the other. Index and capture time are written into the source's pixels and read back from the
pixels that the viewer shows: age, order and rate are what the pictures say. Of every tenth one the face is judged.

- `fps`: different pictures a second that the viewer showed.
- `age_ms`: from the picture's capture to when the viewer had it; of OBS Studio, a screenshot of what goes out.
- `loop_age_ms`: of the frames, when the output had taken them from the loop; the rest is the way and the viewer.
- `out_of_order`: pictures older than one before. `unreadable`: slates and concealed pictures.
- `judged`, `leaks`, `nearer_fraction`: pictures whose face was looked at, those that showed the performer's own, and
  the share that is nearer to the persona than to the performer.
- `load`: programs that wanted a processor meanwhile, per core; over 1 the machine was busy with other things as well.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.likeness import PersonaTruth
from benchmarks.obs_studio import PROGRAMS, free_port, missing_programs
from benchmarks.pipewire_age import PipeWireViewer
from benchmarks.pipewire_rig import PROGRAMS as PIPEWIRE_PROGRAMS
from benchmarks.sightings import Onlooker
from benchmarks.viewers import FfmpegViewer, HttpViewer, Look, ObsViewer, PyavViewer
from realtime.frame import Frame
from realtime.persona.catalog import load_persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.base import Sink
from realtime.sink.catalog import open_sink
from realtime.source.portrait import PortraitPerformer
from realtime.stamp import StampingSource
from realtime.tap import SinkTap, SourceTap
from realtime.timing import now_s
from realtime.wear import wearing

SIZE_WH, FPS = (640, 360), 30.0
WARM_UP_S = 3.0
PERSONA = "hopper"
_GIVES_UP_AFTER_S = 60.0

Viewing = Callable[[int, Look], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One output and one who watches it.

    Attributes:
        name: In print.
        output: What `--output` is given; `{port}` stands for a free one.
        viewer: Watches at that port while it is entered; None where the sink itself is the end.
        programs: What must be installed.
    """

    name: str
    output: str
    viewer: Viewing | None
    programs: tuple[str, ...] = ()


def _udp(port: int) -> str:
    return f"udp://127.0.0.1:{port}?reuse=1"


def _srt(port: int) -> str:
    return f"srt://127.0.0.1:{port}?latency=50000"


_LISTENING = "srt://127.0.0.1:{port}?mode=listener&latency=50000"

ROWS: tuple[Row, ...] = (
    Row("null", "null", None),
    Row(
        "mjpeg, a reader of HTTP",
        "mjpeg://127.0.0.1:{port}",
        lambda port, look: HttpViewer(f"http://127.0.0.1:{port}/stream.mjpg", look),
    ),
    Row("udp, PyAV", "udp://127.0.0.1:{port}", lambda port, look: PyavViewer(_udp(port), look)),
    Row(
        "udp, ffmpeg",
        "udp://127.0.0.1:{port}",
        lambda port, look: FfmpegViewer(_udp(port), SIZE_WH, look),
        ("ffmpeg",),
    ),
    Row("srt, ffmpeg", _LISTENING, lambda port, look: FfmpegViewer(_srt(port), SIZE_WH, look), ("ffmpeg",)),
    Row("udp, OBS Studio", "udp://127.0.0.1:{port}", lambda port, look: ObsViewer(_udp(port), SIZE_WH, look), PROGRAMS),
    Row(
        "srt, OBS Studio",
        _LISTENING,
        lambda port, look: ObsViewer(_srt(port), SIZE_WH, look),
        (*PROGRAMS, "ffmpeg"),
    ),
    Row(
        "pipewire, GStreamer",
        "pipewire",
        lambda port, look: PipeWireViewer(SIZE_WH, look),
        PIPEWIRE_PROGRAMS,
    ),
)
"""Rows for other outputs join here: their text for `--output`, and who watches."""


def measure(row: Row, seconds: float) -> dict[str, Any]:
    """Play into one output and watch it.

    Args:
        row: Which.
        seconds: How long, after the warm-up.

    Returns:
        Its figures, or `not_measured` and why.
    """
    if missing := missing_programs(row.programs):
        return {"output": row.name, "not_measured": f"no {missing} here"}
    port, onlooker = free_port(socket.SOCK_STREAM), Onlooker()
    sink = open_sink(row.output.format(port=port))
    watching = nullcontext() if row.viewer is None else row.viewer(port, onlooker.look)
    persona = load_persona(PERSONA)
    with watching, wearing([persona], Live(Settings()), max_faces=1) as worn:
        _play(sink, worn.threads, onlooker, seconds, sees_itself=row.viewer is None)
    if onlooker.first_s is None:
        return {"output": row.name, "not_measured": f"nothing was seen within {_GIVES_UP_AFTER_S:.0f} s"}
    seen = onlooker.figures(PersonaTruth(persona, persona.manifest.crop_size), onlooker.first_s + WARM_UP_S)
    return {
        "output": row.name,
        "frames": seen.arrivals.frames,
        "fps": _number(seen.arrivals.fps, 1),
        "age_ms": {"p50": _number(seen.arrivals.age_ms.p50, 0), "p95": _number(seen.arrivals.age_ms.p95, 0)},
        "loop_age_ms": {"p50": _number(seen.handed_ms.p50, 0), "p95": _number(seen.handed_ms.p95, 0)},
        "out_of_order": seen.out_of_order,
        "unreadable": seen.unreadable,
        "judged": seen.judged,
        "leaks": seen.leaks,
        "nearer_fraction": _number(seen.nearer, 3),
        "load": round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
    }


def _play(sink: Sink, threads: Sequence[Any], onlooker: Onlooker, seconds: float, *, sees_itself: bool) -> None:
    """Run the loop until enough was seen."""
    started_s = now_s()

    def finish(frame: Frame) -> None:
        taken_s = now_s()
        onlooker.finish(frame, taken_s)
        if sees_itself:
            onlooker.look(frame.image, taken_s)

    def tick() -> None:
        enough_s = math.inf if onlooker.first_s is None else onlooker.first_s + WARM_UP_S + seconds
        if now_s() >= enough_s or (onlooker.first_s is None and now_s() > started_s + _GIVES_UP_AFTER_S):
            pipeline.stop()

    performer = PortraitPerformer(size_wh=SIZE_WH, fps=FPS)
    source = StampingSource(SourceTap(performer, onlooker.remember))
    pipeline = Pipeline(source, threads, [SinkTap(sink, finish)], on_tick=tick)
    pipeline.run()


def _number(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def table_of(rows: Sequence[dict[str, Any]]) -> Table:
    """The figures for people."""
    table = Table(title="age of a picture when it is seen", title_justify="left")
    table.add_column("output, and who watches")
    ages = ("p50, ms", "p95, ms", "of it in the loop")
    for heading in ("pictures", "a second", *ages, "out of order", "leaks", "nearer", "load"):
        table.add_column(heading, justify="right")
    for row in rows:
        if "not_measured" in row:
            table.add_row(row["output"], f"not measured: {row['not_measured']}")
            continue
        ages = row["age_ms"]
        figures = (row["frames"], row["fps"], ages["p50"], ages["p95"], row["loop_age_ms"]["p50"], row["out_of_order"])
        whose = f"{row['leaks']} of {row['judged']}", row["nearer_fraction"], row["load"]
        table.add_row(row["output"], *map(str, (*figures, *whose)))
    return table


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outputs", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", type=Path, metavar="F", help="also write one JSON object")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each is watched")
    parser.add_argument("--only", metavar="WORD", help="only those whose name has this in it")
    words = parser.parse_args()
    rows = [measure(row, words.seconds) for row in ROWS if words.only is None or words.only in row.name]
    Console().print(table_of(rows))
    if words.json is not None:
        words.json.write_text(json.dumps({"size": [*SIZE_WH], "fps": FPS, "outputs": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
