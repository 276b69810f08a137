"""Draws a portrait's head in any expression."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import align, scale_crop, transform
from realtime.frame import BgrImage, Matrix2x3, Points3
from realtime.source.canvas import frame_portrait, paint_canvas
from realtime.source.deform import Vectors
from realtime.source.expression import Expression
from realtime.source.head import HeadModel, PosedHead
from realtime.source.interior import STRIP_WIDTH, Interior, Lashes
from realtime.source.rasterise import FAR, rasterise


class PortraitRenderer:
    """Draws one portrait in any expression, as a whole frame or straight into an aligned crop.

    Args:
        photo: (H, W, 3) uint8 BGR.
        landmarks_px: (478, 3) its face points.
        size_wh: Width and height of the frames.
        eyes_px: Distance between the eyes in frames, in pixels; None chooses a head-and-shoulders view.
    """

    def __init__(
        self, photo: BgrImage, landmarks_px: Points3, size_wh: tuple[int, int], eyes_px: float | None = None
    ) -> None:
        canvas_from_photo = frame_portrait(photo, landmarks_px, size_wh, eyes_px)
        points = np.empty((len(landmarks_px), 3), np.float32)
        points[:, :2] = transform(landmarks_px, canvas_from_photo)
        points[:, 2] = landmarks_px[:, 2] * canvas_from_photo[0, 0]
        self.canvas = paint_canvas(photo, canvas_from_photo, size_wh)
        self.head = HeadModel(points)
        self._interior = Interior(self.head, self.canvas, points)
        self._texture = self._make_texture()
        self._texels = self.head.photo_px[:, :2].astype(np.float32)
        self._inner_texels = (self._interior.texels + np.array([0, self.canvas.shape[0]])).astype(np.float32)
        self._inner_triangles = self._interior.triangles
        self._lashes = Lashes()
        self._lash_texels = (self._lashes.texels + np.array([0, self.canvas.shape[0]])).astype(np.float32)
        self._depths: dict[tuple[int, int], npt.NDArray[np.float32]] = {}

    def _make_texture(self) -> BgrImage:
        height, width = self.canvas.shape[:2]
        strip = self._interior.strip
        texture = np.zeros((height + strip.shape[0], max(width, STRIP_WIDTH), 3), np.uint8)
        texture[:height, :width] = self.canvas
        texture[:height, width:] = self.canvas[:, -1:]
        texture[height:, : strip.shape[1]] = strip
        return texture

    def frame(self, expression: Expression, out: BgrImage) -> Points3:
        """Draw a whole frame.

        Args:
            expression: What the head does.
            out: (H, W, 3) uint8, drawn into.

        Returns:
            (478, 3) the face points as drawn, in frame pixels.
        """
        np.copyto(out, self.canvas)
        posed = self.head.pose(expression)
        self._draw(posed, expression, np.eye(2, 3), out, self._texture)
        return posed.points.astype(np.float32)

    @property
    def texture(self) -> BgrImage:
        """(h, w, 3) uint8 BGR: the portrait laid out as in `canvas`, and below it what lies behind its openings."""
        return self._texture

    def texture_of(self, other: PortraitRenderer) -> BgrImage:
        """This portrait's texture with another's head in its place, feature on feature; its openings stay its own."""
        mine, theirs = (
            np.ascontiguousarray(one._texture[: one.canvas.shape[0], : one.canvas.shape[1]]) for one in (self, other)
        )
        depth = np.full(mine.shape[:2], FAR, np.float32)
        here = self.head.photo_px.astype(np.float32)
        gains = np.ones(len(here), np.float32)
        rasterise(here, other._texels, gains, self.head.all_triangles, theirs, mine, depth)
        texture = self._texture.copy()
        texture[: mine.shape[0], : mine.shape[1]] = mine
        return texture

    def crop(
        self,
        expression: Expression,
        size: int,
        shape: Vectors | None = None,
        texture: BgrImage | None = None,
        *,
        smooth: int = 2,
    ) -> tuple[BgrImage, Points3, Matrix2x3]:
        """Draw only the aligned crop.

        Args:
            expression: What the head does.
            size: Side of the crop in pixels.
            shape: (468, 3) offsets that make it another person's head.
            texture: Drawn in place of its own; of the same shape.
            smooth: Drawn at so many times its size and averaged down, against jagged rims.

        Returns:
            The (size, size, 3) crop, the (478, 3) face points in frame pixels, and `crop_from_frame` in pixels.
        """
        posed = self.head.pose(expression, shape)
        points = posed.points.astype(np.float32)
        unit = align(points)
        side = smooth * size
        fine_from_frame = scale_crop(unit, side)
        texture = self._texture if texture is None else texture
        canvas = texture[: self.canvas.shape[0], : self.canvas.shape[1]]
        crop = cv2.warpAffine(
            canvas, fine_from_frame, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        self._draw(posed, expression, fine_from_frame, np.asarray(crop, np.uint8), texture)
        if smooth > 1:
            crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
        return np.asarray(crop, np.uint8), points, scale_crop(unit, size)

    def _draw(
        self,
        posed: PosedHead,
        expression: Expression,
        out_from_frame: Matrix2x3,
        out: BgrImage,
        texture: BgrImage,
    ) -> None:
        depth = self._depth(out.shape[0], out.shape[1])
        inner = _project(self._interior.points(posed, expression), out_from_frame)
        inner[:, 2] = 0.0  # painted in order; the skin then covers what the openings do not show
        gains = np.full(len(inner), 0.92 * expression.exposure, np.float32)
        rasterise(inner, self._inner_texels, gains, self._inner_triangles, texture, out, depth)
        depth.fill(FAR)
        rasterise(
            _project(posed.skin, out_from_frame),
            self._texels,
            posed.gains.astype(np.float32),
            self.head.all_triangles,
            texture,
            out,
            depth,
        )
        lashes = _project(self._lashes.points(posed), out_from_frame)
        rasterise(lashes, self._lash_texels, gains[: len(lashes)], self._lashes.triangles, texture, out, depth)

    def _depth(self, height: int, width: int) -> npt.NDArray[np.float32]:
        key = (height, width)
        if key not in self._depths:
            self._depths[key] = np.empty(key, np.float32)
        self._depths[key].fill(FAR)
        return self._depths[key]


def _project(points: Vectors, out_from_frame: Matrix2x3) -> npt.NDArray[np.float32]:
    projected = np.empty((len(points), 3), np.float32)
    projected[:, :2] = points[:, :2] @ out_from_frame[:, :2].T + out_from_frame[:, 2]
    projected[:, 2] = points[:, 2]
    return projected
