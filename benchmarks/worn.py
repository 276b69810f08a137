"""A persona worn over a source, frame by frame by the live loop's own stages, and what is gathered from it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.eyes import EyeReader
from benchmarks.likeness import Likeness, PersonaTruth, Truth, compare, in_crop, masked_ssim
from benchmarks.movement import Restlessness, read_turn
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.face.align import CROP_SIDE, scale_crop
from realtime.face.finder import FaceFinder
from realtime.face.landmarks import FaceMesh
from realtime.face.region import hull
from realtime.frame import BgrImage, Frame, Points2, Points3, Swap
from realtime.frame import Truth as FrameTruth
from realtime.persona.autoencoder import STRANGER_SIGHT
from realtime.persona.catalog import load_persona
from realtime.persona.crop import cut_crop
from realtime.persona.swapper import make_swapper
from realtime.source.base import Source
from realtime.source.expression import Expression
from realtime.source.reading import eye_opening, mouth_opening, read_expression


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame in which faces were found on all that is compared; lengths in distances between the eyes.

    Attributes:
        intended: What the worn face should do: as drawn, or as read from a stranger.
        own: (478, 2) the performer's points in the crop; of a rendered one, the persona's as drawn.
        worn: (478, 2) points found on the worn face.
        true: (478, 2) points found, by the same detector, on the persona's true render worn in the same way.
        mouths: The performer's opening, as intended and as the detector reads it, and the worn one by the detector.
        eyes: The performer's opening, as intended and as the detector reads it, and the worn one by renders and
            by the detector; both eyes' means.
        turns: Yaw and pitch in degrees, the performer's and the worn face's.
    """

    intended: Expression
    own: Points2
    worn: Points2
    true: Points2
    mouths: tuple[float, float, float]
    eyes: tuple[float, float, float, float]
    turns: tuple[tuple[float, float], tuple[float, float]]


@dataclass
class Tally:
    """What is gathered over one source, or several."""

    fps: float = 30.0
    frames: int = 0
    faces: int = 0
    worn: int = 0
    read: int = 0
    likeness: list[Likeness] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    precision_costs: list[float] = field(default_factory=list)
    own_picture: Restlessness = field(default_factory=Restlessness)
    worn_picture: Restlessness = field(default_factory=Restlessness)
    true_picture: Restlessness = field(default_factory=Restlessness)

    def extend(self, other: Tally) -> None:
        """Add what another one gathered."""
        self.frames, self.faces = self.frames + other.frames, self.faces + other.faces
        self.worn, self.read = self.worn + other.worn, self.read + other.read
        self.likeness += other.likeness
        self.moments += other.moments
        self.precision_costs += other.precision_costs
        for mine, more in zip(self.pictures, other.pictures, strict=True):
            mine.extend(more)

    @property
    def pictures(self) -> tuple[Restlessness, Restlessness, Restlessness]:
        """The performer's own, the worn, and the true one worn."""
        return self.own_picture, self.worn_picture, self.true_picture


class Bench:
    """The live loop's own stages, one frame after the other, and detectors of its own that look at the result.

    Args:
        persona: Name or file.
        precision: See `NetworkSwapper`.
        card: Says whose face it is, where the persona is a photo.
        ceiling: Wear the persona's true render instead of what the network makes: what the yardstick itself allows.
        stranger_sight: What the network is shown of a stranger, see `NetworkSwapper`.
        detect_hz: See `FaceFinder`, by the time in the film.

    Attributes:
        swaps_ms: How long each swap took, in milliseconds.

    Raises:
        PersonaError: It cannot be worn.
    """

    def __init__(
        self,
        persona: str,
        precision: str,
        *,
        card: Path | None = None,
        ceiling: bool = False,
        stranger_sight: str = STRANGER_SIGHT,
        detect_hz: float = math.inf,
    ) -> None:
        self.detect_hz = detect_hz
        self.persona = load_persona(persona, card=card)
        self.swapper = make_swapper(self.persona, "auto", precision, stranger_sight=stranger_sight)
        self.truth = PersonaTruth(self.persona, self.persona.manifest.crop_size)
        self.ceiling = ceiling
        self.swaps_ms: list[float] = []
        self._read_eyes = EyeReader(self.truth.renderer, self.truth.size)
        graphs = self.persona.graphs
        both = not ceiling and self.swapper.precision == "int8" and "fp32" in graphs
        self._plain = make_swapper(self.persona, "auto", "fp32", stranger_sight=stranger_sight) if both else None

    def watch(self, source: Source, frames: int | None, what: str) -> Tally:
        """Wear the persona over a source and gather figures.

        Args:
            source: Opened here, and closed.
            frames: How many; None for all.
            what: Said on the progress bar.
        """
        with source, _Watch(self, source.fps) as watch:
            for frame in track(_frames(source, frames), what, total=frames, console=Console(stderr=True)):
                watch(frame)
            return watch.tally

    def wear(self, found: Frame, truth: Truth) -> Frame:
        """The frame with its swap, by the network or, for the ceiling, with the truth itself."""
        if self.ceiling:
            return true_swap(found, truth)
        start_s = time.perf_counter()
        swapped = self.swapper(found)
        self.swaps_ms.append(1000 * (time.perf_counter() - start_s))
        return swapped

    def precision_cost(self, found: Frame, swapped: Frame, truth: Truth) -> float | None:
        """SSIM to the truth of the worn precision less that of fp32, on the same crop; None where there is one only."""
        if self._plain is None:
            return None
        inside = truth.mask > 127
        pictures = (swapped.swaps[0].image, self._plain(found).swaps[0].image)
        quantised, plain = (masked_ssim(picture, truth.crop, inside) for picture in pictures)
        return quantised - plain

    def read_eyes(self, shown: BgrImage, expression: Expression) -> float:
        """Both eyes' mean opening on a worn crop."""
        return sum(self._read_eyes(shown, expression)) / 2


