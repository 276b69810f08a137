"""Faces and swaps for the composite tests, made without a persona."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from realtime.face.align import STABLE, TEMPLATE, align, scale_crop
from realtime.frame import Face, Frame, Swap


def make_face(centre: tuple[float, float] = (160, 120), eyes_px: float = 30, turn_deg: float = 0, id_: int = 1) -> Face:
    """A face of 478 points spread over an oval; those that align it lie where the template has them."""
    step = np.arange(478)
    radius = np.sqrt((step + 0.5) / 478)
    angle = step * math.pi * (3 - math.sqrt(5))
    points = np.stack([1.2 * radius * np.cos(angle), 0.5 + 1.5 * radius * np.sin(angle)], 1)
    points[STABLE] = np.array(list(TEMPLATE.values()))[:, :2]
    turn = math.radians(turn_deg)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    landmarks = np.hstack([points @ rotation.T * eyes_px + centre, np.zeros((478, 1))]).astype(np.float32)
    return Face(id_, landmarks, align(landmarks))


def make_swap(face: Face, colour: tuple[int, int, int] = (255, 255, 255), size: int = 64, mask: int = 255) -> Swap:
    image = np.empty((size, size, 3), np.uint8)
    image[:] = colour
    return Swap(face, image, np.full((size, size), mask, np.uint8), scale_crop(face.crop_from_frame, size))


def make_frame(size_wh: tuple[int, int] = (320, 240), media_s: float = 0.0, grey: int = 100, **facts: Any) -> Frame:
    return Frame(0, media_s, media_s, np.full((size_wh[1], size_wh[0], 3), grey, np.uint8), **facts)


def noise(size_wh: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
