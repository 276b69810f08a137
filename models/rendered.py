"""A portrait as endless crops: seen as the live loop sees a performer, or drawn as a persona ought to look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.disguise import Vectors
from models.looks import Painter, draw_glasses
from models.sample import Planes
from realtime.face.align import align, scale_crop, transform
from realtime.face.landmarks import FaceMesh
from realtime.face.region import FaceMap, hull
from realtime.frame import BgrImage, Mask, Matrix2x3, Points3
from realtime.persona.crop import cut_crop
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

_EYES_PX = 72.0
_CANVAS_WH = (640, 640)
_SEEN_AT = 2
"""How much larger than its crop a face is when the detector reads it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face as the live loop sees it.

    Attributes:
        view: (3, S, S) its crop.
        face_map: (3, S, S) its landmark map.
        mask: (1, S, S) the hull of its points.
    """

    view: Planes
    face_map: Planes
    mask: Planes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decoder is to paint.

    Attributes:
        image: (3, S, S) the true crop.
        mask: (1, S, S) its coverage.
        focus: (1, S, S) eyes and mouth.
    """

    image: Planes
    mask: Planes
    focus: Planes


@dataclass(frozen=True, slots=True)
class Stranger:
    """What makes a portrait somebody else.

    Attributes:
        shape: (468, 3) offsets of its points, in distances between the eyes; None leaves it its own.
        texture: Painted over its own; None leaves it.
        glasses: Seed of those that it wears; None for none.
    """

    shape: Vectors | None = None
    texture: BgrImage | None = None
    glasses: int | None = None


class CropReader:
    """Turns crops and their face points into planes.

    Args:
        size: Side of the crops in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._map = FaceMap(size)

    def seen(self, picture: BgrImage, landmarks_px: Points3) -> Seen:
        """A face in any picture, cut out as the live loop would."""
        crop_from_picture = scale_crop(align(landmarks_px), self.size)
        return Seen(
            rgb_planes(cut_crop(picture, crop_from_picture, self.size)),
            planes(self._map(landmarks_px, crop_from_picture)),
            hull(landmarks_px, crop_from_picture, self.size)[None],
        )

    def wanted(self, crop: BgrImage, landmarks_px: Points3, crop_from_frame: Matrix2x3) -> Wanted:
        """A true crop with its coverage and focus."""
        mask = hull(landmarks_px, crop_from_frame, self.size)
        return Wanted(rgb_planes(crop), mask[None], focus_of(self._map(landmarks_px, crop_from_frame), mask)[None])

    def filmed(self, picture: BgrImage, landmarks_px: Points3) -> Wanted:
        """A face in any picture as the truth itself."""
        crop_from_picture = scale_crop(align(landmarks_px), self.size)
        return self.wanted(cut_crop(picture, crop_from_picture, self.size), landmarks_px, crop_from_picture)


class PortraitFaceset:
    """One portrait in any expression.

    Args:
        photo: A picture file; None is the built-in performer.
        size: Side of the crops in pixels.
    """

    def __init__(self, photo: Path | None, size: int) -> None:
        self.picture = load_photo(photo)
        self.landmarks_px = find_portrait_points(self.picture, str(photo or "demo"))
        self.size = size
        self.renderer = PortraitRenderer(self.picture, self.landmarks_px, _CANVAS_WH, _EYES_PX * size / 128)
        self._read = CropReader(size)
        self._detect = FaceMesh(still=True)

    def wanted(self, expression: Expression) -> Wanted:
        """The portrait's true crop in an expression, its points as drawn."""
        return self._read.wanted(*self.renderer.crop(expression, self.size))

    def painter(self, other: PortraitFaceset) -> Painter:
        """Paints strangers over the portrait, with something of another one's skin."""
        return Painter(self.renderer, other.renderer)

    def seen(self, expression: Expression, stranger: Stranger | None = None) -> Seen:
        """The portrait as the live loop sees it, its points read by the same detector.

        Where the detector finds nothing, the points as drawn stand in.

        Args:
            expression: What the portrait does.
            stranger: Whom it is to be instead of itself.
        """
        stranger = stranger or Stranger()
        fine, points, fine_from_frame = self.renderer.crop(
            expression, _SEEN_AT * self.size, stranger.shape, stranger.texture, smooth=1
        )
        there = _points_in(points, fine_from_frame)
        if stranger.glasses is not None:
            draw_glasses(fine, there[:, :2], np.random.default_rng(stranger.glasses))
        found = self._detect(fine)
        return self._read.seen(fine, found[0] if found else there)


def planes(picture: BgrImage) -> Planes:
    """(H, W, 3) as (3, H, W), channels in the order they have."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def rgb_planes(picture: BgrImage) -> Planes:
    """(H, W, 3) BGR as (3, H, W) RGB."""
    return planes(picture[..., ::-1])


def focus_of(face_map: BgrImage, mask: Mask) -> npt.NDArray[np.uint8]:
    """Eyes and mouth of a landmark map, (S, S) uint8, a little widened and inside the mask."""
    focus = cv2.dilate(face_map[..., 1:].max(2), np.ones((5, 5), np.uint8))
    return np.asarray(np.where(mask > 0, focus, 0), np.uint8)


def _points_in(points: Points3, crop_from_frame: Matrix2x3) -> Points3:
    """Face points of a frame in pixels of a crop, depths too."""
    moved = np.empty_like(points)
    moved[:, :2] = transform(points, crop_from_frame)
    moved[:, 2] = points[:, 2] * np.sqrt(abs(np.linalg.det(crop_from_frame[:, :2])))
    return moved
