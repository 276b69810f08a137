"""Four people in one picture, each with a persona of their own (`python -m benchmarks.round_table`).

Four portrait performers share a frame of 1280x720: the two public-domain portraits and two strangers made of them. Two
of them change places again and again, one passing before the other. Each is given a persona by place when it comes
into view. Told, in faces over all frames: how often a performer wore another's persona (`exchanges`); how often one who
is in view wore none and was shown so (`bare`), or in a frame that the live loop conceals (`concealed`); and frames a
second of the detect and swap stages, one after the other.

`exchanges` is asked to be 0 in 30 seconds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib import cbook
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.strangers import STRANGERS, colour
from realtime.casting import Casting, CastSwapper
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.composite.conceal import Conceal
from realtime.face.finder import FaceFinder
from realtime.frame import BgrImage, Frame
from realtime.persona.catalog import load_persona
from realtime.persona.identity import Identity
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona
from realtime.persona.swapper import Swapper, make_swapper
from realtime.settings import Live
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import Expression, ExpressionPath
from realtime.source.renderer import PortraitRenderer

SIZE_WH = (1280, 720)
PATCH_WH = (330, 420)
_FPS = 30.0
_EYES_PX = 84.0
_CROSSING_S = 10.0
CARD = Identity("A performer of the benchmark", "fictional")
_SEED = 71_001


@dataclass
class Person:
    """One performer of the scene: who draws it, and the path it takes."""

    renderer: PortraitRenderer
    path: ExpressionPath

    def at(self, time_s: float) -> Expression:
        """What it does at a time."""
        return replace(self.path.at(time_s), shift_x=0.0)

    def draw(self, time_s: float) -> BgrImage:
        """Its picture at a time, its size `PATCH_WH`."""
        picture = np.empty_like(self.renderer.canvas)
        self.renderer.frame(self.at(time_s), picture)
        return picture


def photos() -> list[BgrImage]:
    """The four faces."""
    hopper = load_photo(Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))))
    astronaut = load_photo(None)
    return [
        astronaut,
        hopper,
        colour(astronaut, STRANGERS["long dark face"]),
        colour(hopper, STRANGERS["square ruddy face"]),
    ]


def people() -> list[Person]:
    """The four performers."""
    return [_person(number, photo) for number, photo in enumerate(photos())]


def places(time_s: float) -> list[float]:
    """Where each stands, the middle of its patch in pixels; the second and third change places."""
    swing = 0.5 - 0.5 * math.cos(math.tau * time_s / _CROSSING_S)
    lanes = [(number + 0.5) * SIZE_WH[0] / 4 for number in range(4)]
    apart = lanes[2] - lanes[1]
    return [lanes[0], lanes[1] + swing * apart, lanes[2] - swing * apart, lanes[3]]


def draw(table: list[Person], time_s: float) -> BgrImage:
    """The scene; the second person stands before the third."""
    picture = np.full((SIZE_WH[1], SIZE_WH[0], 3), 96, np.uint8)
    width, height = PATCH_WH
    top = (SIZE_WH[1] - height) // 2
    for number in (0, 3, 2, 1):
        left = round(places(time_s)[number] - width / 2)
        start, end = max(left, 0), min(left + width, SIZE_WH[0])
        picture[top : top + height, start:end] = table[number].draw(time_s)[:, start - left : end - left]
    return picture


def in_view(time_s: float) -> list[int]:
    """Whose face is not behind another's."""
    _, second, third, _ = places(time_s)
    return [0, 1, 3] if abs(second - third) < 0.8 * PATCH_WH[0] else [0, 1, 2, 3]


class _Noted:
    """A swapper that notes by whom it is worn."""

    def __init__(self, swapper: Swapper, place: int, notes: dict[int, int]) -> None:
        self._swapper, self._place, self._notes = swapper, place, notes
        self.said, self.provider = swapper.said, swapper.provider
        self.precision, self.persona_name = swapper.precision, swapper.persona_name

    def __call__(self, frame: Frame) -> Frame:
        """As the swapper itself."""
        self._notes |= {face.id: self._place for face in frame.faces}
        return self._swapper(frame)


def measure(seconds: float, personas: Sequence[Persona], sheet: Path | None = None) -> dict[str, Any]:
    """Play the scene and count.

    Args:
        seconds: Of the scene.
        personas: One for each person.
        sheet: A picture to write of four moments.
    """
    table = people()
    notes: dict[int, int] = {}
    find = FaceFinder(4, tell_apart=True)
    swap = CastSwapper(
        [_Noted(make_swapper(one), place, notes) for place, one in enumerate(personas)], Live(Casting("place"))
    )
    match, composite, conceal = ColourMatch(), Composite(), Conceal()
    first: dict[int, int] = {}
    exchanges, bare, concealed, seen, spent_s, shown = 0, 0, 0, 0, 0.0, []
    frames = round(seconds * _FPS)
    for index in track(range(frames), "round table", console=Console(stderr=True)):
        time_s = index / _FPS
        frame = Frame(index, 0.0, time_s, draw(table, time_s))
        notes.clear()
        start_s = time.perf_counter()
        frame = swap(find(frame))
        spent_s += time.perf_counter() - start_s
        worn = _worn(frame, notes, time_s)
        frame = composite(match(frame))
        for person in in_view(time_s):
            seen += 1
            if person in worn:
                exchanges += first.setdefault(person, worn[person]) != worn[person]
            elif frame.worn:
                bare += 1
            else:
                concealed += 1
        seen_by_viewers = conceal(frame)
        if index in np.linspace(0, min(frames - 1, _CROSSING_S * _FPS / 2), 4).astype(int):
            shown.append(seen_by_viewers.image.copy())
    find.close()
    if sheet is not None:
        cv2.imwrite(str(sheet), np.vstack([np.hstack(shown[:2]), np.hstack(shown[2:])]))
    return {
        "people": len(table),
        "frames": frames,
        "faces_in_view": seen,
        "exchanges": exchanges,
        "bare": bare,
        "concealed": concealed,
        "fps": frames / spent_s,
        "date": date.today().isoformat(),
    }


def _person(number: int, photo: BgrImage) -> Person:
    points = find_portrait_points(photo, f"person {number}")
    return Person(PortraitRenderer(photo, points, PATCH_WH, _EYES_PX), ExpressionPath(_SEED + number))


def _worn(frame: Frame, notes: Mapping[int, int], time_s: float) -> dict[int, int]:
    """Persona by person who is in view; whose face it is is known from where each of the four stands."""
    middles, worn = places(time_s), {}
    for face in frame.faces:
        x = float(face.landmarks_px[:, 0].mean())
        person = min(range(len(middles)), key=lambda one: abs(middles[one] - x))
        if person in in_view(time_s) and abs(middles[person] - x) < 0.4 * PATCH_WH[0]:
            worn[person] = notes[face.id]
    return worn


def own_personas(folder: Path) -> list[Persona]:
    """The built-in one, and three photos of the scene's own people: each wears somebody else's face."""
    made = []
    for number, photo in enumerate(photos()[:3]):
        path = folder / f"person{number}.png"
        cv2.imwrite(str(path), photo)
        made.append(persona_of_photo(path, CARD, today=date.today()))
    return [load_persona("hopper"), *made]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.round_table",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="of the scene")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--sheet", type=Path, help="write a picture of four moments there")
    words = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(words.seconds, own_personas(Path(folder)), words.sheet)
    table = Table("figure", "value", title="four people, two of them crossing")
    for name, value in report.items():
        table.add_row(name, f"{value:.1f}" if isinstance(value, float) else str(value))
    Console().print(table)
    if words.json:
        words.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
