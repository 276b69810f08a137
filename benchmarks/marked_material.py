"""What the watermark is measured on: real clips and the built-in performer, at 720p; and windows without a mark."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Frame
from realtime.source.portrait import PortraitPerformer
from realtime.source.video import VideoSource

SIZE_WH = (1280, 720)
FPS = 30
WINDOW = 2 * FPS
"""Frames of two seconds."""
SPARSE = 4
"""Of a window without a mark every fourth frame is read, which takes half the time: what stands still in all
stands still in a fourth, and what moves is averaged less, so that false alarms are if anything likelier."""
PERFORMER = "built-in performer"

Grey: TypeAlias = npt.NDArray[np.uint8]
"""(H, W) uint8."""

_SEED = 71_001
_GREY_WH = (960, 540)
_NOISE_LEVELS = (2.0, 80.0)


def names(clips: Path) -> tuple[str, ...]:
    """What there is to measure on: the clips in a folder, if they are there, and the performer."""
    return (*(film.stem for film in sorted(clips.glob("*.mp4"))), PERFORMER)


def frames_of(name: str, clips: Path, most: int) -> list[BgrImage]:
    """Up to so many frames, whole windows only, (720, 1280, 3) uint8 BGR; a clip is cut to 16:9 and scaled."""
    found = list(islice(_pictures(name, clips), most))
    return [_at_720p(frame) for frame in found[: len(found) // WINDOW * WINDOW]]


def unmarked_windows(clips: Path, count: int, seed: int = 0) -> Iterator[list[Grey]]:
    """Windows without a mark: every tenth is noise, the rest real frames in turn.

    Each begins at a frame of its own, is cut to 60 to 100 % each way, scaled to a size of its own, flipped or not, and
    made 20 % brighter to 20 % darker.
    """
    rng = np.random.default_rng(seed)
    films = [_grey_film(name, clips) for name in names(clips)]
    for number in range(count):
        if number % 10 == 9:
            yield _noise(rng)
            continue
        film = films[number % len(films)]
        first = int(rng.integers(len(film) - WINDOW + 1))
        yield _seen_otherwise(film[first : first + WINDOW], rng)


def _pictures(name: str, clips: Path) -> Iterator[BgrImage]:
    performer = name == PERFORMER
    source = (
        PortraitPerformer(size_wh=SIZE_WH, seed=_SEED, paced=False, seconds=60)
        if performer
        else VideoSource(clips / f"{name}.mp4")
    )
    with source:
        while (frame := source.read()) is not None:
            yield _copied(frame)


def _copied(frame: Frame) -> BgrImage:
    return frame.image.copy()


def _at_720p(picture: BgrImage) -> BgrImage:
    height, width = picture.shape[:2]
    rows = min(height, round(width * SIZE_WH[1] / SIZE_WH[0]))
    top = (height - rows) // 3  # where a face is, rather than in the middle
    cut = picture[top : top + rows]
    return np.asarray(cv2.resize(cut, SIZE_WH, interpolation=cv2.INTER_CUBIC), np.uint8)


def _grey_film(name: str, clips: Path) -> list[Grey]:
    film = []
    for picture in islice(_pictures(name, clips), 600):
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        large = grey.shape[1] > _GREY_WH[0]
        film.append(np.asarray(cv2.resize(grey, _GREY_WH, interpolation=cv2.INTER_AREA), np.uint8) if large else grey)
    return film


def _seen_otherwise(window: list[Grey], rng: np.random.Generator) -> list[Grey]:
    height, width = window[0].shape
    rows, columns = (round(side * share) for side, share in zip((height, width), rng.uniform(0.6, 1, 2), strict=True))
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    size_wh = (round(columns * rng.uniform(0.4, 1)), round(rows * rng.uniform(0.4, 1)))
    flipped, gain = bool(rng.integers(2)), float(rng.uniform(0.8, 1.2))
    seen = []
    for frame in window[::SPARSE]:
        cut = frame[top : top + rows, left : left + columns]
        scaled = cv2.resize(cut, size_wh, interpolation=cv2.INTER_LINEAR)
        scaled = cv2.flip(scaled, 1) if flipped else scaled
        seen.append(np.asarray(cv2.convertScaleAbs(scaled, alpha=gain), np.uint8))
    return seen


def _noise(rng: np.random.Generator) -> list[Grey]:
    """Noise that stands still, under noise that does not; of a grain and strength of its own."""
    grain = int(rng.integers(1, 9))
    levels = rng.uniform(*_NOISE_LEVELS, 2)
    still = rng.normal(128, levels[0], (180 // grain, 320 // grain)).astype(np.float32)
    still = np.asarray(cv2.resize(still, (320, 180), interpolation=cv2.INTER_LINEAR), np.float32)
    moving = [rng.normal(0, levels[1], still.shape) for _ in range(4)]
    return [np.clip(still + moving[number % 4], 0, 255).astype(np.uint8) for number in range(WINDOW // SPARSE)]
