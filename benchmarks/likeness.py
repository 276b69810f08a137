"""How one worn face compares with the persona as it should look there, and with the performer it hides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from realtime.composite.colour import match_colour
from realtime.face.align import CROP_SIDE, scale_crop, transform
from realtime.face.region import hull
from realtime.frame import BgrImage, Face, Frame, Mask, Points2, Points3, Swap
from realtime.persona.crop import cut_crop
from realtime.persona.package import Persona
from realtime.persona.portrait import decode_portrait
from realtime.source.canvas import find_portrait_points
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

_CANVAS_WH = (640, 640)
_EYES_AT_128_PX = 72.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The persona as it should look: its crop, coverage, and face points in pixels of the crop."""

    crop: BgrImage
    mask: Mask
    points: Points2


class PersonaTruth:
    """Renders the persona's own portrait in any expression, by the points that its file carries.

    Args:
        persona: Whom.
        size: Side of the crops in pixels.

    Attributes:
        renderer: Draws the persona.

    Raises:
        PersonaError: Its portrait is no picture.
        FaceError: Its portrait shows no face.
    """

    def __init__(self, persona: Persona, size: int) -> None:
        picture = decode_portrait(persona)
        known = np.array(persona.manifest.portrait_points, np.float32).reshape(-1, 3)
        points = known if len(known) else find_portrait_points(picture, persona.name)
        self.size = size
        self.renderer = PortraitRenderer(picture, points, _CANVAS_WH, _EYES_AT_128_PX * size / 128)

    def __call__(self, expression: Expression) -> Truth:
        """The persona in one expression."""
        crop, points, crop_from_frame = self.renderer.crop(expression, self.size)
        mask = hull(points, crop_from_frame, self.size)
        return Truth(crop, mask, transform(points, crop_from_frame))


@dataclass(frozen=True, slots=True)
class Likeness:
    """One frame's figures; SSIM over the persona's mask, PSNR in dB."""

    ssim: float
    psnr_db: float
    ssim_shown: float
    ssim_to_performer: float
    rim_ciede2000: float
    mask_iou: float

    @property
    def nearer(self) -> bool:
        """Whether what is shown is nearer to the persona than to the performer."""
        return self.ssim_shown > self.ssim_to_performer


def compare(before: BgrImage, swapped: Frame, shown: Frame, truth: Truth) -> Likeness:
    """Compare one frame.

    `ssim` and `psnr_db` hold the network's own crop against the true one. What is shown is judged as a viewer sees it,
    after colour match and composite: against the true crop in the light of the scene, and against the performer's
    own crop, which has the advantage of its own colours and surroundings.

    Args:
        before: (H, W, 3) the frame as it was captured.
        swapped: The frame with its swap as the network made it.
        shown: The frame as it leaves.
        truth: The persona in the performer's expression.
    """
    size = len(truth.crop)
    swap = _in_the_truths_crop(swapped.swaps[0], size)
    crop_from_frame = swap.crop_from_frame
    seen = cut_crop(shown.image, crop_from_frame, size)
    performer = cut_crop(before, crop_from_frame, size)
    lit = match_colour(truth.crop, performer, truth.mask)
    inside = truth.mask > 127
    error = (swap.image[inside].astype(np.float64) - truth.crop[inside]) ** 2
    return Likeness(
        ssim=masked_ssim(swap.image, truth.crop, inside),
        psnr_db=float(10 * np.log10(255**2 / max(float(error.mean()), 1e-9))),
        ssim_shown=masked_ssim(seen, lit, inside),
        ssim_to_performer=masked_ssim(seen, performer, inside),
        rim_ciede2000=_rim_difference(seen, performer, swap.mask),
        mask_iou=overlap(truth.mask, swap.mask),
    )


def _in_the_truths_crop(swap: Swap, size: int) -> Swap:
    """A swap that was cut otherwise, or larger, as if it had been cut like the truth."""
    crop_from_frame = scale_crop(swap.face.crop_from_frame, size)
    if len(swap.mask) == size and np.allclose(swap.crop_from_frame, crop_from_frame):
        return swap
    whole = np.vstack([swap.crop_from_frame, (0.0, 0.0, 1.0)])
    matrix = crop_from_frame @ np.linalg.inv(whole)
    image, mask = (cv2.warpAffine(one, matrix, (size, size)) for one in (swap.image, swap.mask))
    return Swap(swap.face, np.asarray(image, np.uint8), np.asarray(mask, np.uint8), crop_from_frame)


def masked_ssim(first: BgrImage, second: BgrImage, inside: npt.NDArray[np.bool_]) -> float:
    """Mean SSIM over a mask, colour channels averaged, Gaussian window of sigma 1.5 (Wang et al., 2004)."""
    _, pixels = structural_similarity(
        first, second, channel_axis=2, full=True, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(pixels[inside].mean())


def overlap(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks, each counted where it is over 127; 1 where both are empty."""
    one, other = first > 127, second > 127
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0


def _rim_difference(seen: BgrImage, performer: BgrImage, mask: Mask) -> float:
    """Mean CIEDE2000 (Sharma, Wu and Dalal, 2005) along the mask's outline: how visible the seam is."""
    band = cv2.morphologyEx((mask > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if not band.any():
        return 0.0
    lab = [rgb2lab(picture[band][None, :, ::-1]) for picture in (seen, performer)]
    return float(deltaE_ciede2000(*lab).mean())


def in_crop(points: Points2 | Points3, face: Face) -> Points2:
    """Face points of a frame in distances between the eyes of the crop's template, (478, 2)."""
    return transform(points, face.crop_from_frame) * np.float32(CROP_SIDE)


def default_clips() -> Path:
    """Where clips of real people lie beside the project, if they do."""
    return Path(__file__).resolve().parents[2] / "shared" / "footage"
