"""What a faceset's index says of each crop and of each medium, and how that is written as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from realtime.face.topology import POINTS
from realtime.frame import Points3


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One crop: where it comes from, and what is seen in it.

    Attributes:
        file: Name of the crop's file, without a folder.
        origin: The media file's name, or `camera`.
        origin_sha256: Digest of the medium (`models.faceset.media.digest_of`).
        time_s: When in the medium; None for photos.
        frame: Which picture of the medium, from 0.
        landmarks: (478, 3) float32, in pixels of the stored crop, z too; (0, 3) for what is no face.
        yaw: Degrees, as `realtime.source.reading.read_expression` gives it, like the fields up to `gaze_y`.
        pitch: Degrees.
        roll: Degrees, before alignment.
        mouth_open: Between the lips' inner edges; this and the following lengths are in distances between the eyes.
        mouth_width: Between the lips' inner corners.
        smile: How far the mouth's corners are raised.
        right_eye: Between the lids.
        left_eye: Between the lids.
        gaze_x: The irises' place against the eyes' middle.
        gaze_y: The same, down.
        sharpness: How much fine detail there is (`models.faceset.measure`), 0 for none.
        eyes_px: Distance between the eyes in the source's pixels.
        brightness: Mean luma over the face, 0 to 1.
        light_x: Where the light comes from, -1 (left of the picture) to 1.
        light_y: The same, -1 (above) to 1.
        aside: Why it was set aside; None for a kept crop.
        track: Which unbroken appearance of a face in its medium, from 0; photos count one for each face.
        phash: Perceptual hash of the crop, 16 hexadecimal digits; empty where none was made.
        by_hand: Whether a person put it where it lies: no rule moves it again.
    """

    file: str
    origin: str
    origin_sha256: str
    time_s: float | None
    frame: int
    landmarks: Points3
    yaw: float
    pitch: float
    roll: float
    mouth_open: float
    mouth_width: float
    smile: float
    right_eye: float
    left_eye: float
    gaze_x: float
    gaze_y: float
    sharpness: float
    eyes_px: float
    brightness: float
    light_x: float
    light_y: float
    aside: str | None = None
    track: int = 0
    phash: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class MediaRecord:
    """One medium, and how far it has been extracted.

    Attributes:
        media: Its file's name, or `camera`.
        sha256: Its digest.
        stem: What the names of its crops begin with.
        wishes: How it was asked to be extracted; going on with other wishes is refused.
        frames_done: Pictures looked at so far.
        without_face: Of these, how many had no face.
        done: Whether it has been looked at to its end.
        judged: By which rules its crops were sorted into kept and set aside; empty where they were not yet.
        moving: Whether they are on their way to where the index says already.
    """

    media: str
    sha256: str
    stem: str
    wishes: str
    frames_done: int = 0
    without_face: int = 0
    done: bool = False
    judged: str = ""
    moving: bool = False

    @property
    def finished(self) -> bool:
        """Whether its crops are all there, and sorted."""
        return self.done and bool(self.judged) and not self.moving


_TEXTS = {"file", "origin", "origin_sha256", "phash", "media", "sha256", "stem", "wishes", "judged"}
_COUNTS = {"frame", "track", "frames_done", "without_face"}
_FLAGS = {"done", "by_hand", "moving"}
_MAY_BE_NONE = {"time_s", "aside"}
_NAMES = {"file", "stem", "aside"}
"""These become names of files and folders."""
_TEXT = re.compile(r"[^\x00-\x1f\ud800-\udfff]*")
_NAME = re.compile(r"(?!\.)[^/\\:\x00-\x1f\ud800-\udfff]{1,120}")
"""No way out of its folder, on no system: a colon would be a drive, or another stream of a file."""
_LARGEST = 2**53
_PLACES = 4
_POINT_PLACES = 2


def to_json(record: FaceRecord | MediaRecord) -> dict[str, Any]:
    """A record as what `json.dumps` takes; lengths rounded to what they are worth."""
    written: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):  # through text: a float32's own digits, not those of its double
            value = [[round(float(x), _POINT_PLACES) for x in point] for point in value]
        elif isinstance(value, float | np.floating):
            value = round(float(value), _PLACES)
        written[field.name] = value
    return written


def face_from_json(found: Mapping[str, Any]) -> FaceRecord:
    """A crop's record back.

    Raises:
        ValueError: A field is missing or is not what it should be.
    """
    return FaceRecord(**{field.name: _checked(field.name, found) for field in fields(FaceRecord)})


def media_from_json(found: Mapping[str, Any]) -> MediaRecord:
    """A medium's record back.

    Raises:
        ValueError: A field is missing or is not what it should be.
    """
    return MediaRecord(**{field.name: _checked(field.name, found) for field in fields(MediaRecord)})


def _checked(name: str, found: Mapping[str, Any]) -> Any:
    if name not in found:
        raise ValueError(f"no {name}")
    value = found[name]
    if value is None and name in _MAY_BE_NONE:
        return None
    if name == "landmarks":
        return _points(value)
    if name in _TEXTS or name == "aside":
        good = isinstance(value, str) and (_NAME if name in _NAMES else _TEXT).fullmatch(value) is not None
    elif name in _FLAGS:
        good = isinstance(value, bool)
    elif name in _COUNTS:
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    else:
        good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST
        value = float(value) if good else value
    if not good:
        raise ValueError(f"{name} is {repr(value)[:40]}")
    return value


def _points(value: Any) -> Points3:
    if not isinstance(value, list) or len(value) not in (0, POINTS):
        raise ValueError(f"landmarks are no {POINTS} points")
    points = np.array(value, np.float32).reshape(-1, 3)
    if len(points) not in (0, POINTS) or not np.isfinite(points).all():
        raise ValueError(f"landmarks are no {POINTS} points")
    return points
