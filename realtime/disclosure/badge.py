"""The visible mark: a small "AI" plate on every picture in which a persona is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import BgrImage, Frame

SHARE_OF_SHORT_SIDE = 0.06
"""Height of the badge; a reader at arm's length needs a twentieth at least."""
LEAST_HEIGHT = 14
"""In pixels: below this the two letters run together."""

_OPACITY = 0.85
_PLATE_GREY, _INK_GREY, _FULL = (20.0,), (245.0,), (255.0,)
_SUPERSAMPLE = 4

# Corner -> (to the right, to the bottom).
CORNERS: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {
        "top-right": (True, False),
        "top-left": (False, False),
        "bottom-right": (True, True),
        "bottom-left": (False, True),
    }
)


@dataclass(frozen=True, slots=True)
class _Plate:
    """A badge drawn for one size of frame.

    Attributes:
        size_wh: Of the frame.
        rows: Its rows in the frame.
        columns: Its columns.
        ink: (h, w, 3) uint8, its colours already multiplied by its opacity.
        through: (h, w, 3) uint8, how much of the frame shows through.
    """

    size_wh: tuple[int, int]
    rows: slice
    columns: slice
    ink: npt.NDArray[np.uint8]
    through: npt.NDArray[np.uint8]


class Badge:
    """Draws the badge into frames that show a persona, in place and on its own few pixels only.

    Light letters and a light rim on a dark plate: it reads on any ground. Drawn once for each size of frame.

    Args:
        enabled: The user may switch it off; the invisible mark stays.
        corner: A name out of `CORNERS`.

    Raises:
        ValueError: There is no such corner.
    """

    def __init__(self, enabled: bool = True, corner: str = "top-right") -> None:
        if corner not in CORNERS:
            raise ValueError(f"corner must be one of {', '.join(CORNERS)}, got {corner!r}")
        self._enabled, self._corner = enabled, corner
        self._plate: _Plate | None = None

    def __call__(self, frame: Frame) -> Frame:
        """The same frame, marked where it shows a persona."""
        if not self._enabled or not frame.shows_persona or frame.held_s is not None:
            return frame
        if self._plate is None or self._plate.size_wh != frame.size_wh:
            self._plate = _draw(frame.size_wh, CORNERS[self._corner])
        plate = self._plate
        place = frame.image[plate.rows, plate.columns]
        cv2.add(cv2.multiply(place, plate.through, scale=1 / 255), plate.ink, dst=place)
        return frame


def _draw(size_wh: tuple[int, int], corner: tuple[bool, bool]) -> _Plate:
    short = min(size_wh)
    height = min(max(LEAST_HEIGHT, -(-short * SHARE_OF_SHORT_SIDE // 1)), short)
    box_h, box_w = int(height), min(int(height * 1.5), size_wh[0])
    grey, cover = _draw_plate(box_w, box_h)
    opacity = cover.astype(np.float64) / 255 * _OPACITY
    ink = np.rint(grey * opacity).astype(np.uint8)
    through = np.rint((1 - opacity) * 255).astype(np.uint8)
    margin = min(box_h // 3, (size_wh[0] - box_w) // 2, (size_wh[1] - box_h) // 2)
    left = size_wh[0] - box_w - margin if corner[0] else margin
    top = size_wh[1] - box_h - margin if corner[1] else margin
    return _Plate(
        size_wh,
        slice(top, top + box_h),
        slice(left, left + box_w),
        np.repeat(ink[..., None], 3, axis=2),
        np.repeat(through[..., None], 3, axis=2),
    )


def _draw_plate(width: int, height: int) -> tuple[BgrImage, BgrImage]:
    """The plate's greys and its coverage, both (h, w) uint8, drawn large and averaged down."""
    w, h = width * _SUPERSAMPLE, height * _SUPERSAMPLE
    grey, cover = np.full((h, w), _PLATE_GREY[0], np.uint8), np.zeros((h, w), np.uint8)
    radius, rim = h // 5, max(1, h // 18)
    cv2.rectangle(cover, (0, radius), (w - 1, h - 1 - radius), _FULL, -1)
    cv2.rectangle(cover, (radius, 0), (w - 1 - radius, h - 1), _FULL, -1)
    for x in (radius, w - 1 - radius):
        for y in (radius, h - 1 - radius):
            cv2.circle(cover, (x, y), radius, _FULL, -1)
    inside = cv2.erode(cover, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=(0.0,))
    grey[inside == 0] = _INK_GREY[0]
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, max(1, h // 12)
    scale = cv2.getFontScaleFromHeight(font, round(h * 0.52), thickness)
    (text_w, text_h), _ = cv2.getTextSize("AI", font, scale, thickness)
    cv2.putText(grey, "AI", ((w - text_w) // 2, (h + text_h) // 2), font, scale, _INK_GREY, thickness, cv2.LINE_AA)
    size = (width, height)
    return (
        np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(cover, size, interpolation=cv2.INTER_AREA), np.uint8),
    )
