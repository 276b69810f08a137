"""Colour match: the persona's crop in the light of the frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from realtime.composite import cielab
from realtime.composite.cielab import LINEAR, Statistics
from realtime.face import topology
from realtime.face.align import resize_crop
from realtime.face.region import hull
from realtime.fit import COLOUR_MATCHES
from realtime.frame import BgrImage, Frame, Mask, Swap
from realtime.persona.crop import cut_crop

LEAST_COVERAGE = 0.01
SPREAD_BOUNDS = (0.6, 1.6)
"""How far contrast may be stretched: flat light must not turn a face into a mask, nor noise into stripes."""

LIGHT_BOUNDS = (0.2, 5.0)
"""How far light may be scaled."""

_LEAST_SPREAD, _LEAST_LIGHT = 0.5, 1e-3
_LEVELS_BLUR, _LEAST_SHARE = 4.0, 1e-6
_LEVELS = np.arange(256, dtype=np.float64)
_SAMPLE = 64
_FRESH_S = 0.04
"""So long what was measured will do, of what is smoothed over several times that: a camera's every second frame."""
_FORGET_S = 2.0


def match_colour(
    swap: BgrImage, scene: BgrImage, mask: Mask, *, kind: str = "spread", strength: float = 1.0
) -> BgrImage:
    """Shift the swapped crop's colours to the light in the scene.

    Both are measured over the mask only, so that hair and background do not tint the skin. Neither input is changed.

    Args:
        swap: Swapped crop, (S, S, 3) uint8 BGR.
        scene: The frame's crop in the same alignment, same shape and dtype.
        mask: Face coverage, (S, S) uint8, 0 to 255.
        kind: Out of `COLOUR_MATCHES`.
        strength: 0 returns the swap as it is, 1 matches fully.

    Returns:
        A new (S, S, 3) uint8 BGR crop; a copy of `swap` where the mask covers under 1 % of it.

    Raises:
        ValueError: Shapes differ, there is no such kind, or strength is outside 0 to 1.
    """
    if swap.shape != scene.shape or swap.shape[:2] != mask.shape:
        raise ValueError(f"shapes differ: swap {swap.shape}, scene {scene.shape}, mask {mask.shape}")
    if kind not in COLOUR_MATCHES:
        raise ValueError(f"kind must be one of {', '.join(COLOUR_MATCHES)}, got {kind!r}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie in 0 to 1, got {strength}")
    if strength == 0 or kind not in _KINDS or not _covers(mask):
        return swap.copy()
    way = _KINDS[kind]
    return way.shift(swap, way.measure(swap, mask), way.measure(scene, mask), strength)


@dataclass(frozen=True, slots=True)
class _Remembered:
    media_s: float
    of: tuple[str, str]
    swap: Statistics
    scene: Statistics


class ColourMatch:
    """Matches every swap of a frame to the light around it, in the way and as far as its fit says.

    Statistics are taken on a small sample, up to 25 times a second, and smoothed over time for each face, so that a
    swap neither flickers nor follows a hand that passes by; another persona, or another way, begins anew. Runs before
    the composite stage: it must see the performer's own skin.

    Args:
        settle_s: Time constant of the smoothing in seconds of media time.
    """

    def __init__(self, settle_s: float = 0.3) -> None:
        self._settle_s, self._fresh_s = settle_s, min(_FRESH_S, settle_s)
        self._faces: dict[int, _Remembered] = {}
        self._scene = np.zeros((_SAMPLE, _SAMPLE, 3), np.uint8)

    def __call__(self, frame: Frame) -> Frame:
        """The same frame with matched swaps; its picture is not changed."""
        if not frame.swaps:
            return frame
        self._forget(frame.media_s)
        return replace(frame, swaps=tuple(self._match(frame, swap) for swap in frame.swaps))

    def _match(self, frame: Frame, swap: Swap) -> Swap:
        face, fit = swap.face, swap.fit
        is_face = len(face.landmarks_px) >= topology.SKIN_POINTS  # in the colours of the apple a kiwi is an apple
        if not is_face or fit.colour not in _KINDS or fit.colour_match == 0:
            return swap
        known = self._known(frame, swap, _KINDS[fit.colour])
        if known is None:
            return swap
        image = _KINDS[fit.colour].shift(swap.image, known.swap, known.scene, fit.colour_match)
        if swap.own is not None:
            cv2.copyTo(swap.image, swap.own, dst=image)
        return replace(swap, image=image)

    def _known(self, frame: Frame, swap: Swap, way: _Way) -> _Remembered | None:
        """What is known of a face and the scene, measured anew where that is not quite fresh; None of hardly any."""
        face, of = swap.face, (swap.persona, swap.fit.colour)
        before = self._faces.get(face.id)
        if before is not None and before.of == of and 0 <= frame.media_s - before.media_s < self._fresh_s:
            return before
        sample_from_frame = resize_crop(swap.crop_from_frame, _SAMPLE / len(swap.mask))
        small = _sample(swap.image)
        mask = _sample(swap.mask)
        cv2.min(mask, hull(face.landmarks_px, sample_from_frame, _SAMPLE), dst=mask)
        if swap.own is not None:
            cv2.subtract(mask, _sample(swap.own), dst=mask)
        if not _covers(mask):
            return None
        if swap.seen is None:
            scene = cut_crop(frame.image, sample_from_frame, _SAMPLE, out=self._scene)
        else:  # the frame's own pixels are in no cache of this thread's
            scene = _sample(swap.seen)
        measured = way.measure(small, mask), way.measure(scene, mask)
        now = self._faces[face.id] = self._smooth(_Remembered(frame.media_s, of, *measured), before)
        return now

    def _smooth(self, now: _Remembered, before: _Remembered | None) -> _Remembered:
        """An exponential average whose step follows the media time that went by, whatever the frame rate."""
        if before is None or before.of != now.of or self._settle_s <= 0:
            return now
        step = 1 - math.exp(-(now.media_s - before.media_s) / self._settle_s)
        return _Remembered(
            now.media_s,
            now.of,
            before.swap + (now.swap - before.swap) * step,
            before.scene + (now.scene - before.scene) * step,
        )

    def _forget(self, media_s: float) -> None:
        """Drop faces that are gone, and all where the time jumped back (a film that starts over)."""
        self._faces = {id_: face for id_, face in self._faces.items() if 0 <= media_s - face.media_s <= _FORGET_S}


