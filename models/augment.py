"""What stands between the material and the strangers who will wear the persona, done to whole batches where they train.

Every sample draws its own numbers from (seed, step, place), so that a run that is resumed or spread over several
processes sees the same pictures. The drawing costs microseconds; the pixels are the training device's work.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from models import separable
from models.network import CHANNELS
from models.occluders import PARTS, draw_occluders, random_occluder
from models.variety import USUAL_SIGHT, SightVariety
from realtime.persona.local_contrast import FLOOR, GAIN, window_px

Numbers = npt.NDArray[np.float32]

_GRID, _LAMPS = 5, 4
_NOISE_SEED = 5
_MOVED = 0.003
"""Spread of shifts, turns and bends, in half crops and radians: at 128 pixels a fifth of a pixel. The points of a pair
are read by the real detector, and tremble by themselves as they do live."""
_LENT, _STRIPED = 0.35, 0.3
"""Of the occluders, how many show other parts of the same picture, the same skin among them; and how many stripes."""
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Draws:
    """The numbers of a batch, each with a leading axis of N.

    Attributes:
        place: (N, 2, 3) affine warp in `affine_grid`'s units, output to input.
        bend: (N, 2, 5, 5) further shifts, in the same units.
        colour: (N, 3) gain of each channel.
        tone: (N, 5) saturation, contrast, brightness, share of blur, strength of noise.
        lamp: (N, 3, 4, 4) gains over the crop: another light from another side.
        roll: (N, 2) where in the noise tile to begin, in pixels.
        boxes: (N, PARTS, 9) occluders.
        surface: (N, 4) what they are covered with: share of the picture itself from elsewhere, strength of stripes,
            how many of them cross the crop, their angle.
        occluded: (N,) 1 where there is one.
        shows: (N, 2) whether colours, and local contrast, are shown.
        touched: (N,) 1 where it is warped and recoloured.
    """

    place: Numbers
    bend: Numbers
    colour: Numbers
    tone: Numbers
    lamp: Numbers
    roll: npt.NDArray[np.int64]
    boxes: Numbers
    surface: Numbers
    occluded: Numbers
    shows: Numbers
    touched: Numbers

    def rows(self, places: npt.NDArray[np.intp]) -> Draws:
        """Those of some of the batch."""
        return Draws(*(getattr(self, one.name)[places] for one in fields(self)))


def draw(seeds: Sequence[Sequence[int]], known: Sequence[bool], variety: SightVariety = USUAL_SIGHT) -> Draws:
    """The numbers of a batch.

    Args:
        seeds: One for each sample.
        known: Whether a sample shows the performer that the network is to know.
        variety: What the network is shown.
    """
    one = [
        _draw_one(np.random.default_rng(list(seed)), is_known, variety)
        for seed, is_known in zip(seeds, known, strict=True)
    ]
    return Draws(*(np.stack(column) for column in zip(*one, strict=True)))


def _draw_one(random: np.random.Generator, known: bool, variety: SightVariety) -> tuple[npt.NDArray[np.generic], ...]:
    turn, shift = random.normal(0, _MOVED, 2), random.normal(0, _MOVED, 2)
    bend = random.normal(0, _MOVED, (2, _GRID, _GRID))
    untouched = known and random.random() < variety.untouched
    # What is known is seen where it is: a network that cannot trust places by half a pixel paints as softly.
    moved = 0.0 if untouched else 1.0
    angle, scale, shift, bend = moved * turn[0], 1 + moved * turn[1], moved * shift, moved * bend
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    place = np.array([[c, -s, shift[0]], [s, c, shift[1]]])
    colour, tone, lamp = np.ones(3), np.array([1.0, 1.0, 1.0, 0.0, 0.0]), np.ones((3, _LAMPS, _LAMPS))
    if not untouched:
        colour = random.uniform(0.65, 1.3, 3)
        tone = np.array(
            [
                random.uniform(0.2, 1.4),
                random.uniform(0.6, 1.35),
                random.uniform(0.6, 1.25),
                random.uniform(0, 1) * (random.random() < 0.5),
                random.uniform(0, 0.028),
            ]
        )
    if not known and random.random() < 0.5:
        lamp = np.exp(random.normal(0, 0.3, (1, _LAMPS, _LAMPS)) + random.normal(0, 0.1, (3, _LAMPS, _LAMPS)))
    shown = random.random()
    hidden = (variety.no_colour, variety.no_crop)
    shows = np.full(2, shown < variety.own_seen) if known else shown >= np.array(hidden)
    occluded = bool(shows[1]) and random.random() < variety.occluded
    boxes = random_occluder(random) if occluded else np.zeros((PARTS, 9), np.float32)
    surface = _random_surface(random) if occluded else np.zeros(4)
    floats = (place, bend, colour, tone, lamp)
    return (
        *(part.astype(np.float32) for part in floats),
        random.integers(0, 256, 2),
        boxes,
        surface.astype(np.float32),
        np.array(occluded, np.float32),
        shows.astype(np.float32),
        np.array(not untouched, np.float32),
    )


def _random_surface(random: np.random.Generator) -> npt.NDArray[np.float64]:
    lent = random.uniform(0, 1) * (random.random() < _LENT)
    striped = random.uniform(0, 0.5) * (random.random() < _STRIPED)
    return np.array([lent, striped, random.uniform(3, 40), random.uniform(0, np.pi)])


class Augment:
    """Warps, recolours, occludes and hides crops.

    Args:
        size: Side of the crops in pixels.
        device: Where the tensors are.
        variety: What the network is shown.
    """

    def __init__(self, size: int, device: torch.device, variety: SightVariety = USUAL_SIGHT) -> None:
        self.size, self.device, self._ceilings = size, device, variety.ceilings
        generator = torch.Generator().manual_seed(_NOISE_SEED)
        self._noise = torch.randn(3, 256 + size, 256 + size, generator=generator).to(device)
        self._blur = separable.gaussian(size, 7, 1.5, "replicate", device)
        self._bend = separable.enlargement(_GRID, size, "bicubic", device)
        self._lamp = separable.enlargement(_LAMPS, size, "bilinear", device)

    def __call__(self, view: Tensor, face_map: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Make a batch of network inputs.

        Args:
            view: (N, 3, S, S) RGB, 0 to 1.
            face_map: (N, 3, S, S), 0 to 1.
            draws: What is done to each.

        Returns:
            (N, 7, S, S) input, channels as `models.network.CHANNELS`; and (N, 1, S, S) what of the face an
            occluder hides, 0 to 1.
        """
        shown, touched = draws.shows.any(1), draws.touched > 0
        warped = self._where(touched, self._warp, torch.cat([view, face_map], 1), draws)
        view, hidden = self._occlude(warped[:, :3], draws)
        view = self._where(touched & shown, self._recolour, view, draws)
        colours, contrast = self._tensor(draws.shows)[..., None, None, None].unbind(1)
        at = self._at(shown)
        local = torch.zeros_like(hidden).index_copy(0, at, local_contrast(view[at])) * contrast
        return held_down(torch.cat([view * colours, local, warped[:, 3:]], 1), self._ceilings), hidden

    def _where(
        self,
        wanted: npt.NDArray[np.bool_],
        work: Callable[[Tensor, Draws], Tensor],
        pictures: Tensor,
        draws: Draws,
    ) -> Tensor:
        """Work on those of a batch alone where it shows."""
        if not wanted.any():
            return pictures
        at = self._at(wanted)
        return pictures.index_copy(0, at, work(pictures[at], draws.rows(np.flatnonzero(wanted))))

    def _warp(self, pictures: Tensor, draws: Draws) -> Tensor:
        grid = F.affine_grid(self._tensor(draws.place), list(pictures.shape), align_corners=False)
        grid = grid + separable.apply(self._bend, self._tensor(draws.bend)).permute(0, 2, 3, 1)
        return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def _recolour(self, view: Tensor, draws: Draws) -> Tensor:
        """Another camera, another skin, another lamp."""
        saturation, contrast, brightness, blur, noise = self._tensor(draws.tone)[..., None, None, None].unbind(1)
        view = torch.lerp(view, separable.apply(self._blur, view), blur)
        grey = view.mean(1, keepdim=True)
        view = (grey + (view - grey) * saturation) * self._tensor(draws.colour)[..., None, None]
        view = view * separable.apply(self._lamp, self._tensor(draws.lamp))
        middle = view.mean((1, 2, 3), keepdim=True)
        view = (view - middle) * contrast + middle * brightness
        return (view + self._noise_at(draws.roll) * noise).clamp(0, 1)

    def _occlude(self, view: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        hidden = torch.zeros_like(view[:, :1])
        wanted = draws.occluded > 0
        if not wanted.any():
            return view, hidden
        at, some = self._at(wanted), draws.rows(np.flatnonzero(wanted))
        colours, cover = draw_occluders(self._tensor(some.boxes), self.size, self._texture(some))
        under = view[at]
        lent = under.roll((self.size // 3, self.size // 2), (2, 3))
        colours = torch.lerp(colours, lent, self._tensor(some.surface[:, :1])[..., None, None])
        return view.index_copy(0, at, torch.lerp(under, colours, cover)), hidden.index_copy(0, at, cover)

    def _texture(self, draws: Draws) -> Tensor:
        """(N, 1, S, S) about 0: grain and stripes."""
        grain = F.avg_pool2d(self._noise_at(draws.roll)[:, :1], 5, 1, 2) * 0.3
        strength, count, angle = self._tensor(draws.surface[:, 1:])[..., None, None, None].unbind(1)
        axis = torch.linspace(0, 2 * math.pi, self.size, device=self.device)
        return grain + strength * torch.sin(count * (torch.cos(angle) * axis + torch.sin(angle) * axis[:, None]))

    def _noise_at(self, starts: npt.NDArray[np.int64]) -> Tensor:
        return torch.stack([self._noise[:, y : y + self.size, x : x + self.size] for y, x in starts.tolist()])

    def _at(self, wanted: npt.NDArray[np.bool_]) -> Tensor:
        return torch.from_numpy(np.flatnonzero(wanted)).to(self.device)

    def _tensor(self, numbers: Numbers) -> Tensor:
        return torch.from_numpy(numbers).to(self.device)


def untouched(view: Tensor, face_map: Tensor) -> Tensor:
    """The network input of crops as they are: (N, 3, S, S) each, 0 to 1, to (N, 7, S, S)."""
    return torch.cat([view, local_contrast(view), face_map], 1)


def held_down(inputs: Tensor, ceilings: Mapping[str, float]) -> Tensor:
    """(N, 7, S, S) network input with some of its channels held down, each to a value of 0 to 1."""
    if not ceilings:
        return inputs
    planes = dict(zip(CHANNELS, inputs.chunk(len(CHANNELS), 1), strict=True))
    return torch.cat([*(planes | {name: planes[name].clamp(max=top) for name, top in ceilings.items()}).values()], 1)


def local_contrast(view: Tensor) -> Tensor:
    """As `realtime.persona.local_contrast`, for (N, 3, S, S) RGB of 0 to 1; (N, 1, S, S), 0 to 1."""
    size = view.shape[-1]
    luma = torch.tensor(_LUMA, device=view.device, dtype=view.dtype)[None, :, None, None]
    grey = (view * luma).sum(1, keepdim=True)
    window = separable.box(size, window_px(size), view.device)
    mean, square = separable.apply(window, grey), separable.apply(window, grey**2)
    spread = (square - mean**2).clamp(min=0).sqrt()
    return ((grey - mean) / (spread + FLOOR / 255) * (GAIN / 255) + 128 / 255).clamp(0, 1)
