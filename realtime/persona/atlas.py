"""A photo's skin, unrolled: one texture for every turn of the head, with no side left empty.

The face is rolled off a cylinder around the head's axis, as a map is off the globe. Where the photo shows a side only
edgewise its pixels would be drawn out into stripes; there the other side is taken, mirrored.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face import topology
from realtime.face.align import head_rotation
from realtime.frame import BgrImage, Points3
from realtime.source.deform import Vectors
from realtime.source.rasterise import FAR, rasterise

Texels = npt.NDArray[np.float32]

_AXIS_Z = 0.9
"""How far behind the eyes the axis of the cylinder stands, in distances between the eyes."""
_MARGIN = 0.05
_EDGEWISE, _FACING = 0.15, 0.55
"""Cosines of the angle to the camera between which trust in what a photo shows rises from none to full."""


class Atlas:
    """The unrolled skin of one photo.

    Args:
        photo: (H, W, 3) uint8 BGR.
        landmarks_px: (478, 3) its face points.
        rest: (478, 3) the same, facing ahead, in distances between the eyes.
        triangles: (T, 3) of the skin, all wound alike.
        unit_px: Pixels of the atlas for a distance between the eyes, seen from the front.

    Attributes:
        texture: (h, w, 3) uint8 BGR.
        texels: (468, 2) float32 where each point lies on it.
    """

    def __init__(
        self, photo: BgrImage, landmarks_px: Points3, rest: Vectors, triangles: npt.NDArray[np.int32], unit_px: float
    ) -> None:
        skin = rest[: topology.SKIN_POINTS]
        rolled = np.stack([np.arctan2(skin[:, 0], _AXIS_Z - skin[:, 2]) * _AXIS_Z * 1.4, skin[:, 1]], 1)
        low, high = rolled.min(0) - _MARGIN, rolled.max(0) + _MARGIN
        width, height = (math.ceil(side) for side in (high - low) * unit_px)
        self.texels: Texels = ((rolled - low) * unit_px).astype(np.float32)
        picture = _reduced(photo, landmarks_px, unit_px)
        scale_wh = np.array(picture.shape[1::-1]) / photo.shape[1::-1]
        # A resize maps pixel centres by (x + 0.5) * scale - 0.5.
        seen = ((landmarks_px[: topology.SKIN_POINTS, :2] + 0.5) * scale_wh - 0.5).astype(np.float32)
        trust = _trust(skin, triangles, head_rotation(landmarks_px))
        draw = _Sheet(self.texels, triangles, (height, width))
        mirror = _mirror(skin)
        own, other = draw(seen, picture), draw(seen[mirror], picture)
        share = draw.plain(trust)
        share_mirrored = draw.plain(trust[mirror] * (1 - trust))
        whole = np.maximum(share + share_mirrored, 1e-3)[..., None]
        mixed = (own * share[..., None] + other * share_mirrored[..., None]) / whole
        weak = np.clip(share + share_mirrored, 0, 1)[..., None]
        soft = np.asarray(cv2.GaussianBlur(own, (0, 0), 0.15 * unit_px), np.float32)
        self.texture: BgrImage = np.rint(np.clip(mixed * weak + soft * (1 - weak), 0, 255)).astype(np.uint8)


class _Sheet:
    """Draws what each point has onto the unrolled skin."""

    def __init__(self, texels: Texels, triangles: npt.NDArray[np.int32], size_hw: tuple[int, int]) -> None:
        self._points = np.hstack([texels, np.zeros((len(texels), 1), np.float32)])
        self._triangles, self._size_hw = triangles, size_hw

    def __call__(self, places: Texels, picture: BgrImage, gains: npt.NDArray[np.float32] | None = None) -> Vectors:
        """(h, w, 3) float32 of a picture in which the points lie at `places`."""
        out = np.zeros((*self._size_hw, 3), np.uint8)
        depth = np.full(self._size_hw, FAR, np.float32)
        gains = np.ones(len(places), np.float32) if gains is None else gains
        rasterise(self._points, places, gains, self._triangles, picture, out, depth)
        return _spread(out, depth < FAR)

    def plain(self, values: npt.NDArray[np.float64]) -> Vectors:
        """(h, w) float32 of one number for each point, 0 to 1."""
        white = np.full((4, 4, 3), 255, np.uint8)
        return self(np.ones((len(values), 2), np.float32), white, values.astype(np.float32))[..., 0] / 255


def _spread(picture: BgrImage, drawn: npt.NDArray[np.bool_]) -> Vectors:
    """Colours carried on over the rim, so that sampling beside it never takes in the void."""
    weight = cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), 4)
    carried = cv2.GaussianBlur(picture.astype(np.float32) * drawn[..., None], (0, 0), 4)
    carried = carried / np.maximum(weight, 1e-3)[..., None]
    return np.where(drawn[..., None], picture, carried).astype(np.float32)


def _reduced(photo: BgrImage, landmarks_px: Points3, unit_px: float) -> BgrImage:
    """The photo no finer than the atlas: what is sampled from too fine a picture glitters."""
    corners = [landmarks_px[list(pair), :2].mean(0) for pair in topology.EYE_CORNERS]
    scale = unit_px / max(1.0, float(np.linalg.norm(corners[0] - corners[1])))
    if scale >= 1:
        return photo
    size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
    return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)


def _trust(skin: Vectors, triangles: npt.NDArray[np.int32], rotation: Vectors) -> Vectors:
    """(468,) how squarely the photo shows each point, 0 to 1."""
    a, b, c = (skin[triangles[:, corner]] for corner in range(3))
    facets = np.cross(b - a, c - a)
    normals = np.zeros_like(skin)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], facets)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    towards = np.abs((normals @ rotation.T)[:, 2]) * np.sign((normals @ rotation.T)[:, 2] * normals[:, 2])
    return np.asarray(np.clip((towards - _EDGEWISE) / (_FACING - _EDGEWISE), 0, 1))


def _mirror(skin: Vectors) -> npt.NDArray[np.intp]:
    """For each point the one on the other side of the face."""
    away = skin[:, None] * (-1.0, 1.0, 1.0) - skin[None]
    return np.asarray((away**2).sum(-1).argmin(1), np.intp)
