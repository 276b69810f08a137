"""How fast the live loop is, beside the floor of this machine and beside other ways (`python -m benchmarks.live`).

In one run, in three rounds of which each figure's median is told, since a machine's speed changes with what else it
does: the bare kernels alone (MediaPipe, the network in each precision, one copy of a frame, one conversion of its
colours), and what a perfect pipeline would reach with them on these cores; our loop with an unpaced source; the plain
way with our own network (`benchmarks.plain`). Then the plain way with the shape of network that the field's best-known
live tool runs (`benchmarks.foreign`, 224 pixels, 25 billion multiply-adds); and, in processes of their own, `thespis
bench` with a source of 30 frames a second, started warm and with empty caches.

    floor_ms             median milliseconds of each kernel; network: in the precision that is worn
    floor_fps            what these cores reach where nothing else is done and no core ever waits
    fps_unpaced          our loop, as fast as it goes, as `thespis run` has it: faces are searched for thirty times a
                         second, and followed in between;  fps_photo: the same with a photo for a persona
    fps_all_searched     the same, faces searched for in every frame: so are the three figures of processor time
    ratio_plain          fps_unpaced over fps_plain, and of fps_all_searched;  ratio_reference: over fps_reference_graph
    cpu_ms               processor time that a frame takes in our loop;  cpu_over_floor: over the sum of the kernels'
    other_ms             processor time of a frame that the loop's own threads spend neither in MediaPipe nor in the
                         network;  other_by_difference_ms: `cpu_ms` without the two kernels as they are alone, so with
                         what they take longer beside each other
    gpu                  the loop with its network on a graphics card (`benchmarks.gpu`), or `not measured`
    beside_cpu_ms        processor time of one detection and one network while both run, as in a loop; alone they are
                         quicker;  cpu_over_beside: `cpu_ms` over that, copy and conversion
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.table import Table

from benchmarks.gpu import measure_gpu
from benchmarks.material import ready_frames
from benchmarks.plain import plain_fps
from benchmarks.round_table import CARD, photos
from benchmarks.unpaced import measure_round, middle
from realtime.cores import cores as usable_cores
from realtime.persona.catalog import load_persona
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona
from realtime.persona.provider import PROVIDERS
from realtime.settings import DETECT_HZ

_READY = 60
_ROUNDS = 3
_REFERENCE_SIZE = 224

Report = dict[str, Any]


def bench(seconds: float, folder: Path, *, cold: bool = False, persona: str | None = None) -> Report:
    """`thespis bench` in a process of its own, with a performer of 30 frames a second.

    Args:
        seconds: How long it measures.
        folder: For its figures, and for its caches where they are to be empty.
        cold: Whether compiled kernels, modules and (on Linux) the choice of a provider are made anew. What the system
            keeps of files stays.
        persona: A name or file; the built-in one where left out.
    """
    figures = folder / "bench.json"
    words = [sys.executable, "-m", "thespis.main", "bench", "--source", "demo", "--seconds", f"{seconds:g}"]
    words += ["--json", str(figures), "--overwrite", *(("--persona", persona) if persona else ())]
    emptied = {"NUMBA_CACHE_DIR": "numba", "PYTHONPYCACHEPREFIX": "modules", "XDG_CACHE_HOME": "caches"}
    caches = {name: str(folder / place) for name, place in emptied.items()} if cold else {}
    subprocess.run(words, check=True, env=os.environ | caches, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told: Report = json.loads(figures.read_text())
    return told


def reference_persona(folder: Path) -> Persona:
    """A persona of the shape that the field's best-known live tool runs, with random weights."""
    from benchmarks.foreign import CARD as NOBODY
    from benchmarks.foreign import write_export
    from export.foreign import import_model
    from realtime.persona.package import read_persona

    model, file = folder / "reference.dfm", folder / "reference.persona"
    write_export(model, _REFERENCE_SIZE)
    import_model(model, file, NOBODY, today=date.today())
    return read_persona(file, today=date.today())


def photo_persona(folder: Path) -> Persona:
    """A persona of one photo, which is not the performer's."""
    path = folder / "photo.png"
    cv2.imwrite(str(path), photos()[1])
    return persona_of_photo(path, CARD, today=date.today())


def measure(words: argparse.Namespace, folder: Path, tell: Callable[[str], None]) -> Report:
    """Everything on the processor.

    Args:
        words: Of the command line.
        folder: For files.
        tell: Called with what comes next.
    """
    persona, size_wh = load_persona("hopper"), (1280, 720)
    frames = ready_frames(size_wh, _READY)
    cores = usable_cores()
    photo = photo_persona(folder)
    rounds = []
    for number in range(_ROUNDS):
        tell(f"the kernels alone, our loop as fast as it goes, the plain way: {number + 1} of {_ROUNDS}")
        rounds.append(measure_round(frames, persona, photo, words.faces, words.frames // _ROUNDS))
    report = {name: middle([one.figures(cores)[name] for one in rounds]) for name in rounds[0].figures(cores)}
    tell("the plain way, with the reference graph")
    reference = plain_fps(frames, reference_persona(folder), max(3, words.frames // 60), precision="auto")
    tell("30 frames a second")
    cold = bench(2, folder, cold=True)
    paced = bench(words.seconds, folder)
    return {
        "cores": cores,
        "faces_looked_for": words.faces,
        **report,
        "fps_reference_graph": reference,
        "ratio_reference": report["fps_unpaced"] / reference,
        "startup_warm_s": paced["startup_s"],
        "startup_cold_s": cold["startup_s"],
        "rss_mb": paced["rss_mb"],
        "age_ms": {name: paced["age_ms"][name] for name in ("p50", "p95")},
        "fps": paced["fps"],
        "dropped": sum(paced["dropped"].values()),
        "stages_ms": {name: spread["p50"] for name, spread in paced["stages_ms"].items()},
    }


def make_table(report: Report) -> Table:
    """What is shown on screen."""
    table = Table("figure", "value", title="live")
    for name, value in report.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            table.add_row(f"{name} {part}".strip(), f"{number:.2f}" if isinstance(number, float) else str(number))
    return table


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=600, help="of each measurement, all rounds together")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the source of 30 frames a second")
    parser.add_argument("--faces", type=int, default=4, help="how many are looked for, as by `thespis run`")
    names = ["auto", *(row.name for row in PROVIDERS)]
    parser.add_argument("--provider", choices=names, default="auto", help="of the part `gpu`; auto: CUDA, if here")
    parser.add_argument("--persona", default="hopper", help="for the part `gpu`")
    parser.add_argument("--gpu-fps", type=float, default=100.0, help="of its paced source")
    parser.add_argument("--gpu-only", action="store_true", help="leave out everything on the processor")
    parser.add_argument("--json", type=Path, help="write all figures there")
    words = parser.parse_args(arguments)
    tell = partial(Console(stderr=True).print, highlight=False)
    report: Report = {}
    if not words.gpu_only:
        with tempfile.TemporaryDirectory() as folder:
            report = measure(words, Path(folder), tell)
    gpu = measure_gpu(
        lambda: load_persona(words.persona),
        words.provider,
        frames=words.frames,
        faces=words.faces,
        fps=words.gpu_fps,
        detect_hz=DETECT_HZ,
        tell=tell,
    )
    report |= {"gpu": gpu, "date": date.today().isoformat()}
    Console().print(make_table(report))
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
