"""Draws footage: a portrait brought to life, as films and photos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from realtime.frame import BgrImage, Frame
from realtime.sink.recorder import RecorderSink
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

FPS = 30.0


def write_film(path: Path, pictures: Iterable[BgrImage]) -> Path:
    listed = list(pictures)
    with RecorderSink(path, threads=1) as sink:
        sink.open((listed[0].shape[1], listed[0].shape[0]), FPS)
        for index, picture in enumerate(listed):
            sink.write(Frame(index, 0.0, index / FPS, picture))
    return path


def pose(number: int) -> Expression:
    """One of a row of expressions that differ clearly."""
    return replace(
        Expression(),
        yaw=18 * np.sin(number / 4),
        pitch=8 * np.sin(number / 7),
        mouth_open=0.15 + 0.15 * np.sin(number / 3),
    )


def picture_of(renderer: PortraitRenderer, expression: Expression) -> BgrImage:
    picture = np.zeros((480, 640, 3), np.uint8)
    renderer.frame(expression, picture)
    return picture


def write_picture(path: Path, picture: BgrImage) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
    return path
