"""A film in one piece leaves the loop as `thespis run` has it, before anything is coded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from drawn_films import FPS, performance, write_film
from film_rig import wishes

from realtime.film.facts import read_film
from realtime.film.order import task_of
from realtime.film.pieces import cut, first_form
from realtime.film.source import PieceSource
from realtime.frame import Frame
from realtime.persona.catalog import load_persona
from realtime.pipeline import Pipeline
from realtime.settings import Live, Settings
from realtime.sink.null import NullSink
from realtime.source.base import Source
from realtime.source.video import VideoSource
from realtime.tap import SinkTap
from realtime.wear import wearing


def through_the_loop(source: Source) -> list[np.ndarray]:
    pictures: list[np.ndarray] = []

    def keep(frame: Frame) -> None:
        pictures.append(frame.image.copy())

    with wearing([load_persona("hopper")], Live(Settings()), max_faces=1, provider="cpu") as worn:
        Pipeline(source, worn.threads, [SinkTap(NullSink(), keep)]).run()
    return pictures


def test_every_pixel_is_the_same(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", performance(2 * FPS))
    film = read_film(path)
    (piece,) = cut(film)
    task = task_of(film, wishes(), piece, first_form(piece), tmp_path / "piece", threads=1)
    live, converted = through_the_loop(VideoSource(path)), through_the_loop(PieceSource(task))
    assert len(live) == len(converted) == 2 * FPS
    worst = max(int(np.abs(one.astype(int) - two).max()) for one, two in zip(live, converted, strict=True))
    assert worst <= 1, worst  # times differ in their last bit
