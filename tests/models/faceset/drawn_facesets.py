"""Facesets made by hand: records that say what a test needs, crops drawn from a portrait where pictures count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from models.faceset.index import Faceset, read_faceset
from models.faceset.record import FaceRecord, MediaRecord
from models.faceset.writer import FacesetWriter
from realtime.frame import BgrImage
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

SIZE = 64
REST = FaceRecord(
    file="film-000000-0.jpg",
    origin="film.mp4",
    origin_sha256="ab" * 32,
    time_s=0.0,
    frame=0,
    landmarks=np.zeros((478, 3), np.float32),
    yaw=0.0,
    pitch=0.0,
    roll=0.0,
    mouth_open=0.02,
    mouth_width=0.75,
    smile=-0.02,
    right_eye=0.14,
    left_eye=0.14,
    gaze_x=0.0,
    gaze_y=-0.02,
    sharpness=0.5,
    eyes_px=80.0,
    brightness=0.5,
    light_x=0.0,
    light_y=0.0,
)
"""A face at rest, ahead, in even light, large enough."""


def shown(*changes: dict[str, object], seconds: int = 4, **always: object) -> tuple[FaceRecord, ...]:
    """Each state for so many seconds, one crop a second.

    Args:
        changes: Fields that differ from rest, one dictionary for each state.
        seconds: For how long each is held.
        always: Fields that differ in every crop.
    """
    records: list[FaceRecord] = []
    for change in changes:
        for _ in range(seconds):
            number = len(records)
            fields = {**always, **change}
            where = {"file": f"film-{number:06d}-0.jpg", "time_s": float(number), "frame": number}
            records.append(replace(REST, **{**where, **fields}))
    return tuple(records)


def faceset(records: Iterable[FaceRecord], folder: str = "alice") -> Faceset:
    """A faceset without pictures."""
    every = tuple(records)
    return Faceset(
        Path(folder),
        tuple(record for record in every if record.aside is None),
        tuple(record for record in every if record.aside is not None),
        (),
    )


def expression_of(record: FaceRecord) -> Expression:
    """What a portrait must do to show what a record says."""
    names = asdict(Expression()).keys() & {"yaw", "pitch", "mouth_open", "mouth_width", "smile", "gaze_x", "gaze_y"}
    values = {name: getattr(record, name) for name in names}
    eyes = {"right_eye": record.right_eye, "left_eye": record.left_eye}
    light = {"light_x": record.light_x, "light_y": record.light_y, "light": abs(record.light_x)}
    return Expression(**values, **eyes, **light, exposure=record.brightness + 0.5)


def write_faceset(
    folder: Path, records: Iterable[FaceRecord], renderer: PortraitRenderer | None = None, size: int = SIZE
) -> Faceset:
    """A faceset on the disk, as extract leaves it; grey crops where no renderer is given."""
    with FacesetWriter(folder) as writer:
        for record in records:
            writer.add(record, _crop(record, renderer, size))
        done = MediaRecord(REST.origin, REST.origin_sha256, "film", "", frames_done=90, without_face=7, done=True)
        writer.note(replace(done, judged="person 1, eyes 24 px"))
    return read_faceset(folder)


def _crop(record: FaceRecord, renderer: PortraitRenderer | None, size: int) -> BgrImage:
    if renderer is None:
        return np.full((size, size, 3), 128, np.uint8)
    return renderer.crop(expression_of(record), size, smooth=1)[0]
