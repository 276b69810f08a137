"""From what the user wrote after `--region` to a region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from realtime.errors import RegionError
from realtime.face.finder import FaceFinder
from realtime.region import box, colour
from realtime.region.alignment import FACE, Alignment
from realtime.region.base import Finder, Region

FACE_WORDS = "face"


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """Faces: what is worn unless something else is said."""

    @property
    def words(self) -> str:
        """As a user writes it."""
        return FACE_WORDS

    @property
    def alignment(self) -> Alignment:
        """By face points."""
        return FACE

    def finder(self, most: int) -> Finder:
        """MediaPipe's face mesh, tracked and smoothed."""
        return FaceFinder(most)


@dataclass(frozen=True, slots=True)
class RegionForm:
    """One way to write a region: how it is shown to the user, how it begins, how it is read."""

    shown: str
    prefix: str
    read: Callable[[str], Region]


REGION_FORMS: tuple[RegionForm, ...] = (
    RegionForm(FACE_WORDS, FACE_WORDS, lambda _: FaceRegion()),
    RegionForm(box.SHOWN, box.PREFIX, box.parse_box),
    RegionForm(colour.SHOWN, colour.PREFIX, colour.parse_colours),
)


def read_region(words: str) -> Region:
    """The region that a text names.

    Raises:
        RegionError: It has none of the forms, or names no box and no colour.
    """
    for form in REGION_FORMS:
        if words == form.prefix or (form.prefix.endswith(":") and words.startswith(form.prefix)):
            return form.read(words)
    raise RegionError(
        f"region {words!r}",
        wanted="; or ".join(form.shown for form in REGION_FORMS),
        got="none of these",
        next_step="choose one of these",
    )
