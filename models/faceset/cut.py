"""From a face in a frame to a crop and its record: the same alignment as the live loop's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.faceset.measure import light, perceptual_hash, sharpness
from models.faceset.record import FaceRecord
from realtime.face import topology
from realtime.face.align import CROP_SIDE, scale_crop, transform
from realtime.frame import BgrImage, Face, Frame, Matrix2x3, Points2, Points3
from realtime.persona.crop import crop_corners, cut_crop
from realtime.source.expression import Expression
from realtime.source.reading import read_expression

LARGEST_SIDE, LEAST_SIDE, _STEP = 512, 64, 16
CUT_OFF = "cut-off"
_MOST_OUTSIDE = 0.1
"""Of a face, how much may lie outside the picture."""


@dataclass(frozen=True, slots=True)
class Whence:
    """Where a crop comes from.

    Attributes:
        origin: The medium's name.
        sha256: Its digest.
        stem: What the crop's name begins with.
        still: Whether it is a photo, which has no times.
        first_track: Added to the tracker's ids, which begin anew in every part of a film.
    """

    origin: str
    sha256: str
    stem: str
    still: bool
    first_track: int = 0


def cut_face(frame: Frame, place: int, whence: Whence, largest: int = LARGEST_SIDE) -> tuple[FaceRecord, BgrImage]:
    """One face of a frame as a record and a crop at its natural size.

    Args:
        frame: With its faces found.
        place: Which of them.
        whence: Where the frame comes from.
        largest: Longest side of a crop, in pixels.

    Returns:
        The record, set aside where the picture's rim cuts the face, and its crop, (S, S, 3) uint8 BGR.
    """
    face = frame.faces[place]
    natural = 1 / float(np.sqrt(abs(np.linalg.det(face.crop_from_frame[:, :2]))))
    side = int(np.clip(np.ceil(natural / _STEP) * _STEP, LEAST_SIDE, largest))
    crop_from_frame = scale_crop(face.crop_from_frame.copy(), side)
    crop = cut_crop(frame.image, crop_from_frame, side)
    points = _points_in_crop(face.landmarks_px, crop_from_frame)
    seen = read_expression(points) if len(points) else Expression(mouth_open=0, mouth_width=0, right_eye=0, left_eye=0)
    lit = light(crop, points) if len(points) else None
    return FaceRecord(
        file=f"{whence.stem}-{frame.index:06d}-{place}.jpg",
        origin=whence.origin,
        origin_sha256=whence.sha256,
        time_s=None if whence.still else frame.media_s,
        frame=frame.index,
        landmarks=points,
        yaw=seen.yaw,
        pitch=seen.pitch,
        roll=_roll(face, seen),
        mouth_open=seen.mouth_open,
        mouth_width=seen.mouth_width,
        smile=seen.smile,
        right_eye=seen.right_eye,
        left_eye=seen.left_eye,
        gaze_x=seen.gaze_x,
        gaze_y=seen.gaze_y,
        sharpness=sharpness(crop, points if len(points) else _corners(side)),
        eyes_px=natural / CROP_SIDE,
        brightness=lit.brightness if lit else float(crop.mean()) / 255,
        light_x=lit.x if lit else 0.0,
        light_y=lit.y if lit else 0.0,
        aside=CUT_OFF if _outside(face, frame) > _MOST_OUTSIDE else None,
        track=whence.first_track + face.id,
        phash=perceptual_hash(crop),
    ), crop


def _points_in_crop(landmarks_px: Points3, crop_from_frame: Matrix2x3) -> Points3:
    """Face points of a frame in pixels of a crop, depths too."""
    moved = np.empty((len(landmarks_px), 3), np.float32)
    moved[:, :2] = transform(landmarks_px, crop_from_frame)
    moved[:, 2] = landmarks_px[:, 2] * np.sqrt(abs(np.linalg.det(crop_from_frame[:, :2])))
    return moved


def _roll(face: Face, seen: Expression) -> float:
    """The head's tilt in the frame, which alignment has taken out of the crop."""
    linear = face.crop_from_frame[:, :2]
    return seen.roll - float(np.degrees(np.arctan2(linear[1, 0], linear[0, 0])))


def _outside(face: Face, frame: Frame) -> float:
    """The share of a face's outline that the picture's rim cuts off; of the crop's, where it has no points."""
    if len(face.landmarks_px):
        outline = face.landmarks_px[list(topology.OVAL), :2]
    else:
        outline = crop_corners(face.crop_from_frame, (0, 0, 1, 1)).astype(np.float32)
    width, height = frame.size_wh
    picture = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    hull = cv2.convexHull(np.ascontiguousarray(outline, np.float32))
    inside, _ = cv2.intersectConvexConvex(hull, picture)
    return 1 - inside / max(float(cv2.contourArea(hull)), 1e-6)


def _corners(side: int) -> Points2:
    return np.array([(0, 0), (side - 1, side - 1)], np.float32)
