"""What travels through the loop: a frame, the faces found in it, and the swaps made for them.

All three are frozen; a stage returns a new frame (`dataclasses.replace`) that shares the same pixels.
Pictures between stages are uint8 BGR, (H, W, 3), C-contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from realtime.fit import Fit
from realtime.persona.identity import Identity

BgrImage: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue first."""
Mask: TypeAlias = npt.NDArray[np.uint8]
"""(H, W) uint8, 0 outside to 255 inside."""
Points2: TypeAlias = npt.NDArray[np.float32]
"""(N, 2) float32: x to the right, y down. Pixel centres lie at whole numbers."""
Points3: TypeAlias = npt.NDArray[np.float32]
"""(N, 3) float32: x, y as above; z in the same unit, growing away from the camera."""
Matrix2x3: TypeAlias = npt.NDArray[np.float64]
"""(2, 3) float64 affine matrix, named `to_from_from`: `crop_from_frame` maps frame pixels to crop pixels."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long one stage worked on one frame."""

    stage: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What a rendered frame was drawn from; only the built-in performer knows it.

    Attributes:
        portrait_sha256: Digest of the portrait's pixels: who performs.
        landmarks_px: (478, 2) float32, where the face points were drawn, in frame pixels.
        expression: The pose, expression and light that were drawn (`realtime.source.expression.Expression`).
    """

    portrait_sha256: str
    landmarks_px: Points2
    expression: object


@dataclass(frozen=True, slots=True)
class Face:
    """One tracked face in one frame, or whatever else the region that is worn finds there (`realtime.region`).

    Attributes:
        id: Stays with the person, or the thing, from frame to frame.
        landmarks_px: (478, 3) float32 MediaPipe face points in frame pixels, smoothed; z in pixels too. Of a thing
            (N, 3), N < 468: a polygon around it, with z 0. What goes by their convex hull or bounds takes both;
            what asks for a certain point needs a face.
        crop_from_frame: (2, 3) similarity that maps frame pixels to the unit crop, (0, 0) to (1, 1). Scale it
            with `realtime.face.align.scale_crop` to the size that a persona asks for.
        followed: Whether the points were carried on from the picture before, and not found in this one.
    """

    id: int
    landmarks_px: Points3
    crop_from_frame: Matrix2x3
    followed: bool = False


@dataclass(frozen=True, slots=True)
class Swap:
    """A persona's crop for one face.

    Attributes:
        face: The face it was made for.
        image: (S, S, 3) uint8 BGR, the persona's crop.
        mask: (S, S) uint8, the persona's own coverage.
        crop_from_frame: (2, 3) similarity from frame pixels to the pixels of this crop.
        has_seen: Whether the mask was made by what has seen the face and knows the performer: what it leaves out, and
            is sure of, lies before the face.
        seen: (S, S, 3) uint8 BGR, the performer's own crop, as the swap stage cut it out; None where it did not.
        own: (S, S) uint8, 255 where the image is the performer's own, eyes and the inside of a mouth, which no colour
            match is to touch; None where it is nowhere.
        persona: Name of the persona.
        identity: Whose face that is; None where nobody said.
        mark: What the watermark says of it, 32 bits (`realtime.disclosure.mark_code`); 0 where nobody knows.
        fit: How it is to be shown, as the user had it when the swap was made.
    """

    face: Face
    image: BgrImage
    mask: Mask
    crop_from_frame: Matrix2x3
    has_seen: bool = False
    seen: BgrImage | None = None
    own: Mask | None = None
    persona: str = ""
    identity: Identity | None = None
    mark: int = 0
    fit: Fit = Fit()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way through the loop.

    Attributes:
        index: Counts up by one for each picture the source gave, dropped ones included.
        captured_s: Monotonic time at which the picture was taken, in seconds; where nobody says when, at which the
            source had it.
        media_s: When the picture is to be shown, in the source's own time: seconds since its first frame.
        image: (H, W, 3) uint8 BGR. Owned by the loop from the moment the source gives it; the composite stage
            draws into it, and no stage keeps it or a view of it once its turn is over, but for `held_s`.
        faces: Found by the detect stage; empty where no face is in view.
        swaps: Made by the swap stage, at most one for each face.
        missing: Ids of faces that wore a persona a moment ago and were not found here, or are not worn; they may be
            there all the same.
        covered: Ids of the faces that carry their persona (set by the composite stage).
        painted: Ids of the faces on which anything of it is seen, be it too little (set by the composite stage).
        worn: Whether every face that should carry a persona does (set by the composite stage).
        held_s: Where the picture is that of an earlier frame, finished and marked, which is shown once more: when that
            was captured. Nothing draws into it any more (set by the composite stage).
        spans: What each stage took, in the order in which the frame passed them.
        truth: What it was drawn from, for rendered frames.
        scene: Counts the scenes, from 1: another than in the frame before where it may be another one (set by the
            detect stage; 0 where nobody counts).
    """

    index: int
    captured_s: float
    media_s: float
    image: BgrImage
    faces: tuple[Face, ...] = ()
    swaps: tuple[Swap, ...] = ()
    missing: tuple[int, ...] = ()
    covered: frozenset[int] = frozenset()
    worn: bool = False
    spans: tuple[Span, ...] = ()
    truth: Truth | None = None
    scene: int = 0
    painted: frozenset[int] = frozenset()
    held_s: float | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def seen_s(self) -> float:
        """When what is in its picture was captured."""
        return self.captured_s if self.held_s is None else self.held_s

    @property
    def shows_persona(self) -> bool:
        """Whether anything of a persona is seen in the picture: then it is to say so."""
        return self.worn or bool(self.covered) or bool(self.painted)

    def after(self, *spans: Span) -> Frame:
        """The same frame with more spans in its record."""
        return replace(self, spans=(*self.spans, *spans))
