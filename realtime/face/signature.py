"""What somebody looks like, in a few numbers: enough to tell who is who of a handful of people in one picture.

Colours of skin, hair and clothes around the face points, and proportions of the face. It lives in memory only, and
only as long as a run; it is no recognition of persons from elsewhere.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import align, facing_ahead, scale_crop
from realtime.frame import BgrImage, Points3
from realtime.persona.crop import cut_crop

Signature: TypeAlias = npt.NDArray[np.float32]
"""(N,) numbers, each of which differs by about 1 between two people."""

_SIDE = 24
# Where the aligned crop shows hair, forehead, cheeks, mouth, neck and clothes, in shares of its side: x, y, radius.
_ZONES = (
    (0.5, 0.06, 0.08),
    (0.5, 0.2, 0.06),
    (0.36, 0.48, 0.05),
    (0.64, 0.48, 0.05),
    (0.5, 0.63, 0.05),
    (0.5, 0.86, 0.06),
    (0.2, 0.95, 0.06),
    (0.8, 0.95, 0.06),
)
_COLOUR_SPREAD = np.array([22.0, 7.0, 9.0], np.float32)
"""By how much L*, a* and b* differ between two people, roughly."""
_SHAPE_SPREAD = 0.05
_SHAPE_WEIGHT = 0.5
_SHAPE = (4, 2, 1, 10, 152, 234, 454, 172, 397, 127, 356, 33, 263, 133, 362)
"""Points whose place on the face depends on whose it is more than on what it does."""


def signature(picture: BgrImage, landmarks_px: Points3) -> Signature:
    """The numbers of one face in a picture.

    Args:
        picture: (H, W, 3) uint8 BGR.
        landmarks_px: (478, 3) its face points.
    """
    crop = cut_crop(picture, scale_crop(align(landmarks_px), _SIDE), _SIDE)
    lab = np.asarray(cv2.cvtColor(crop.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_BGR2LAB), np.float32)
    zones = [_mean(lab, x, y, radius) / _COLOUR_SPREAD for x, y, radius in _ZONES]
    shape = facing_ahead(landmarks_px)[list(_SHAPE), :2].ravel() / _SHAPE_SPREAD * _SHAPE_WEIGHT
    return np.asarray(np.concatenate([*zones, shape]), np.float32)


def unlike(first: Signature, second: Signature) -> float:
    """How unlike two faces are: well under 1 for one person from moment to moment, about 1 and more for two."""
    return float(np.sqrt(np.mean((first - second) ** 2)))


def _mean(lab: npt.NDArray[np.float32], x: float, y: float, radius: float) -> npt.NDArray[np.float32]:
    left, top, right, bottom = (round((place + side) * _SIDE) for side in (-radius, radius) for place in (x, y))
    return np.asarray(lab[max(top, 0) : bottom, max(left, 0) : right].mean((0, 1)), np.float32)
