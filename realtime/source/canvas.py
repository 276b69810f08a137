"""A photo as a stage: read, its face found, laid out in a frame."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from realtime.errors import FaceError, SourceError
from realtime.face.align import align, eye_distance, invert
from realtime.frame import BgrImage, Matrix2x3, Points3
from realtime.source.picture_file import decode_picture, read_encoded

_LARGEST_PHOTO = 40_000_000


def load_photo(photo: Path | None) -> BgrImage:
    """A portrait as (H, W, 3) uint8 BGR; None gives scikit-image's astronaut (Eileen Collins, NASA, public domain).

    Raises:
        SourceError: The file is missing, is no picture, or is larger than 40 megapixels.
    """
    if photo is None:
        from skimage.data import astronaut

        return np.ascontiguousarray(astronaut()[..., ::-1])
    if not photo.is_file():
        raise SourceError(f"portrait {photo}", wanted="a picture", got="no such file", next_step="check the path")
    name = f"portrait {photo}"
    return decode_picture(read_encoded(photo, name), name, _LARGEST_PHOTO)


def portrait_digest(photo: BgrImage) -> str:
    """SHA-256 of a portrait's pixels: its identity in checkpoints and persona files."""
    return hashlib.sha256(photo.tobytes()).hexdigest()


def find_portrait_points(photo: BgrImage, name: str) -> Points3:
    """(478, 3) face points of the one face in a photo.

    Raises:
        FaceError: No face is found.
    """
    from realtime.face.landmarks import find_in_still

    points = find_in_still(photo)
    if points is None:
        raise FaceError(
            f"portrait {name}",
            wanted="one face, front-facing and at least an eighth as wide as the picture",
            got="none",
            next_step="use another photo",
        )
    return points


def frame_portrait(
    photo: BgrImage, landmarks_px: Points3, size_wh: tuple[int, int], eyes_px: float | None
) -> Matrix2x3:
    """(2, 3) `canvas_from_photo`: upright scale and shift that put the face where a speaker sits.

    The photo fills the frame where that leaves the face at most a fifth of the frame's height between the eyes.
    """
    width, height = size_wh
    eyes = eye_distance(landmarks_px)
    if eyes_px is None:
        fill = max(width / photo.shape[1], height / photo.shape[0])
        scale = max(0.14 * height / eyes, min(fill, 0.18 * height / eyes))
    else:
        scale = eyes_px / eyes
    centre = invert(align(landmarks_px)) @ (0.5, 0.5, 1.0)
    shift = np.array([width / 2, 0.52 * height]) - scale * centre
    for axis, (room, extent) in enumerate(((width, photo.shape[1]), (height, photo.shape[0]))):
        if scale * extent >= room:  # keep the frame inside the photo where it can be
            shift[axis] = min(0.0, max(room - scale * extent, shift[axis]))
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)


def paint_canvas(photo: BgrImage, canvas_from_photo: Matrix2x3, size_wh: tuple[int, int]) -> BgrImage:
    """The photo laid out in a frame; where it does not reach, its own mirrored and blurred surroundings go on."""
    scale = canvas_from_photo[0, 0]
    flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    source = photo
    if scale < 0.75:  # warpAffine takes no area mean: blur first, or fine cloth and hair would flicker
        sigma = 0.35 / scale
        source = np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma), np.uint8)
    sharp = cv2.warpAffine(source, canvas_from_photo, size_wh, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    inside = cv2.warpAffine(np.full(photo.shape[:2], 255, np.uint8), canvas_from_photo, size_wh, flags=cv2.INTER_LINEAR)
    if int(inside.min()) == 255:
        return np.asarray(sharp, np.uint8)
    soft = cv2.GaussianBlur(sharp, (0, 0), size_wh[1] / 24)
    feather = max(3, size_wh[1] // 20) | 1
    shares = cv2.blur(cv2.erode(inside, np.ones((feather, feather), np.uint8), borderValue=(255,)), (feather, feather))
    share = (shares.astype(np.float32) / 255)[..., None]
    return np.asarray(sharp * share + soft * (1 - share), np.uint8)
