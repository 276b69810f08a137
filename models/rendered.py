"""Rendered pairs: two portraits in the same expression, made as they are needed, never the same twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.disguise import Vectors, random_shape, random_warp, recolour
from realtime.face.align import align, scale_crop, transform
from realtime.face.landmarks import FaceMesh
from realtime.face.region import FaceMap, hull
from realtime.frame import BgrImage, Matrix2x3, Points3
from realtime.persona.crop import cut_crop
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import Expression, random_expression
from realtime.source.renderer import PortraitRenderer

_EYES_PX = 72.0
_CANVAS_WH = (640, 640)
_SEEN_AT = 2
"""How much larger than its crop a face is when the detector reads it."""
_OWN_SHARE = 0.4
"""Of the pairs, how many show the performer undisguised."""
_DROP_CROP = 0.6
"""How often a stranger's crop is left out of the input, so that the landmark map alone must do."""
_PERFORMER_SHARE = 0.7
"""Of the strangers, how many are the performer's portrait in another shape; the rest are the persona's."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """One input and what should come of it; pictures RGB, everything float32, 0 to 1.

    Attributes:
        inputs: (6, S, S) crop and landmark map, channels as `models.network.CHANNELS`.
        image: (3, S, S) the true crop.
        mask: (1, S, S) its coverage.
        focus: (1, S, S) eyes and mouth.
    """

    inputs: Floats
    image: Floats
    mask: Floats
    focus: Floats


def stack(samples: list[Sample]) -> Sample:
    """Samples as one batch, each field with a leading axis."""
    return Sample(
        np.stack([sample.inputs for sample in samples]),
        np.stack([sample.image for sample in samples]),
        np.stack([sample.mask for sample in samples]),
        np.stack([sample.focus for sample in samples]),
    )


class PortraitFaceset:
    """One portrait as an endless set of crops.

    Args:
        photo: A picture file; None is the built-in performer.
        size: Side of the crops in pixels.
    """

    def __init__(self, photo: Path | None, size: int) -> None:
        self.picture = load_photo(photo)
        landmarks_px = find_portrait_points(self.picture, str(photo or "demo"))
        self.size = size
        self.renderer = PortraitRenderer(self.picture, landmarks_px, _CANVAS_WH, _EYES_PX * size / 128)
        self._map = FaceMap(size)
        self._detect = FaceMesh(still=True)

    def input_of(self, crop: BgrImage | None, points: Points3, crop_from_frame: Matrix2x3) -> Floats:
        """(6, S, S) network input; a crop of None is left black."""
        landmark_map = self._map(points, crop_from_frame)
        planes = np.zeros((6, self.size, self.size), np.uint8)
        if crop is not None:
            planes[:3] = crop[..., ::-1].transpose(2, 0, 1)
        planes[3:] = landmark_map.transpose(2, 0, 1)
        return planes.astype(np.float32) / 255

    def truth(self, expression: Expression) -> Sample:
        """The portrait's true crop in an expression, its points as drawn."""
        crop, points, crop_from_frame = self.renderer.crop(expression, self.size)
        landmark_map = self._map(points, crop_from_frame)
        focus = cv2.dilate(landmark_map[..., 1:].max(2), np.ones((5, 5), np.uint8))
        mask = hull(points, crop_from_frame, self.size)
        return Sample(
            inputs=self.input_of(crop, points, crop_from_frame),
            image=np.ascontiguousarray(crop[..., ::-1].transpose(2, 0, 1), np.float32) / 255,
            mask=mask[None].astype(np.float32) / 255,
            focus=focus[None].astype(np.float32) / 255 * (mask[None] > 0),
        )

    def seen_input(
        self,
        expression: Expression,
        random: np.random.Generator,
        shape: Vectors | None = None,
        *,
        with_crop: bool = True,
        recoloured: bool = True,
    ) -> Floats:
        """(6, S, S): the portrait as the live loop sees it, its points read by the same detector, then bent a little.

        Where the detector finds nothing, the points as drawn stand in.

        Args:
            expression: What the portrait does.
            random: Where the randomness comes from.
            shape: (468, 3) offsets that make it a stranger.
            with_crop: False leaves the crop black, so that the landmark map alone must do.
            recoloured: Whether the crop's colours, contrast and sharpness are varied.
        """
        fine, points, fine_from_frame = self.renderer.crop(expression, _SEEN_AT * self.size, shape, smooth=1)
        found = self._detect(fine)
        seen = found[0] if found else _points_in(points, fine_from_frame)
        crop_from_fine = scale_crop(align(seen), self.size)
        crop = cut_crop(fine, crop_from_fine, self.size) if with_crop else None
        if crop is not None and recoloured:
            crop = recolour(crop, random)
        inputs = self.input_of(crop, seen, crop_from_fine)
        x, y = random_warp(self.size, random)
        planes = [cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for plane in inputs]
        return np.stack(planes).astype(np.float32)


