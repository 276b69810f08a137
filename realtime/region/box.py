"""A fixed box: for a camera and a thing that both stand still."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from realtime.errors import RegionError
from realtime.face.region import hull
from realtime.frame import BgrImage, Face, Frame, Mask, Points2
from realtime.region.alignment import BOX, Alignment, align_box
from realtime.region.base import Finder

PREFIX = "box:"
SHOWN = "box:LEFT,TOP,WIDTH,HEIGHT in shares of the frame, as box:0.3,0.2,0.4,0.5"


@dataclass(frozen=True, slots=True)
class BoxRegion:
    """The same box in every frame; all four in shares of the frame's width and height.

    Raises:
        RegionError: It does not lie within the frame, or is less than a hundredth of it wide or high.
    """

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        ends = (self.left, self.top, self.left + self.width, self.top + self.height)
        if not (all(0 <= end <= 1 for end in ends) and min(self.width, self.height) >= 0.01):
            raise RegionError(
                f"region {self.words}",
                wanted="a box within the frame, each side 0.01 or more",
                next_step="give shares of the frame: 0 to 1",
            )

    @property
    def words(self) -> str:
        """As a user writes it."""
        return f"{PREFIX}{self.left:g},{self.top:g},{self.width:g},{self.height:g}"

    @property
    def alignment(self) -> Alignment:
        """Upright boxes."""
        return BOX

    def finder(self, most: int) -> Finder:
        """There is one box, however many are asked for."""
        return BoxFinder(self)

    def cover(self, crop: BgrImage, outline: Points2) -> Mask:
        """The whole box."""
        return hull(outline, np.eye(2, 3), crop.shape[0])


def parse_box(words: str) -> BoxRegion:
    """Four numbers as a box.

    Raises:
        RegionError: They are not four numbers, or no box.
    """
    numbers = words.removeprefix(PREFIX).split(",")
    try:
        left, top, width, height = (float(number) for number in numbers)
    except ValueError:
        raise RegionError(f"region {words!r}", wanted=SHOWN, next_step="give four numbers") from None
    return BoxRegion(left, top, width, height)


class BoxFinder:
    """Finds the box in every frame."""

    def __init__(self, box: BoxRegion) -> None:
        self._box = box

    def __call__(self, frame: Frame) -> Frame:
        """The frame with one face: the box."""
        box, (width, height) = self._box, frame.size_wh
        left, top = box.left * width - 0.5, box.top * height - 0.5
        right, bottom = left + box.width * width, top + box.height * height
        outline = np.array([(left, top, 0), (right, top, 0), (right, bottom, 0), (left, bottom, 0)], np.float32)
        centre, size = ((left + right) / 2, (top + bottom) / 2), max(right - left, bottom - top)
        return replace(frame, faces=(Face(0, outline, align_box(centre, size)),))

    def close(self) -> None:
        """Nothing is held."""
