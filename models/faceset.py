"""Rendered pairs: two portraits in the same expression, made as they are needed, never the same twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.disguise import Vectors, misread, random_shape, random_warp, recolour
from realtime.face.region import FaceMap, hull
from realtime.frame import BgrImage, Matrix2x3, Points3
from realtime.source.canvas import find_portrait_points, load_photo
from realtime.source.expression import Expression, random_expression
from realtime.source.renderer import PortraitRenderer

_EYES_PX = 72.0
_CANVAS_WH = (640, 640)
_DROP_CROP = 0.5
"""How often the crop is left out of the input, so that the landmark map alone must do."""

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

    def input_of(self, crop: BgrImage | None, points: Points3, crop_from_frame: Matrix2x3) -> Floats:
        """(6, S, S) network input; a crop of None is left black."""
        landmark_map = self._map(points, crop_from_frame)
        planes = np.zeros((6, self.size, self.size), np.uint8)
        if crop is not None:
            planes[:3] = crop[..., ::-1].transpose(2, 0, 1)
        planes[3:] = landmark_map.transpose(2, 0, 1)
        return planes.astype(np.float32) / 255

    def truth(
        self, expression: Expression, shape: Vectors | None = None
    ) -> tuple[Sample, BgrImage, Points3, Matrix2x3]:
        """The portrait's true crop in an expression, and what further inputs are made from."""
        crop, points, crop_from_frame = self.renderer.crop(expression, self.size, shape)
        landmark_map = self._map(points, crop_from_frame)
        focus = cv2.dilate(landmark_map[..., 1:].max(2), np.ones((5, 5), np.uint8))
        mask = hull(points, crop_from_frame, self.size)
        sample = Sample(
            inputs=self.input_of(crop, points, crop_from_frame),
            image=np.ascontiguousarray(crop[..., ::-1].transpose(2, 0, 1), np.float32) / 255,
            mask=mask[None].astype(np.float32) / 255,
            focus=focus[None].astype(np.float32) / 255 * (mask[None] > 0),
        )
        return sample, crop, points, crop_from_frame

    def disguised_input(
        self, expression: Expression, random: np.random.Generator, shape: Vectors, *, with_crop: bool
    ) -> Floats:
        """(6, S, S): the portrait in an expression as a stranger, misread, recoloured and warped."""
        crop, points, crop_from_frame = self.renderer.crop(expression, self.size, shape)
        seen = recolour(crop, random) if with_crop else None
        inputs = self.input_of(seen, misread(points, random), crop_from_frame)
        x, y = random_warp(self.size, random)
        planes = [cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for plane in inputs]
        return np.stack(planes).astype(np.float32)


@dataclass(frozen=True, slots=True)
class PairedBatch:
    """What one training step works on.

    Attributes:
        paired: The performer in, the persona asked for.
        persona: The persona in, disguised, and asked for.
        performer: The performer in, and asked for.
    """

    paired: Sample
    persona: Sample
    performer: Sample


class PairedPortraits:
    """Batches of two portraits in the same expressions; the same step of the same seed is the same batch.

    Args:
        performer: The performer's portrait.
        persona: The persona's portrait.
        batch: Pairs in a batch; half as many of each portrait by itself.
        seed: Which endless sequence.
    """

    def __init__(self, performer: PortraitFaceset, persona: PortraitFaceset, batch: int, seed: int) -> None:
        self._performer, self._persona = performer, persona
        self._batch, self._seed = batch, seed

    def __call__(self, step: int) -> PairedBatch:
        """The batch of one step."""
        random = np.random.default_rng((self._seed, step))
        paired = [self._pair(random) for _ in range(self._batch)]
        half = max(1, self._batch // 2)
        persona = [self._alone(self._persona, random, own_shape=True) for _ in range(half)]
        performer = [self._alone(self._performer, random, own_shape=False) for _ in range(half)]
        return PairedBatch(stack(paired), stack(persona), stack(performer))

    def _draw(self, random: np.random.Generator) -> tuple[Expression, bool]:
        """An expression, and whether the crop is seen. Light that is not seen cannot be asked for."""
        expression = random_expression(random)
        with_crop = bool(random.random() >= _DROP_CROP)
        return (expression if with_crop else replace(expression, light=0.0, exposure=1.0)), with_crop

    def _pair(self, random: np.random.Generator) -> Sample:
        expression, with_crop = self._draw(random)
        portrait = self._performer if with_crop or random.random() < 0.5 else self._persona
        shape = random_shape(portrait.renderer.head.rest, random)
        true = self._persona.truth(expression)[0]
        return replace(true, inputs=portrait.disguised_input(expression, random, shape, with_crop=with_crop))

    def _alone(self, portrait: PortraitFaceset, random: np.random.Generator, *, own_shape: bool) -> Sample:
        expression, with_crop = self._draw(random)
        shape = random_shape(portrait.renderer.head.rest, random, 0.3 if own_shape else 1.0)
        true = portrait.truth(expression, None if own_shape else shape)[0]
        return replace(true, inputs=portrait.disguised_input(expression, random, shape, with_crop=with_crop))