def _points_in(points: Points3, crop_from_frame: Matrix2x3) -> Points3:
    """Face points of a frame in pixels of a crop, depths too."""
    moved = np.empty_like(points)
    moved[:, :2] = transform(points, crop_from_frame)
    moved[:, 2] = points[:, 2] * np.sqrt(abs(np.linalg.det(crop_from_frame[:, :2])))
    return moved


@dataclass(frozen=True, slots=True)
class PairedBatch:
    """What one training step works on.

    Attributes:
        paired: A performer in, the persona asked for.
        persona: The persona in, and asked for.
        performer: The performer in, and asked for.
    """

    paired: Sample
    persona: Sample
    performer: Sample


class PairedPortraits:
    """Batches of two portraits in the same expressions; the same step of the same seed is the same batch.

    Rendering a pair and reading its points costs a third of a core's time beside training; every pair is therefore
    trained on in two steps.

    Args:
        performer: The performer's portrait.
        persona: The persona's portrait.
        batch: Pairs in a batch; a quarter as many of each portrait by itself.
        seed: Which endless sequence.
    """

    def __init__(self, performer: PortraitFaceset, persona: PortraitFaceset, batch: int, seed: int) -> None:
        self._performer, self._persona = performer, persona
        self._batch, self._seed = batch, seed
        self._last: tuple[int, tuple[list[Sample], list[Sample], list[Sample]]] | None = None

    def __call__(self, step: int) -> PairedBatch:
        """The batch of one step: half of it fresh, half of it the fresh half of the step before."""
        before = self._fresh(step - 1) if self._last is None or self._last[0] != step - 1 else self._last[1]
        fresh = self._fresh(step)
        self._last = (step, fresh)
        return PairedBatch(*(stack(new + old) for new, old in zip(fresh, before, strict=True)))

    def _fresh(self, step: int) -> tuple[list[Sample], list[Sample], list[Sample]]:
        """Half a batch: pairs, the persona by itself, the performer by itself."""
        random = np.random.default_rng((self._seed, step + 1))
        half = max(1, self._batch // 2)
        own = round(_OWN_SHARE * half)
        paired = [self._own_pair(random) for _ in range(own)]
        paired += [self._stranger_pair(random) for _ in range(half - own)]
        few = max(1, half // 4)
        persona = [self._itself(self._persona, random) for _ in range(few)]
        performer = [self._itself(self._performer, random) for _ in range(few)]
        return paired, persona, performer

    def _own_pair(self, random: np.random.Generator) -> Sample:
        """The performer as it is: what the crop tells of pose and expression can be learned to the full."""
        expression = random_expression(random)
        inputs = self._performer.seen_input(expression, random, recoloured=bool(random.random() < 0.5))
        return replace(self._persona.truth(expression), inputs=inputs)

    def _stranger_pair(self, random: np.random.Generator) -> Sample:
        """Somebody of another shape and colour, often by the landmark map alone."""
        expression, with_crop = random_expression(random), bool(random.random() >= _DROP_CROP)
        if not with_crop:  # light that is not seen cannot be asked for
            expression = replace(expression, light=0.0)
        portrait = self._performer if random.random() < _PERFORMER_SHARE else self._persona
        shape = random_shape(portrait.renderer.head.rest, random)
        inputs = portrait.seen_input(expression, random, shape, with_crop=with_crop)
        return replace(self._persona.truth(expression), inputs=inputs)

    def _itself(self, portrait: PortraitFaceset, random: np.random.Generator) -> Sample:
        expression = random_expression(random)
        return replace(portrait.truth(expression), inputs=portrait.seen_input(expression, random))
