"""A box that follows a coloured object: found by hue, followed and smoothed like a face."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from realtime.errors import RegionError
from realtime.face.region import hull
from realtime.face.tracker import Tracker
from realtime.frame import BgrImage, Face, Frame, Mask, Points2, Points3
from realtime.region.alignment import BOX, Alignment, align_box
from realtime.region.base import Finder

PREFIX = "colour:"
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "red": "#b8141e",
        "orange": "#e07a1f",
        "yellow": "#e0c020",
        "green": "#5f9e28",
        "teal": "#159a90",
        "blue": "#2452b0",
        "purple": "#7a35a0",
        "pink": "#e060a0",
        "brown": "#82592d",
    }
)
SHOWN = f"colour:NAME, NAME one of {', '.join(COLOURS)}, or a colour as #c81e28; joined by + if there are several"
OUTLINE_POINTS = 64
GROWTH = 1.1
"""How much wider than the object its polygon is drawn: what is worn may be of a slightly other shape, and a rim of
the object must not look out of what conceals it."""

_HUE_DEG = 28.0
_LEAST_CHROMA, _CHROMA_SHARE = 5.0, 0.3
"""How colourful a pixel must be: so much in any case (noise in the dark has a hue too), and as saturated, chroma by
lightness, as such a share of the colour itself: a side in shade is as saturated as a lit one."""
_GREY_CHROMA = 16.0
_LEVELS = 32
_GAP, _CREVICE = 1 / 40, 1 / 8
"""Up to what share of the picture gaps are closed: in a frame, where two objects must stay two; in a crop of one."""
_LONGEST_SIDE = 480
_LEAST_SHARE = 0.003
"""Smaller patches of the frame are no object."""
_LEAST_OF_LARGEST = 0.25
_HEX = re.compile(r"#[0-9a-f]{6}")

Table = npt.NDArray[np.uint8]
"""(32, 256, 256) uint8, 255 where CIELAB's L (in eighths), a and b are of the colour."""


@dataclass(frozen=True, slots=True)
class ColourRegion:
    """Objects of one colour or several.

    Attributes:
        colours: Names out of `COLOURS`, or `#rrggbb`.

    Raises:
        RegionError: A colour is not known, or is a grey.
    """

    colours: tuple[str, ...]

    def __post_init__(self) -> None:
        _hue_table(self.colours)

    @property
    def words(self) -> str:
        """As a user writes it."""
        return PREFIX + "+".join(self.colours)

    @property
    def alignment(self) -> Alignment:
        """Upright boxes."""
        return BOX

    def finder(self, most: int) -> Finder:
        """Follows up to so many objects."""
        return ColourFinder(self.colours, most)

    def cover(self, crop: BgrImage, outline: Points2) -> Mask:
        """The object itself, its holes (a highlight, a pale core) filled, within its polygon."""
        mask = cv2.min(_coloured(crop, _hue_table(self.colours)), hull(outline, np.eye(2, 3), crop.shape[0]))
        contours, _ = cv2.findContours(
            _closed(np.asarray(mask, np.uint8), _CREVICE), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        filled = np.zeros_like(mask)
        if contours:
            cv2.drawContours(filled, [max(contours, key=cv2.contourArea)], -1, (255,), cv2.FILLED)
        return np.asarray(cv2.GaussianBlur(filled, (3, 3), 0), np.uint8)


def parse_colours(words: str) -> ColourRegion:
    """Colours joined by + as a region.

    Raises:
        RegionError: One is not known.
    """
    return ColourRegion(tuple(name.strip().lower() for name in words.removeprefix(PREFIX).split("+")))


class ColourFinder:
    """Fills in `Frame.faces` with coloured objects, largest first, at most so many.

    An object's `landmarks_px` is a polygon of `OUTLINE_POINTS` around its convex hull, `GROWTH` times as wide. Its crop
    goes by the area and the middle of that hull, which a highlight or a stem hardly moves. Something before
    the object that cuts it in two leaves the larger part.

    Args:
        colours: Names out of `COLOURS`, or `#rrggbb`.
        most: How many are looked for.
    """

    def __init__(self, colours: tuple[str, ...], most: int = 1) -> None:
        self._table, self._most = _hue_table(colours), most
        self._track = Tracker()

    def __call__(self, frame: Frame) -> Frame:
        """Find the objects in one frame."""
        named = self._track(self._find(frame.image), frame.media_s)
        return replace(frame, faces=tuple(_face(id, outline) for id, outline in named))

    def _find(self, picture: BgrImage) -> list[Points3]:
        height, width = picture.shape[:2]
        shrink = max(1.0, max(height, width) / _LONGEST_SIDE)
        size_wh = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        small = np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        found = _patches(_closed(_coloured(small, self._table), _GAP), self._most)
        scale = np.array([width / size_wh[0], height / size_wh[1]])
        # A resize maps pixel centres by (x + 0.5) * scale - 0.5.
        return [_outline((points + 0.5) * scale - 0.5) for points in found]

    def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=4)
