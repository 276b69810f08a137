"""The picture in a persona file: as a JPEG of bounded size, and back, its size known before it is decoded."""

from __future__ import annotations

import cv2
import numpy as np

from realtime.errors import PersonaError, SourceError
from realtime.face import topology
from realtime.face.align import eye_distance, facing_ahead
from realtime.frame import BgrImage, Points3
from realtime.persona.package import Persona
from realtime.source.picture_file import decode_picture, picture_size

PORTRAIT_SIDE = 1024
LEAST_EYES_PX = 16.0
"""Between the eyes: with less there is nothing to recognise anybody by."""
_QUALITY = 95
_DEEPEST = 5.0
"""No point of a face lies so many distances between the eyes before or behind them."""
_NARROWEST_MOUTH = 0.1
"""In distances between the eyes; people's are about 0.75. What the lips do is told by their corners."""
_AGAIN = "export or import it again"


def shrink_of(picture: BgrImage) -> float:
    """By what a picture is multiplied to be a portrait; 1 where it is small enough."""
    return min(1.0, PORTRAIT_SIDE / max(picture.shape[:2]))


def shrunk(picture: BgrImage) -> BgrImage:
    """The picture, its longer side at most `PORTRAIT_SIDE`."""
    scale = shrink_of(picture)
    if scale == 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def encode_portrait(picture: BgrImage) -> bytes:
    """The picture as a JPEG, made smaller where it is larger than a portrait needs to be."""
    return cv2.imencode(".jpg", shrunk(picture), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def decode_portrait(persona: Persona) -> BgrImage:
    """Its portrait as (H, W, 3) uint8 BGR.

    Raises:
        PersonaError: It is no picture, or a larger one than is ever written.
    """
    size = picture_size(persona.portrait)
    if size is None:
        raise _fault(persona, "a JPEG", "something else")
    if max(size) > PORTRAIT_SIDE:
        raise _fault(persona, f"at most {PORTRAIT_SIDE} pixels a side", f"{size[0]}x{size[1]}")
    try:
        return decode_picture(persona.portrait, f"persona {persona.name}: portrait", PORTRAIT_SIDE**2)
    except SourceError as error:
        raise _fault(persona, "a JPEG", "a broken one") from error


def portrait_points(persona: Persona, picture: BgrImage) -> Points3:
    """(478, 3) face points of its portrait, as its file says.

    Raises:
        PersonaError: They are not there, or are no points of a face in that picture.
    """
    points = np.array(persona.manifest.portrait_points, np.float32).reshape(-1, 3)
    height, width = picture.shape[:2]
    if not len(points):
        raise _fault(persona, "its face points", "none")
    outside = (points[:, :2] < (-width, -height)) | (points[:, :2] > (2 * width, 2 * height))
    eyes_px = eye_distance(points)
    far = np.abs(points - points.mean(0)).max() > _DEEPEST * eyes_px
    if outside.any() or eyes_px < LEAST_EYES_PX or far or _mouth_width(points) < _NARROWEST_MOUTH:
        raise _fault(persona, "points of a face in it", "others")
    return points


def _mouth_width(points: Points3) -> float:
    left, right = facing_ahead(points)[[topology.LIPS_INNER[0], topology.LIPS_INNER[10]], 0]
    return abs(float(right - left))


def _fault(persona: Persona, wanted: str, got: str) -> PersonaError:
    return PersonaError(f"persona {persona.name}: portrait", wanted=wanted, got=got, next_step=_AGAIN)
