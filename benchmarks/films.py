"""Is a converted film whole, the same however it was made, and made by all cores? (`python -m benchmarks.films`)

The film is one of the built-in performer with a tone and uneven time stamps, or a file of one's own. It is made by one
worker and by one for each core, in pieces and in one go, on a Ray cluster begun here, and by a program that is killed
ten times.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from skimage.metrics import structural_similarity

from benchmarks.affinity import cores_here, only
from realtime.source.portrait import PortraitPerformer

KILLS = 10
SECONDS = 60.0
_FPS, _SIZE_WH, _TICKS = 30, (640, 360), 90_000
_RATE = 48_000
_GONE_S = 20.0
_LOSSLESS = ("--quality", "0")
_IN_ONE = ("--piece", "1000000")
_SHORT = ("--piece", "4")
"""So that a program that is killed often gets any of them done."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a reader finds of one stream: its kind, times in seconds, and a digest of all that it says."""

    kind: str
    times_s: tuple[Fraction, ...]
    sha256: str


def make_film(path: Path, seconds: float) -> None:
    """The built-in performer, one picture of eight left out and the others' times uneven, with a tone."""
    dice = random.Random(0)
    with av.open(str(path), "w", options={"movie_timescale": str(_TICKS)}) as container:
        pictures: Any = container.add_stream("libx264", rate=_FPS, options={"preset": "veryfast", "crf": "16"})
        pictures.width, pictures.height, pictures.pix_fmt = *_SIZE_WH, "yuv420p"
        pictures.time_base = pictures.codec_context.time_base = Fraction(1, _TICKS)
        pictures.codec_context.gop_size = 2 * _FPS
        tone: Any = container.add_stream("aac", rate=_RATE, layout="mono")
        with PortraitPerformer(size_wh=_SIZE_WH, fps=_FPS, paced=False, seconds=seconds) as performer:
            while (drawn := performer.read()) is not None:
                if dice.random() < 1 / 8:
                    continue
                frame = av.VideoFrame.from_ndarray(drawn.image, format="bgr24")
                frame.pts = round(drawn.media_s * _TICKS) + dice.randrange(_TICKS // _FPS // 2)
                frame.time_base = Fraction(1, _TICKS)
                container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        wave = np.sin(np.arange(int(seconds * _RATE)) * (2 * np.pi * 330 / _RATE)).astype(np.float32)
        for start in range(0, len(wave), 1024):
            part = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
            part.sample_rate, part.pts = _RATE, start
            container.mux(tone.encode(part))
        container.mux(tone.encode(None))


def look(path: Path) -> list[Stream]:
    """Every stream of a film."""
    with av.open(str(path)) as container:
        kinds = [stream.type for stream in container.streams]
        times: list[list[Fraction]] = [[] for _ in kinds]
        digests = [hashlib.sha256() for _ in kinds]
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                times[packet.stream.index].append(packet.pts * packet.time_base)
                digests[packet.stream.index].update(bytes(packet))
    return [
        Stream(kind, tuple(sorted(found)), digest.hexdigest())
        for kind, found, digest in zip(kinds, times, digests, strict=True)
    ]


def likeness(first: Path, second: Path) -> dict[str, float | int]:
    """How much the luma of two films' pictures is alike, picture by picture."""
    values = []
    with av.open(str(first)) as one, av.open(str(second)) as two:
        for before, after in zip(one.decode(video=0), two.decode(video=0), strict=True):
            luma, other = (frame.to_ndarray(format="gray") for frame in (before, after))
            same = np.array_equal(luma, other)
            values.append(1.0 if same else float(structural_similarity(luma, other)))
    return {
        "frames": len(values),
        "ssim": round(float(np.mean(values)), 4),
        "ssim_worst": round(min(values), 4),
        "identical": sum(value == 1.0 for value in values),
    }


def swap(film: Path, out: Path, *words: str, cores: Collection[int] | None = None) -> dict[str, Any]:
    """Make a film as a user does.

    Args:
        film: The film.
        out: What is made.
        words: More of them.
        cores: The only ones that may work at it.

    Raises:
        CalledProcessError: It was not made.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with only(cores or cores_here()):
        done = subprocess.run(_command(film, out, *words, "--json", "-"), check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**told, "cpu_s": now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime}


def kill(film: Path, out: Path, kills: int, whole_s: float, *words: str) -> dict[str, Any]:
    """Make a film in a program that is killed again and again, then left to its end.

    Args:
        film: The film.
        out: What is made.
        kills: How often.
        whole_s: How long it takes in peace: kills come at any time of that, from the last one on.
        words: More of them.

    Returns:
        How many kills struck, how many pieces there were after each, and what outlived its program.
    """
    dice, moments, orphans = random.Random(0), list[int](), 0
    for _ in range(kills):
        process = subprocess.Popen(_command(film, out, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0.02, 0.3) * whole_s)
        except subprocess.TimeoutExpired:
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            _, left = psutil.wait_procs(children, timeout=_GONE_S)
            orphans += sum(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in left)
            moments.append(len(list(out.with_name(f".{out.name}.thespis").glob("piece-*.json"))))
        else:
            break
    if not out.exists():
        swap(film, out, *words)
    return {"kills": len(moments), "pieces_at_each": moments, "orphans": orphans}


def measure(film: Path, place: Path, kills: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, one after the other."""
    cores = len(cores_here())
    report: dict[str, Any] = {"film": film.name, "cores": cores}
    say("one worker on one core")
    one = swap(film, place / "one.mp4", "--workers", "1", cores=cores_here()[:1])
    say(f"{cores} workers")
    every = swap(film, place / "every.mp4", "--workers", str(cores))
    before, after = look(film), look(place / "every.mp4")
    report |= {
        "frames": every["frames"],
        "frames_before": len(next(one for one in before if one.kind == "video").times_s),
        "times_same": _of(before, "video")[0].times_s == _of(after, "video")[0].times_s,
        "sound_same": _of(before, "audio") == _of(after, "audio"),
        "without_persona": every["without_persona"],
        "pieces": every["pieces"],
        "fps_one_core": one["fps"],
        "fps_all_cores": every["fps"],
        "cpu_s_one_core": round(one["cpu_s"], 1),
        "cpu_s_all_cores": round(every["cpu_s"], 1),
        "of_linear": round(every["fps"] / one["fps"] / cores, 3),
        "workers_same": after == look(place / "one.mp4"),
    }
    say("on Ray")
    ray = swap(film, place / "ray.mp4", "--engine", "ray")
    report |= {"fps_ray": ray["fps"], "ray_same": look(place / "ray.mp4") == after}
    say(f"killed {kills} times")
    short = swap(film, place / "short.mp4", *_SHORT)
    report |= kill(film, place / "killed.mp4", kills, short["took_s"], *_SHORT)
    report |= {"killed_same": look(place / "killed.mp4") == look(place / "short.mp4")}
    say("in one go, lossless, against pieces")
    swap(film, place / "whole.mkv", *_IN_ONE, *_LOSSLESS)
    swap(film, place / "pieces.mkv", *_LOSSLESS)
    report |= {f"pieces_{name}": value for name, value in likeness(place / "whole.mkv", place / "pieces.mkv").items()}
    return report


def _of(streams: list[Stream], kind: str) -> list[Stream]:
    return [one for one in streams if one.kind == kind]


def _command(film: Path, out: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "thespis.main", "swap", str(film), str(out), *words]


def main() -> int:
    """Measure, print, and end with 1 where anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--film", type=Path, help="a film of one's own")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of the film that is made otherwise")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    asked = parser.parse_args()
    screen = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="thespis-films-") as name:
        film = asked.film
        if film is None:
            film = Path(name) / "performer.mp4"
            make_film(film, asked.seconds)
        begun_s = time.monotonic()
        report = measure(film, Path(name), asked.kills, screen.print)
        report["took_s"] = round(time.monotonic() - begun_s, 1)
    table = Table("figure", "value", title="films")
    for key, value in report.items():
        table.add_row(key, str(value))
    Console().print(table)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    same = all(value for key, value in report.items() if key.endswith("_same"))
    return 0 if same and report["frames"] == report["frames_before"] and not report["orphans"] else 1


if __name__ == "__main__":
    sys.exit(main())
