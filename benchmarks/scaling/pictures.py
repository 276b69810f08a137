"""Pictures of any size with the same face in them, and pictures with several faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from benchmarks.material import FPS, ReadySource, ready_frames
from benchmarks.round_table import PATCH_WH, Person
from realtime.frame import BgrImage, Frame
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer

DRAWN_WH = (1280, 720)
WALK = 45
"""Frames in which a performer walks back from the camera. Whoever measures lets so many go by."""

_EYES_PX = 84.0
_SEED = 72_001
_GREY, _COARSE, _TINT, _GRAIN = 110.0, 24.0, 6.0, 4.0
_CELL = 60
_SWAY_PX = 12.0


def wall(size_wh: tuple[int, int]) -> BgrImage:
    """A mottled wall with grain, (H, W, 3) uint8, as busy in each part whatever its size: never flat, and no face."""
    dice = np.random.default_rng(_SEED)
    width, height = size_wh
    cells = -(-height // _CELL) + 1, -(-width // _CELL) + 1
    spots = _GREY + dice.normal(0, _COARSE, (*cells, 1)) + dice.normal(0, _TINT, (*cells, 3))
    whole = cv2.resize(spots.astype(np.float32), (cells[1] * _CELL, cells[0] * _CELL), interpolation=cv2.INTER_CUBIC)
    grain = dice.normal(0, _GRAIN, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(whole[:height, :width] + grain, 0, 255), np.uint8)


def same_face(size_wh: tuple[int, int], count: int) -> list[Frame]:
    """The built-in performer with as many pixels of face, whatever the size of the frame; nobody knows who it is.

    It is drawn at 1280x720. Smaller frames show the middle of that; larger ones have a wall around it.

    Args:
        size_wh: Of the frames.
        count: How many.
    """
    around = wall(size_wh)
    return [replace(one, image=_laid(one.image, around.copy()), truth=None) for one in ready_frames(DRAWN_WH, count)]


class WalkingBack(ReadySource):
    """Ready frames of `same_face`; in the first ones the performer is near and walks back.

    In a frame of 4K a face of that size is too small to be found, since the detector sees the whole frame in 128
    pixels. It is found where it is large, and followed from there on, as somebody who leans back from a camera.

    Args:
        frames: As `ReadySource`.
        most: As `ReadySource`.
    """

    def read(self) -> Frame | None:
        """The next frame."""
        frame = super().read()
        width, height = self.size_wh
        nearest = min(width / DRAWN_WH[0], height / DRAWN_WH[1])
        if frame is not None and nearest > 1 and frame.index < WALK:
            drawn = np.empty((DRAWN_WH[1], DRAWN_WH[0], 3), np.uint8)
            near = nearest ** (1 - frame.index / WALK)
            side_wh = round(near * DRAWN_WH[0]), round(near * DRAWN_WH[1])
            _laid(np.asarray(cv2.resize(_laid(frame.image, drawn), side_wh), np.uint8), frame.image)
        return frame


def crowd(faces: int, count: int) -> list[Frame]:
    """So many of the built-in performer side by side at 1280x720, all with as many pixels of face.

    Each does something else, and sways.

    Args:
        faces: How many, 1 to 4.
        count: How many frames.
    """
    photo = load_photo(None)
    renderer = PortraitRenderer(photo, find_portrait_points(photo, "demo"), PATCH_WH, _EYES_PX)
    people = [Person(renderer, ExpressionPath(_SEED + number)) for number in range(faces)]
    around = wall(DRAWN_WH)
    times_s = [index / FPS for index in range(count)]
    return [Frame(index, 0.0, time_s, _seated(people, around, time_s)) for index, time_s in enumerate(times_s)]


def _laid(picture: BgrImage, onto: BgrImage) -> BgrImage:
    """The middle of a picture laid onto the middle of another, which is changed and returned."""
    height, width = (min(sides) for sides in zip(picture.shape[:2], onto.shape[:2], strict=True))
    np.copyto(_middle(onto, height, width), _middle(picture, height, width))
    return onto


def _middle(picture: BgrImage, height: int, width: int) -> BgrImage:
    """A view of it."""
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def _seated(people: Sequence[Person], around: BgrImage, time_s: float) -> BgrImage:
    picture, (width, height) = around.copy(), PATCH_WH
    lane = picture.shape[1] / len(people)
    for number, person in enumerate(people):
        sway = _SWAY_PX * math.sin(math.tau * (time_s / 2 + number / 4))
        left, top = round((number + 0.5) * lane - width / 2), round((picture.shape[0] - height) / 2 + sway)
        start, end = max(left, round(number * lane)), min(left + width, round((number + 1) * lane))
        picture[top : top + height, start:end] = person.draw(time_s)[:, start - left : end - left]
    return picture
