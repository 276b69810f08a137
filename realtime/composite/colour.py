"""Colour match: the persona's crop in the light of the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import resize_crop
from realtime.face.region import hull
from realtime.frame import BgrImage, Frame, Mask, Swap
from realtime.persona.crop import cut_crop

Statistics: TypeAlias = npt.NDArray[np.float64]
"""(2, 3): mean and spread of L*, a*, b*."""

LEAST_COVERAGE = 0.01
SPREAD_BOUNDS = (0.6, 1.6)
"""How far contrast may be stretched: flat light must not turn a face into a mask, nor noise into stripes."""

_LEAST_SPREAD = 0.5
_SAMPLE = 64
_FORGET_S = 2.0


def match_colour(swap: BgrImage, scene: BgrImage, mask: Mask, *, strength: float = 1.0) -> BgrImage:
    """Shift the swapped crop's colours to the light in the scene.

    Means and spreads are matched per channel in CIELAB over the mask only, so that hair and
    background do not tint the skin (Reinhard et al., 2001). Neither input is changed.

    Args:
        swap: Swapped crop, (S, S, 3) uint8 BGR.
        scene: The frame's crop in the same alignment, same shape and dtype.
        mask: Face coverage, (S, S) uint8, 0 to 255.
        strength: 0 returns the swap as it is, 1 matches fully.

    Returns:
        A new (S, S, 3) uint8 BGR crop; a copy of `swap` where the mask covers under 1 % of it.

    Raises:
        ValueError: Shapes differ, or strength is outside 0 to 1.
    """
    if swap.shape != scene.shape or swap.shape[:2] != mask.shape:
        raise ValueError(f"shapes differ: swap {swap.shape}, scene {scene.shape}, mask {mask.shape}")
    _check_strength(strength)
    if strength == 0 or not _covers(mask):
        return swap.copy()
    return _shift(swap, _measure(swap, mask), _measure(scene, mask), strength)


@dataclass(frozen=True, slots=True)
class _Remembered:
    media_s: float
    swap: Statistics
    scene: Statistics


class ColourMatch:
    """Matches every swap of a frame to the light around it.

    Statistics are taken on a small sample and smoothed over time for each face, so that a swap neither
    flickers nor follows a hand that passes by. Runs before the composite stage: it must see the performer's
    own skin.

    Args:
        strength: 0 leaves the swaps as they are, 1 matches fully.
        settle_s: Time constant of the smoothing in seconds of media time.

    Raises:
        ValueError: `strength` is outside 0 to 1.
    """

    def __init__(self, strength: float = 1.0, settle_s: float = 0.3) -> None:
        _check_strength(strength)
        self._strength, self._settle_s = strength, settle_s
        self._faces: dict[int, _Remembered] = {}
        self._scene = np.zeros((_SAMPLE, _SAMPLE, 3), np.uint8)

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with matched swaps; its picture is not changed."""
        if self._strength == 0 or not frame.swaps:
            return frame
        self._forget(frame.media_s)
        return replace(frame, swaps=tuple(self._match(frame, swap) for swap in frame.swaps))

    def _match(self, frame: Frame, swap: Swap) -> Swap:
        face = swap.face
        sample_from_frame = resize_crop(swap.crop_from_frame, _SAMPLE / len(swap.mask))
        small = _sample(swap.image)
        mask = _sample(swap.mask)
        cv2.min(mask, hull(face.landmarks_px, sample_from_frame, _SAMPLE), dst=mask)
        if not _covers(mask):
            return swap
        cut_crop(frame.image, sample_from_frame, _SAMPLE, out=self._scene)
        now = _Remembered(frame.media_s, _measure(small, mask), _measure(self._scene, mask))
        known = self._smooth(now, self._faces.get(face.id))
        self._faces[face.id] = known
        return replace(swap, image=_shift(swap.image, known.swap, known.scene, self._strength))

    def _smooth(self, now: _Remembered, before: _Remembered | None) -> _Remembered:
        """An exponential average whose step follows the media time that went by, whatever the frame rate."""
        if before is None or self._settle_s <= 0:
            return now
        step = 1 - math.exp(-(now.media_s - before.media_s) / self._settle_s)
        return _Remembered(
            now.media_s,
            before.swap + (now.swap - before.swap) * step,
            before.scene + (now.scene - before.scene) * step,
        )

    def _forget(self, media_s: float) -> None:
        """Drop faces that are gone, and all where the time jumped back (a film that starts over)."""
        self._faces = {id_: face for id_, face in self._faces.items() if 0 <= media_s - face.media_s <= _FORGET_S}


def _check_strength(strength: float) -> None:
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0 to 1, got {strength}")


def _sample(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (_SAMPLE, _SAMPLE), interpolation=cv2.INTER_AREA), np.uint8)


def _covers(mask: Mask) -> bool:
    return cv2.countNonZero(mask) >= LEAST_COVERAGE * mask.size


def _to_lab(image: BgrImage) -> npt.NDArray[np.float32]:
    # In uint8 OpenCV's CIELAB is whole-numbered: that draws bands on smooth skin (off by 20 of 255 at worst).
    return np.asarray(cv2.cvtColor(image.astype(np.float32) * np.float32(1 / 255), cv2.COLOR_BGR2LAB), np.float32)


def _measure(image: BgrImage, mask: Mask) -> Statistics:
    mean, spread = cv2.meanStdDev(_to_lab(image), mask=mask)
    return np.asarray(np.hstack([mean, spread]).T, np.float64)


def _shift(swap: BgrImage, from_: Statistics, to: Statistics, strength: float) -> BgrImage:
    gain = np.clip(np.maximum(to[1], _LEAST_SPREAD) / np.maximum(from_[1], _LEAST_SPREAD), *SPREAD_BOUNDS)
    gain = 1 + (gain - 1) * strength
    offset = from_[0] + (to[0] - from_[0]) * strength - gain * from_[0]
    lab = cv2.transform(_to_lab(swap), np.hstack([np.diag(gain), offset[:, None]]))
    shifted = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
    return np.asarray(cv2.convertScaleAbs(cv2.max(shifted, 0.0), alpha=255.0), np.uint8)  # type: ignore[call-overload]  # stubs lack scalars
