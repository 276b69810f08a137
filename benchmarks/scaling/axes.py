"""One function for each axis: its points, each a row of figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.floor import measure_convert, measure_copy, measure_networks
from benchmarks.gpu import NOT_MEASURED
from benchmarks.scaling.cores import make_reel, measure_point
from benchmarks.scaling.meter import COPIES, DETECTION, NETWORK, Cost, cost_of
from benchmarks.scaling.personas import PRECISIONS, billions, make_persona, shapes
from benchmarks.scaling.pictures import DRAWN_WH, WALK, WalkingBack, crowd, same_face
from benchmarks.unpaced import play
from realtime.persona.catalog import load_persona

FACES = (1, 2, 4)
SIZES = ((640, 480), DRAWN_WH, (1920, 1080), (3840, 2160))
CORES = (1, 2, 4, 8, 16)
LOOKED_FOR = 4
"""Faces, as `thespis run` does."""

_HEAVY_MS, _LEAST = 60.0, 5
_WARM_UP, _HEAVY_WARM_UP = 30, 4

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, and how thoroughly.

    Attributes:
        frames: Of each figure; fewer where a frame takes long.
        film_s: Length of the film that is converted; None for as long as gives each core a piece.
        folder: For files.
        tell: Called with what comes next.
        faces: Numbers of people in view.
        sizes: Of frames.
        crops: Sides of crops; those of `shapes` that are among them.
        cores: Numbers of cores.
        ready: Frames in memory, played there and back; 20 of 4K take half a gigabyte.
    """

    frames: int
    film_s: float | None
    folder: Path
    tell: Callable[[str], None]
    faces: tuple[int, ...] = FACES
    sizes: tuple[tuple[int, int], ...] = SIZES
    crops: tuple[int, ...] = (128, 192, 256, 384, 512)
    cores: tuple[int, ...] = CORES
    ready: int = 20

    def enough(self, frame_ms: float) -> int:
        """How many frames to measure where one takes so long."""
        return max(_LEAST, min(self.frames, round(self.frames * _HEAVY_MS / frame_ms)))


def by_faces(plan: Plan) -> Rows:
    """Several people in view, each as large as the others."""
    persona, rows = load_persona("hopper"), Rows()
    for faces in plan.faces:
        plan.tell(f"{faces} in view")
        frames = crowd(faces, plan.ready)
        cost = cost_of(frames, persona, plan.frames, there=faces, looked_for=LOOKED_FOR)
        fps = play(frames, persona, plan.frames, faces=LOOKED_FOR).fps
        rows.append({"faces": faces, **_figures(cost), "fps_unpaced": fps})
    return rows


def by_size(plan: Plan) -> Rows:
    """Larger and larger frames with the same face in them."""
    persona, rows = load_persona("hopper"), Rows()
    for size_wh in plan.sizes:
        plan.tell("{}x{}".format(*size_wh))
        frames = same_face(size_wh, plan.ready)
        cost = cost_of(frames, persona, plan.frames, looked_for=LOOKED_FOR, source=WalkingBack, warm_up=WALK)
        played = play(frames, persona, plan.frames, faces=LOOKED_FOR, warm_up=WALK, source=WalkingBack)
        alone = {"copy": measure_copy(frames, plan.frames), "convert": measure_convert(frames, plan.frames)}
        rows.append(
            {
                "size": [*size_wh],
                **_figures(cost),
                "fps_unpaced": played.fps,
                "alone_ms": {name: kernel.cpu_ms for name, kernel in alone.items()},
            }
        )
    return rows


def growth(rows: Rows) -> dict[str, Any]:
    """What 4K takes over 720p of all that is neither detection nor network; None where one of them was left out.

    `ratio` is all of it, `ratio_without_copies` what is left without the parts in `COPIES`, `parts_add_ms` what each
    part takes more.
    """
    by_wh = {tuple(row["size"]): row for row in rows}
    small, large = by_wh.get(SIZES[1]), by_wh.get(SIZES[-1])
    if small is None or large is None:
        return {"ratio": None, "ratio_without_copies": None, "parts_add_ms": {}}
    without = [row["other_ms"] - row["copies_ms"] for row in (large, small)]
    names = [name for name in large["parts_ms"] if name not in (DETECTION, NETWORK)]
    return {
        "ratio": large["other_ms"] / small["other_ms"],
        "ratio_without_copies": without[0] / without[1],
        "copies": [*COPIES],
        "parts_add_ms": {name: large["parts_ms"][name] - small["parts_ms"].get(name, 0.0) for name in names},
    }


def by_crop(plan: Plan) -> Rows:
    """Larger and larger crops, each through a network of its own; none where PyTorch is not installed."""
    rows = Rows()
    if find_spec("torch") is None:
        plan.tell("crops: " + NOT_MEASURED + ", PyTorch is not installed: pip install '.[train]'")
        return rows
    frames = same_face(DRAWN_WH, plan.ready)
    for name, preset in shapes().items():
        if preset.size not in plan.crops:
            continue
        plan.tell(f"{preset.size} pixels a crop")
        persona = make_persona(preset, plan.folder)
        row: dict[str, Any] = {"crop": preset.size, "network": name, "billion_multiply_adds": billions(preset)}
        for precision in PRECISIONS:
            rough = measure_networks(persona, "cpu", _LEAST)[precision].wall_ms
            count, warm_up = plan.enough(rough), _HEAVY_WARM_UP if rough > _HEAVY_MS else _WARM_UP
            cost = cost_of(frames, persona, count, precision=precision, warm_up=warm_up)
            played = play(frames, persona, count, faces=LOOKED_FOR, precision=precision, warm_up=warm_up)
            row[precision] = {"network_alone_ms": rough, **_figures(cost), "fps_unpaced": played.fps}
        rows.append(row)
    return rows


def by_cores(plan: Plan, here: int) -> Rows:
    """The live loop and the film's conversion on some of the cores; what this machine has not is not measured.

    Args:
        plan: See `Plan`.
        here: How many cores there are.
    """
    rows = Rows()
    points = [cores for cores in plan.cores if cores <= here]
    reel = make_reel(plan.folder, plan.film_s, max(points))
    for cores in plan.cores:
        if cores > here:
            rows.append({"cores": cores, "fps_live": NOT_MEASURED, "fps_film": NOT_MEASURED})
            continue
        plan.tell(f"{cores} of {here} cores")
        rows.append(measure_point(cores, plan.frames, reel, plan.folder))
    return shares(rows)


def shares(rows: Rows) -> Rows:
    """The same rows, each with how much of linear its films came to; the first row is what a core can do."""
    first = rows[0]
    for row in rows:
        if row["fps_film"] != NOT_MEASURED:
            row["film_of_linear"] = row["fps_film"] / first["fps_film"] * first["cores"] / row["cores"]
            row["live_times"] = row["fps_live"] / first["fps_live"]
    return rows


def _figures(cost: Cost) -> dict[str, Any]:
    return {
        "found_share": cost.found,
        "worn_share": cost.worn,
        "parts_ms": dict(cost.parts_ms),
        "cpu_ms": cost.cpu_ms,
        "other_ms": cost.other_ms,
        "copies_ms": cost.copies_ms,
    }
