"""How the person in a photo looks."""

from __future__ import annotations

from pathlib import Path

from models.faceset.cut import Whence, cut_face
from models.faceset.finding import PhotoFinder
from models.faceset.people import Look, look_of
from realtime.errors import FaceError
from realtime.frame import Frame
from realtime.source.image import read_picture


def look_in_photo(photo: Path) -> Look:
    """The look of the largest face in a photo.

    Raises:
        SourceError: It is no photo.
        FaceError: There is no face in it.
    """
    found = PhotoFinder()(Frame(index=0, captured_s=0.0, media_s=0.0, image=read_picture(photo)))
    if not found.faces:
        raise FaceError(f"photo {photo}", wanted="a face", got="none", next_step="choose one taken from the front")
    cuts = [cut_face(found, place, Whence("", "", "", True)) for place in range(len(found.faces))]
    record, crop = max(cuts, key=lambda cut: cut[0].eyes_px)
    return look_of(crop, record.landmarks)
