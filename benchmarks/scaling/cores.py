"""The live loop, and the conversion of a film, on so many cores and no more."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.affinity import cores_here, only
from benchmarks.material import ready_frames
from benchmarks.unpaced import play
from realtime.film.pieces import SHORTEST_S
from realtime.persona.catalog import load_persona

_SIZE_WH = (1280, 720)
_READY = 60
_LOOKED_FOR = 4
_LEAST_FILM_S = 60.0


def make_reel(folder: Path, seconds: float | None, most: int) -> Path:
    """A film of the built-in performer.

    Args:
        folder: Where it goes.
        seconds: Its length; None for as long as gives so many cores a piece each.
        most: How many cores that are.
    """
    from benchmarks.films import make_film

    path = folder / "performer.mp4"
    make_film(path, seconds or max(_LEAST_FILM_S, most * SHORTEST_S))
    return path


def measure_point(cores: int, frames: int, reel: Path, folder: Path) -> dict[str, Any]:
    """Both on so many cores; each in processes of its own, which know of no other cores from their beginning on.

    Args:
        cores: How many.
        frames: Of the live loop, which has no other pace than its own.
        reel: The film, converted by as many workers.
        folder: For what is made of it.
    """
    from benchmarks.films import swap

    some, out = cores_here()[:cores], folder / f"worn{cores}.mp4"
    with only(some), ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        live = fresh.submit(live_here, frames).result()
    film = swap(reel, out, "--workers", str(cores), cores=some)
    out.unlink()
    return {
        "cores": cores,
        "fps_live": live["fps"],
        "cpu_ms_live": live["cpu_ms"],
        "cores_seen": live["cores"],
        "fps_film": film["fps"],
        "film_frames": film["frames"],
        "film_pieces": film["pieces"],
        "cpu_s_film": film["cpu_s"],
    }


def live_here(frames: int) -> dict[str, float]:
    """The live loop, unpaced, on the cores that this process may use."""
    played = play(ready_frames(_SIZE_WH, _READY), load_persona("hopper"), frames, faces=_LOOKED_FOR)
    return {"fps": played.fps, "cpu_ms": played.cpu_ms, "cores": len(cores_here())}