def _hue_table(colours: tuple[str, ...]) -> Table:
    """Hue and saturation, no lightness: an object stays found in its own shade, and as the light goes down."""
    axis = np.arange(256, dtype=np.float32) - 128
    a, b = axis[:, None], axis[None, :]
    lightness = ((np.arange(_LEVELS, dtype=np.float32) + 0.5) * 100 / _LEVELS)[:, None, None]
    table = np.zeros((_LEVELS, 256, 256), np.uint8)
    for colour in colours:
        of_l, of_a, of_b = _lab_of(colour)
        chroma = math.hypot(of_a, of_b)
        if chroma < _GREY_CHROMA:
            raise RegionError(f"colour {colour}", wanted="a colour", got="nearly a grey", next_step="choose another")
        along, across = (a * of_a + b * of_b) / chroma, np.abs(a * of_b - b * of_a) / chroma
        near = across <= math.tan(math.radians(_HUE_DEG)) * along
        table[near & (along >= np.maximum(_LEAST_CHROMA, _CHROMA_SHARE * chroma / of_l * lightness))] = 255
    table.flags.writeable = False
    return table


def _lab_of(colour: str) -> tuple[float, float, float]:
    code = COLOURS.get(colour, colour)
    if not _HEX.fullmatch(code):
        raise RegionError(f"colour {colour!r}", wanted=SHOWN, got="no such colour", next_step="choose one of these")
    rgb = np.array([[[int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]]], np.float32)
    lightness, a, b = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0, 0].tolist()
    return max(lightness, 1.0), a, b


def _coloured(picture: BgrImage, table: Table) -> Mask:
    lab = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB), np.uint8)
    return np.asarray(table[lab[..., 0] >> 3, lab[..., 1], lab[..., 2]], np.uint8)


def _closed(mask: Mask, share: float) -> Mask:
    """Specks gone, gaps (a stem, a highlight at the rim) up to a share of the picture closed."""
    gap = max(3, int(share * max(mask.shape)) | 1)
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    # Beyond the picture's rim there is nothing to close against.
    wide = cv2.copyMakeBorder(opened, gap, gap, gap, gap, cv2.BORDER_CONSTANT, value=(0,))
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, brush)
    return np.ascontiguousarray(closed[gap:-gap, gap:-gap], np.uint8)


def _patches(mask: Mask, most: int) -> list[npt.NDArray[np.float64]]:
    """Convex hulls, (N, 2), of the largest patches; whatever is far smaller than the largest is left out."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hulls = sorted((cv2.convexHull(contour) for contour in contours), key=cv2.contourArea, reverse=True)
    areas = [cv2.contourArea(one) for one in hulls]
    least = max([_LEAST_SHARE * mask.size, *(_LEAST_OF_LARGEST * area for area in areas[:1])])
    return [one[:, 0].astype(np.float64) for one, area in zip(hulls, areas, strict=True) if area >= least][:most]


def _outline(corners: npt.NDArray[np.float64]) -> Points3:
    """A convex polygon as points in even directions from its middle, so that they can be smoothed one by one."""
    middle = _middle_and_area(corners)[0]
    share = np.linspace(0, 1, 16, endpoint=False)[None, :, None]
    following = np.roll(corners, -1, axis=0)
    rim = (corners[:, None] * (1 - share) + following[:, None] * share).reshape(-1, 2) - middle
    angles = np.arctan2(rim[:, 1], rim[:, 0])
    even = np.linspace(-math.pi, math.pi, OUTLINE_POINTS, endpoint=False)
    order = np.argsort(angles)
    radius = np.interp(even, angles[order], np.hypot(*rim[order].T), period=math.tau)
    outline = middle + radius[:, None] * np.stack([np.cos(even), np.sin(even)], 1)
    return np.hstack([outline, np.zeros((OUTLINE_POINTS, 1))]).astype(np.float32)


def _face(id: int, outline: Points3) -> Face:
    middle, area = _middle_and_area(outline[:, :2])
    grown = outline.copy()
    grown[:, :2] = middle + GROWTH * (outline[:, :2] - middle)
    size = math.sqrt(4 / math.pi * area)
    return Face(id, grown.astype(np.float32), align_box((float(middle[0]), float(middle[1])), size))


def _middle_and_area(
    corners: npt.NDArray[np.float64] | npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], float]:
    moments = cv2.moments(np.ascontiguousarray(corners, np.float32)[:, None])
    area = float(moments["m00"])
    return np.array([moments["m10"], moments["m01"]]) / max(area, 1e-9), area
