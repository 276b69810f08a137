"""From a film to crops of a thing and masks of where it is, kept in the run's folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from models.sample import Planes
from models.things.words import ThingWords
from realtime.errors import TrainingError
from realtime.face.align import scale_crop, transform
from realtime.frame import Frame
from realtime.persona.crop import cut_crop
from realtime.source.video import VideoSource

MOST, LEAST = 2000, 32
"""Crops of one film: evenly spread over it where it has more, refused where it has fewer."""

OnCut = Callable[[float], None]
"""Told what share of a film is done."""


@dataclass(frozen=True, slots=True)
class Footage:
    """Crops of one thing.

    Attributes:
        views: (N, 3, S, S) uint8 RGB, in the order of the film.
        masks: (N, 1, S, S) uint8, where the thing is.
    """

    views: Planes
    masks: Planes


def cut_film(words: ThingWords, size: int, on_cut: OnCut, stop: threading.Event) -> Footage | None:
    """Find the thing in every so many frames and cut it out.

    Args:
        words: Film and region.
        size: Side of the crops in pixels.
        on_cut: Told after every frame.
        stop: Set it to end early.

    Returns:
        The crops; None where it was stopped.

    Raises:
        SourceError: The film cannot be read.
        TrainingError: The thing is found in too few frames.
    """
    find = words.region.finder(1)
    views, masks = [], []
    for frame, share in _frames(words.film):
        if stop.is_set():
            return None
        for face in find(frame).faces:
            crop_from_frame = scale_crop(face.crop_from_frame, size)
            crop = cut_crop(frame.image, crop_from_frame, size)
            views.append(crop[..., ::-1].transpose(2, 0, 1))
            masks.append(words.region.cover(crop, transform(face.landmarks_px, crop_from_frame))[None])
        on_cut(share)
    if len(views) < LEAST:
        raise TrainingError(
            f"film {words.film}",
            wanted=f"{words.region.words} in {LEAST} frames or more",
            got=f"it in {len(views)}",
            next_step="film longer, or name another region: REGION@FILM",
        )
    # Safetensors writes memory as it lies, and a stack of transposed pictures lies transposed.
    return Footage(np.ascontiguousarray(np.stack(views)), np.stack(masks))


def save_footage(path: Path, footage: Footage, digest: str) -> None:
    """Write it whole or not at all.

    Raises:
        TrainingError: There is no room.
    """
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)  # it may be a link that somebody else laid there
        save_file({"views": footage.views, "masks": footage.masks}, fresh, {"digest": digest})
        fresh.replace(path)
    except (SafetensorError, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise TrainingError(
            f"crops {path}", wanted="room for them", got=str(error), next_step="free some, or give another --out"
        ) from error


def load_footage(path: Path, digest: str, size: int) -> Footage | None:
    """What was cut before from the same film at the same size; None where there is nothing such."""
    try:
        with safe_open(path, "numpy") as file:
            if (file.metadata() or {}).get("digest") != digest:
                return None
            shapes = [file.get_slice(name).get_shape() for name in ("views", "masks")]
            count = shapes[0][0] if shapes[0] else 0
            if count > MOST or shapes != [[count, 3, size, size], [count, 1, size, size]]:
                return None
            footage = Footage(file.get_tensor("views"), file.get_tensor("masks"))
    except (SafetensorError, OSError):
        return None
    return footage if footage.views.dtype == footage.masks.dtype == np.uint8 else None


def _frames(film: Path) -> Iterator[tuple[Frame, float]]:
    """Frames spread over a film, and how far into it each is."""
    with VideoSource(film) as source:
        count = round((source.length_s or 0.0) * source.fps)
        every = max(1, -(-count // MOST))
        taken = 0
        while taken < MOST and (frame := source.read()) is not None:
            if frame.index % every == 0:
                taken += 1
                yield frame, min(1.0, (frame.index + 1) / count) if count else 0.0


def mirrored(planes: Planes) -> Planes:
    """Flipped left to right."""
    return np.ascontiguousarray(planes[..., ::-1])
