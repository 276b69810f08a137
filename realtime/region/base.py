"""What every region promises."""

from __future__ import annotations

from typing import Protocol

from realtime.frame import BgrImage, Frame, Mask, Points2
from realtime.region.alignment import Alignment


class Finder(Protocol):
    """The detect stage: fills in `Frame.faces`, one for each place to be worn. A frame with none passes with none."""

    def __call__(self, frame: Frame) -> Frame:
        """Find them in one frame."""

    def close(self) -> None:
        """Let go of what it holds. May be called twice."""


class Region(Protocol):
    """What is worn.

    Attributes:
        words: As a user writes it; `realtime.region.catalog.read_region` reads it back.
        alignment: How its crops are cut.
    """

    @property
    def words(self) -> str: ...  # noqa: D102 - see the class

    @property
    def alignment(self) -> Alignment: ...  # noqa: D102 - see the class

    def finder(self, most: int) -> Finder:
        """A detect stage of its own, that finds up to so many."""


class Thing(Region, Protocol):
    """A region that is no face: its finder's `Face.landmarks_px` is a polygon around it."""

    def cover(self, crop: BgrImage, outline: Points2) -> Mask:
        """Where in a crop the thing itself is.

        Args:
            crop: (S, S, 3) uint8 BGR.
            outline: (N, 2) its polygon in pixels of the crop.

        Returns:
            (S, S) uint8, 0 to 255.
        """
