"""Films of a fruit that is turned in all directions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from models.objects.fruit import Fruit
from models.objects.scene import MomentPath, Scene
from realtime.frame import Frame
from realtime.sink.recorder import RecorderSink

FPS = 30.0
PACE = 4.0
"""How much faster than in a hand it moves in a film to train on: half a minute shows every side in every light."""


def write_film(
    path: Path,
    fruit: Fruit,
    *,
    seed: int,
    frames: int,
    size_wh: tuple[int, int] = (480, 270),
    pace: float = PACE,
    on_frame: Callable[[int], None] = lambda done: None,
) -> None:
    """Render a film.

    Args:
        path: The file; its extension chooses the container.
        fruit: What is shown.
        seed: Of its way and of the table.
        frames: How many.
        size_wh: In pixels.
        pace: How fast it moves.
        on_frame: Told how many are done.

    Raises:
        SinkError: The file cannot be written.
    """
    scene, way = Scene(fruit, size_wh, seed), MomentPath(seed)
    with RecorderSink(path) as sink:
        sink.open(size_wh, FPS)
        for index in range(frames):
            time_s = index / FPS
            sink.write(Frame(index, time_s, time_s, scene.draw(way.at(pace * time_s))[0]))
            on_frame(index + 1)
