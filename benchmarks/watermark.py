"""The watermark: is it found after what films go through, never where it is not, and unseen?

    python -m benchmarks.watermark [--windows N] [--clips DIR] [--json F]

Three clips of real people and the built-in performer, 720p, up to ten seconds of each, marked by the loop's own stage.
After each change the reader is given windows of 60 frames and told nothing.

Figures:

watermark
    For each condition the share of windows in which the sync and all 32 bits were found; beside it what is asked.
watermark_false_alarms, watermark_unmarked_windows
    Windows without a mark in which one was found, and how many were read: real frames cut, scaled, flipped and made
    brighter or darker at random, and noise.
watermark_ms, watermark_ms_p95
    Median and 95th percentile of the stage's time for a 720p frame, in a thread that does nothing else;
    `watermark_ms_least` is the fastest of all, which a busy machine does not touch.
watermark_psnr_db
    Of the marked against the unmarked frame: the lowest of any frame.
watermark_flicker
    Mean change of the mark itself from one frame to the next, in levels: on a still scene, and on the films.
watermark_curve
    For scores of the sync: what confidence they give, which share of windows without a mark comes so far, and which of
    the windows of each condition.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.false_alarms import FalseAlarms, measure_false_alarms
from benchmarks.likeness import default_clips
from benchmarks.marked_films import ASKED, BESIDE, Film
from benchmarks.marked_material import FPS, WINDOW, frames_of, names
from realtime.disclosure.mark_code import mark_of
from realtime.disclosure.watermark import Watermark
from realtime.disclosure.watermark_reader import LEAST_SCORE, Verdict, WindowReader, chance_of
from realtime.errors import ThespisError
from realtime.face.align import CROP_SIDE
from realtime.frame import BgrImage, Face, Frame, Swap

MARK = mark_of("5ca1ab1e")
FILM_FRAMES = 10 * FPS
_CURVE = (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)


def measure(clips: Path, unmarked_windows: int) -> dict[str, Any]:
    """All figures, keys as above.

    Args:
        clips: A folder of films of real people; none is fine.
        unmarked_windows: How many windows without a mark.
    """
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    psnr: list[float] = []
    flicker: list[float] = []
    timed: list[float] = []
    for name in names(clips):
        film = frames_of(name, clips, FILM_FRAMES)
        marked, took_ms = mark_film(film)
        timed += took_ms
        psnr += [psnr_db(one, other) for one, other in zip(film, marked, strict=True)]
        flicker.append(flicker_of(film, marked))
        for condition, change in {**{key: one for key, (one, _) in ASKED.items()}, **BESIDE}.items():
            verdicts[condition] += read_windows(change(marked))
    still = [film[0]] * 10
    return {
        "watermark": {key: found_fraction(ones) for key, ones in verdicts.items()},
        "watermark_asked": {key: asked for key, (_, asked) in ASKED.items()},
        "watermark_least_score": {key: round(min(one.score for one in ones), 1) for key, ones in verdicts.items()},
        "watermark_windows": len(verdicts["as it was"]),
        "watermark_ms": round(float(np.median(timed)), 2),
        "watermark_ms_p95": round(float(np.percentile(timed, 95)), 2),
        "watermark_ms_least": round(min(timed), 2),
        "watermark_psnr_db": round(min(psnr), 2),
        "watermark_flicker": {"still": flicker_of(still, mark_film(still)[0]), "films": round(max(flicker), 3)},
        **false_alarm_figures(measure_false_alarms(clips, unmarked_windows), verdicts),
    }


def mark_film(film: Film) -> tuple[Film, list[float]]:
    """A film's frames with the mark, and what each took in milliseconds."""
    watermark, marked, took_ms = Watermark(), [], []
    face = Face(0, np.zeros((478, 3), np.float32), np.eye(2, 3) / CROP_SIDE)
    nothing = np.zeros((1, 1, 3), np.uint8)
    swap = Swap(face, nothing, nothing[..., 0], np.eye(2, 3), mark=MARK)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    for index, picture in enumerate(film):
        frame = Frame(index, index / FPS, index / FPS, picture.copy(), swaps=(swap,), worn=True)
        begun = time.perf_counter()
        marked.append(watermark(frame).image)
        took_ms.append(1000 * (time.perf_counter() - begun))
    cv2.setNumThreads(threads)
    return marked, took_ms


def read_windows(film: Film) -> list[Verdict]:
    """What the reader finds in each window of a film."""
    verdicts = []
    for first in range(0, len(film) - WINDOW + 1, WINDOW):
        reader = WindowReader()
        for frame in film[first : first + WINDOW]:
            reader.add(frame)
        verdicts.append(reader.verdict())
    return verdicts


def found_fraction(verdicts: Sequence[Verdict]) -> float:
    """Windows in which the right mark was found."""
    return sum(one.mark == MARK for one in verdicts) / len(verdicts)


def psnr_db(one: BgrImage, other: BgrImage) -> float:
    """Peak signal-to-noise ratio over all three colours."""
    return float(cv2.PSNR(one, other))


def flicker_of(film: Film, marked: Film) -> float:
    """Mean change of the mark itself from one frame to the next, in levels."""
    marks = [after[::4].astype(np.int16) - before[::4] for before, after in zip(film, marked, strict=True)]
    return float(np.mean([np.abs(later - earlier).mean() for earlier, later in pairwise(marks)]))


def false_alarm_figures(alarms: FalseAlarms, verdicts: dict[str, list[Verdict]]) -> dict[str, Any]:
    """False alarms, and the curve of confidence over scores."""
    return {
        "watermark_false_alarms": alarms.found,
        "watermark_unmarked_windows": alarms.windows,
        "watermark_unmarked_score": round(float(alarms.scores.max(initial=0.0)), 2),
        "watermark_curve": [
            {
                "score": score,
                "sync_alone": 1 - chance_of(score),
                "unmarked": _share(alarms.scores, score),
                **{
                    key: _share(np.array([one.score for one in ones], np.float64), score)
                    for key, ones in verdicts.items()
                },
            }
            for score in _CURVE
        ],
    }


def _share(scores: npt.NDArray[np.float64], least: float) -> float:
    return float((scores >= least).mean()) if scores.size else 0.0


def make_table(report: dict[str, Any]) -> Table:
    """Every condition beside what is asked, and the lowest score of its windows."""
    table = Table("condition", "found", "asked", f"lowest score ({LEAST_SCORE:g} is needed)")
    for condition, found in report["watermark"].items():
        asked = report["watermark_asked"].get(condition)
        missed = asked is not None and found < asked
        cell = f"[red]{found:.1%} ✗[/red]" if missed else f"{found:.1%}"
        table.add_row(
            condition, cell, "" if asked is None else f"{asked:.0%}", str(report["watermark_least_score"][condition])
        )
    table.add_section()
    for key in ("false_alarms", "unmarked_windows", "unmarked_score", "ms", "ms_p95", "ms_least", "psnr_db", "flicker"):
        table.add_row(key, str(report[f"watermark_{key}"]))
    return table


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watermark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--windows", type=int, default=10_000, help="how many windows without a mark")
    parser.add_argument("--clips", type=Path, default=default_clips(), help="a folder of films of real people")
    parser.add_argument("--json", type=Path, help="write all figures there")
    words = parser.parse_args(arguments)
    try:
        report = measure(words.clips, words.windows)
    except ThespisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    Console().print(make_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