def _sample(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.resize(picture, (_SAMPLE, _SAMPLE), interpolation=cv2.INTER_AREA), np.uint8)


def _covers(mask: Mask) -> bool:
    return cv2.countNonZero(mask) >= LEAST_COVERAGE * mask.size


def _shift_spread(swap: BgrImage, from_: Statistics, to: Statistics, strength: float) -> BgrImage:
    """Means and spreads matched per channel (Reinhard et al., "Color transfer between images", 2001)."""
    least, most = SPREAD_BOUNDS
    gains, offsets = [], []  # in Python's floats: numpy takes ten times as long for three numbers
    for own_mean, own_spread, mean, spread in zip(*from_.tolist(), *to.tolist(), strict=True):
        stretch = min(max(max(spread, _LEAST_SPREAD) / max(own_spread, _LEAST_SPREAD), least), most)
        gains.append(1 + (stretch - 1) * strength)
        offsets.append(own_mean + (mean - own_mean) * strength - gains[-1] * own_mean)
    shifted = np.empty(swap.shape, np.uint8)
    cielab.shift(np.ascontiguousarray(swap), shifted, np.array(gains, np.float32), np.array(offsets, np.float32))
    return shifted


def _measure_histogram(image: BgrImage, mask: Mask) -> Statistics:
    """(3, 256): shares of the blue, green and red levels, a little blurred: the sample is small."""
    counts = np.hstack([cv2.calcHist([image], [channel], mask, [256], (0, 256)) for channel in range(3)]).T
    soft = cv2.GaussianBlur(counts, (0, 0), sigmaX=_LEVELS_BLUR, sigmaY=1e-6, borderType=cv2.BORDER_REFLECT)
    return np.asarray(soft / soft.sum(1, keepdims=True), np.float64)


def _shift_histogram(swap: BgrImage, from_: Statistics, to: Statistics, strength: float) -> BgrImage:
    """Each level becomes the one under which the scene has as large a share (Gonzalez and Woods, section 3.3)."""
    below = [np.cumsum(shares, axis=1) - shares / 2 for shares in (from_, to)]
    # Levels that the scene has not would be plateaus of its curve, and what lies beyond its levels anything at all.
    there = to > _LEAST_SHARE
    curves = [np.interp(own, scene[has], _LEVELS[has]) for own, scene, has in zip(*below, there, strict=True)]
    return _by_curves(swap, curves, strength)


def _measure_linear(image: BgrImage, mask: Mask) -> Statistics:
    """(3,): mean linear light, blue, green, red."""
    return np.array([cv2.mean(LINEAR[image[..., channel]], mask=mask)[0] for channel in range(3)])


def _shift_linear(swap: BgrImage, from_: Statistics, to: Statistics, strength: float) -> BgrImage:
    """Each channel's light multiplied, as another lamp would (von Kries, 1902)."""
    gains = np.clip(np.maximum(to, _LEAST_LIGHT) / np.maximum(from_, _LEAST_LIGHT), *LIGHT_BOUNDS)
    curves = [np.interp(np.minimum(gain * LINEAR, 1.0), LINEAR, _LEVELS) for gain in gains]
    return _by_curves(swap, curves, strength)


def _by_curves(swap: BgrImage, curves: list[npt.NDArray[np.float64]], strength: float) -> BgrImage:
    """A new picture, each channel through a curve of its 256 levels."""
    table = np.stack([_LEVELS + (curve - _LEVELS) * strength for curve in curves], 1)
    return np.asarray(cv2.LUT(swap, np.rint(table).astype(np.uint8)[None]), np.uint8)


class _Way(NamedTuple):
    """One way to match: what it measures of a picture under a mask, and how it shifts by two measurements."""

    measure: Callable[[BgrImage, Mask], Statistics]
    shift: Callable[[BgrImage, Statistics, Statistics, float], BgrImage]


_KINDS: Mapping[str, _Way] = MappingProxyType(
    {
        "spread": _Way(cielab.measure, _shift_spread),
        "histogram": _Way(_measure_histogram, _shift_histogram),
        "linear": _Way(_measure_linear, _shift_linear),
    }
)