class _Watch:
    """What one source needs while it is watched: stages and detectors that remember from frame to frame."""

    def __init__(self, bench: Bench, fps: float) -> None:
        self.tally = Tally(fps=fps)
        self._bench, self._find = bench, FaceFinder(detect_hz=bench.detect_hz)
        self._own, self._seen, self._seen_true = FaceMesh(), FaceMesh(), FaceMesh()
        self._match, self._match_true = ColourMatch(), ColourMatch()
        self._composite, self._composite_true = Composite(), Composite()

    def __enter__(self) -> _Watch:
        return self

    def __exit__(self, *_: object) -> None:
        for part in (self._find, self._own, self._seen, self._seen_true):
            part.close()

    def __call__(self, frame: Frame) -> None:
        before = frame.image.copy()
        found, own = self._find(replace(frame, captured_s=frame.media_s)), self._own(before)
        self.tally.frames += 1
        self.tally.faces += bool(own)
        if not found.faces or not own:
            for picture in self.tally.pictures:
                picture.pause()
            return
        expression = intended(found, own[0])
        truth = self._bench.truth(expression)
        swapped = self._bench.wear(found, truth)
        true = self._composite_true(self._match_true(true_swap(replace(found, image=before.copy()), truth)))
        if found.truth is not None and (cost := self._bench.precision_cost(found, swapped, truth)) is not None:
            self.tally.precision_costs.append(cost)
        shown = self._composite(self._match(swapped))
        self.tally.worn += shown.worn
        self.tally.likeness.append(compare(before, swapped, shown, truth))
        crops = self._look(before, shown, true)
        after, after_true = self._seen(shown.image), self._seen_true(true.image)
        if after and after_true:
            self.tally.read += 1
            self.tally.moments.append(self._moment(found, expression, truth, own[0], after[0], after_true[0], crops[1]))

    def _look(self, before: BgrImage, shown: Frame, true: Frame) -> list[BgrImage]:
        """The same aligned crop of all three pictures."""
        face, size = shown.faces[0], self._bench.truth.size
        crop_from_frame = scale_crop(face.crop_from_frame, size)
        mask = hull(face.landmarks_px, crop_from_frame, size)
        crops = [cut_crop(picture, crop_from_frame, size) for picture in (before, shown.image, true.image)]
        for picture, crop in zip(self.tally.pictures, crops, strict=True):
            picture(crop, mask)
        return crops

    def _moment(
        self,
        found: Frame,
        expression: Expression,
        truth: Truth,
        own: Points3,
        after: Points3,
        after_true: Points3,
        worn_crop: BgrImage,
    ) -> Moment:
        face = found.faces[0]
        rendered = found.truth is not None
        drawn = (truth.points + 0.5) / len(truth.crop) * CROP_SIDE
        eyes = (expression.right_eye + expression.left_eye) / 2
        return Moment(
            intended=expression,
            own=drawn.astype("float32") if rendered else in_crop(own, face),
            worn=in_crop(after, face),
            true=in_crop(after_true, face),
            mouths=(expression.mouth_open, mouth_opening(own), mouth_opening(after)),
            eyes=(eyes, eye_opening(own), self._bench.read_eyes(worn_crop, expression), eye_opening(after)),
            turns=((expression.yaw, expression.pitch) if rendered else read_turn(own), read_turn(after)),
        )


def intended(frame: Frame, own: Points3) -> Expression:
    """What the worn face is to do: as the frame was drawn, or as read from a stranger's points."""
    return read_expression(own) if frame.truth is None else drawn(frame.truth)


def drawn(truth: FrameTruth) -> Expression:
    """The expression of a rendered frame, in the middle of the crop; brightness is the colour match's to follow."""
    assert isinstance(truth.expression, Expression)
    return replace(truth.expression, shift_x=0.0, shift_y=0.0, zoom=1.0, exposure=1.0)


def true_swap(found: Frame, truth: Truth) -> Frame:
    """The frame as if the network had painted the truth."""
    face = found.faces[0]
    crop_from_frame = scale_crop(face.crop_from_frame, len(truth.crop))
    return replace(found, swaps=(Swap(face, truth.crop, truth.mask, crop_from_frame),))


def _frames(source: Source, limit: int | None) -> Iterator[Frame]:
    count = 0
    while (limit is None or count < limit) and (frame := source.read()) is not None:
        count += 1
        yield frame
