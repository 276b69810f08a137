"""Scenes like a webcam's: soft shades, some texture, noise that changes from frame to frame."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from realtime.face.align import CROP_SIDE
from realtime.frame import BgrImage, Face, Frame, Swap


def scene(seed: int, size_wh: tuple[int, int] = (640, 360)) -> BgrImage:
    rng = np.random.default_rng(seed)
    whole = np.full((*size_wh[::-1], 3), 120, np.float32)
    for cells, levels in ((3, 45), (9, 20), (40, 6), (160, 3)):
        coarse = rng.normal(0, levels, (max(1, cells * size_wh[1] // size_wh[0]), cells, 3)).astype(np.float32)
        whole += cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)
    return np.clip(whole, 0, 255).astype(np.uint8)


def with_noise(picture: BgrImage, seed: int, levels: float = 2.0) -> BgrImage:
    noise = np.random.default_rng(seed).normal(0, levels, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def worn(picture: BgrImage, *marks: int, index: int = 0) -> Frame:
    """A frame with one swap for each mark; with none, one that is held."""
    frame = Frame(index, index / 30, index / 30, picture.copy(), worn=True)
    square = np.zeros((8, 8), np.uint8)
    face = Face(0, np.zeros((478, 3), np.float32), np.eye(2, 3) / CROP_SIDE)
    swaps = tuple(Swap(face, np.dstack([square] * 3), square, np.eye(2, 3), mark=mark) for mark in marks)
    return replace(frame, swaps=swaps)
