"""Cutting a face's crop out of a frame, the same in training and live."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from realtime.face.align import invert, scale_of
from realtime.frame import BgrImage, Matrix2x3


def cut_crop(image: BgrImage, crop_from_frame: Matrix2x3, size: int, out: BgrImage | None = None) -> BgrImage:
    """Cut an aligned square out of a picture.

    A face more than twice as large as the crop is first averaged down by a whole factor, and only where the
    crop lies: sampling it directly would skip pixels, and pores and glasses would glitter. Beyond the
    picture's rim its outermost pixels go on.

    Args:
        image: (H, W, 3) uint8 BGR; not changed.
        crop_from_frame: (2, 3) similarity from pixels of the picture to pixels of the crop.
        size: S, the crop's side in pixels.
        out: (S, S, 3) uint8 to draw into; made anew by default.

    Returns:
        The crop, (S, S, 3) uint8 BGR.
    """
    factor = int(1 / max(scale_of(crop_from_frame), 1e-6))
    if factor > 1:
        image, crop_from_frame = _average_down(image, crop_from_frame, size, factor)
    return np.asarray(
        cv2.warpAffine(
            image,
            crop_from_frame,
            (size, size),
            dst=out,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def crop_corners(crop_from_frame: Matrix2x3, box: tuple[float, float, float, float]) -> npt.NDArray[np.float64]:
    """The corners, in frame pixels, of a box in crop pixels.

    Args:
        crop_from_frame: (2, 3) similarity.
        box: Left, top, right and bottom in the crop.

    Returns:
        (4, 2) float64.
    """
    left, top, right, bottom = box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
    frame_from_crop = invert(crop_from_frame)
    placed: npt.NDArray[np.float64] = corners @ frame_from_crop[:, :2].T + frame_from_crop[:, 2]
    return placed


def _average_down(image: BgrImage, crop_from_frame: Matrix2x3, size: int, factor: int) -> tuple[BgrImage, Matrix2x3]:
    """The part of the picture around the crop, `factor` times smaller, and the transform from there."""
    height, width = image.shape[:2]
    corners = crop_corners(crop_from_frame, (-1, -1, size, size))
    left, top = np.clip(np.floor(corners.min(0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)) + factor, 0, (width, height)).astype(int)
    columns, rows = (right - left) // factor, (bottom - top) // factor
    if columns < 1 or rows < 1:
        return image, crop_from_frame
    part = image[top : top + rows * factor, left : left + columns * factor]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    crop_from_small = crop_from_frame.copy()
    crop_from_small[:, :2] *= factor
    first_centre = np.array([left, top], np.float64) + (factor - 1) / 2
    crop_from_small[:, 2] += crop_from_frame[:, :2] @ first_centre
    return np.asarray(small, np.uint8), crop_from_small
