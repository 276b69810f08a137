"""The swap by a shared-encoder network: crop and landmark map in, the persona's crop and mask out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import cv2
import numpy as np

from realtime.errors import PersonaError
from realtime.face.align import align, scale_crop
from realtime.face.core import close_core, opacity_over_core
from realtime.face.region import FaceMap, Polygon, outline
from realtime.fit import Fit
from realtime.frame import BgrImage, Face, Frame, Mask, Matrix2x3, Swap
from realtime.persona import levels
from realtime.persona.crop import cut_crop
from realtime.persona.levels import fill_plane, read_mask, read_picture
from realtime.persona.local_contrast import LocalContrast
from realtime.persona.manifest import KINDS
from realtime.persona.package import Persona
from realtime.persona.portrait import decode_portrait, portrait_points
from realtime.persona.session import AUTO, MOST_TOGETHER, SwapSession, Tensor
from realtime.persona.shape import PersonaShape
from realtime.region.alignment import ALIGNMENTS, Alignment
from realtime.source.head import HeadModel

_CROP, _LOCAL, _MAP = 0, 1, 2

# What a network may be shown of a face, and which of the three pictures of it that takes.
SIGHTS: Mapping[str, frozenset[int]] = MappingProxyType(
    {"map": frozenset({_MAP}), "local": frozenset({_MAP, _LOCAL}), "crop": frozenset({_MAP, _LOCAL, _CROP})}
)
STRANGER_SIGHT = "map"
_SHAPE_SHARE = 0.5
"""Networks are trained on maps of all shapes, and half a
step towards the persona's own is where real strangers' mouths and eyes are followed best without loss elsewhere
(docs/strangers.md)."""
_LEAST_CLOSED = 0.5
_DOUBT = (0.4, 0.9)
"""Under the first, a mask that has seen the face is none there; over the second it is whole: half a hand and half a
face is neither. The middle lies above a half, since of what is face a persona is sure."""
_DECIDED = np.rint(255 * np.clip((np.arange(256) / 255 - _DOUBT[0]) / (_DOUBT[1] - _DOUBT[0]), 0, 1)).astype(np.uint8)

# Channel -> picture, and channel of that picture. The crop is BGR, the network's channels are named.
_CHANNELS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "r": (_CROP, 2),
        "g": (_CROP, 1),
        "b": (_CROP, 0),
        "local": (_LOCAL, 0),
        "map_oval": (_MAP, 0),
        "map_eyes": (_MAP, 1),
        "map_mouth": (_MAP, 2),
    }
)


class NetworkSwapper:
    """Makes a swap for each face of a frame.

    The network sees the performer's crop only where it was trained with that performer: for a stranger the landmark
    map alone is safer, since a face never seen before may be taken for something that covers a face (on three clips of
    strangers every frame is nearer to the persona by the map alone, but with the crop one of five is not on the third).

    Buffers are made once; one thread at a time. Pictures of the swaps are new for each frame, since they go
    on to the next stage while this one starts over.

    Args:
        persona: The persona that is worn.
        provider: See `SwapSession`.
        precision: `auto`, or one that the persona holds.
        knows_performer: The performer before the camera, while alone there, is the one it was trained with. A rendered
            performer is known by its portrait's digest without being told.
        stranger_sight: What is shown of anybody else, a key of `SIGHTS`.
        most_faces: How many there may be in a frame; so many go through the network at once, up to `MOST_TOGETHER`.
        threads: See `SwapSession`.

    Attributes:
        said: One line for the user: provider and precision, and why not the better one.
        provider: The provider in use.
        precision: The precision in use.
        persona_name: Whom it turns faces into.

    Raises:
        PersonaError: The persona cannot be worn here (see `SwapSession`), or was made for another alignment.
    """

    def __init__(
        self,
        persona: Persona,
        provider: str = AUTO,
        precision: str = AUTO,
        *,
        knows_performer: bool = False,
        stranger_sight: str = STRANGER_SIGHT,
        most_faces: int = MOST_TOGETHER,
        threads: int | None = None,
    ) -> None:
        manifest = persona.manifest
        self._knows_performer = knows_performer
        self._trained_with = manifest.trained_from.digests.get("performer") if manifest.trained_from else None
        alignment = _alignment(persona)
        self._cut = alignment.cut
        most = min(most_faces, MOST_TOGETHER)
        self._session = SwapSession(persona, provider=provider, precision=precision, threads=threads, most=most)
        self.said, self.provider = self._session.said, self._session.provider
        self.precision, self.persona_name = self._session.precision, persona.name
        self._size = manifest.crop_size
        assert manifest.ends is not None
        self._bgr = 1 if KINDS[manifest.kind].colour_order == "bgr" else -1
        self._plan = [_CHANNELS[name] for name in manifest.ends.channels]
        used = {picture for picture, _ in self._plan}
        self._decides = _MAP in used  # trained here, on faces: others have masks of their own making
        self._is_face = alignment.is_face
        self._all = frozenset(used)
        # A persona without a landmark map has nothing but the crop to go by.
        self._of_strangers = SIGHTS[stranger_sight] & self._all if _MAP in used else self._all
        self._local = LocalContrast(self._size)
        self._map = FaceMap(self._size)
        self._shape = _shape(persona) if self._decides else None
        masks = [mask[0] for mask in self._session.masks.values()]
        levels.warm_up(self._session.input[0], self._session.image[0], masks)

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008 - frozen
        """The same frame with a swap for each of its faces; its picture is not changed.

        Several faces go through the network as one batch, where it takes batches.

        Raises:
            PersonaError: The provider failed.
        """
        together, swaps = self._session.together, []
        for first in range(0, len(frame.faces), together):
            swaps += self._swap(frame, frame.faces[first : first + together], fit)
        return replace(frame, swaps=tuple(swaps))

    def _swap(self, frame: Frame, faces: Sequence[Face], fit: Fit) -> list[Swap]:
        if "morph" in self._session.inputs:
            self._session.inputs["morph"].fill(fit.morph)
        cuts = [self._cut(face, self._size) for face in faces]
        shown = [self._show(frame, *one) for one in zip(self._session.input, faces, cuts, strict=False)]
        self._session.run(len(faces))
        knows = not self._is_face or (self._decides and self._knows(frame))
        return [
            self._read(number, face, cut, shown[number], knows, fit)
            for number, (face, cut) in enumerate(zip(faces, cuts, strict=True))
        ]

    def _show(self, frame: Frame, planes: Tensor, face: Face, crop_from_frame: Matrix2x3) -> BgrImage | None:
        """Fill in one crop of the network's batch; the face's own crop where anything of that was shown."""
        pictures, crop = self._look(frame, face, crop_from_frame)
        for plane, (picture, channel) in zip(planes, self._plan, strict=True):
            shown = pictures.get(picture)
            if shown is None:
                plane.fill(0)
            elif isinstance(shown, np.ndarray):
                fill_plane(plane, shown, channel)
            else:
                fill_plane(plane, shown[channel])
        return crop

    def _read(
        self, number: int, face: Face, crop_from_frame: Matrix2x3, seen: BgrImage | None, knows: bool, fit: Fit
    ) -> Swap:
        """One swap out of the network's batch; what it looked at, of a performer it knows, it may leave out."""
        image = np.empty((self._size, self._size, 3), np.uint8)
        whole = read_picture(self._session.image[number][:: self._bgr], image)
        mask = self._mask(number, fit)
        if not (whole and mask is not None):
            mask = np.zeros((self._size, self._size), np.uint8)  # a network that broke covers nothing
        looked = seen is not None and fit.keep_before
        if not looked:
            _close(mask, outline(face.landmarks_px, crop_from_frame))
        elif self._decides:
            cv2.LUT(mask, _DECIDED, dst=mask)
        return Swap(face, image, mask, crop_from_frame, has_seen=looked and knows, seen=seen)

    def _mask(self, number: int, fit: Fit) -> Mask | None:
        """What all of the network's masks cover; everything where it has none, None where one broke."""
        unused = {name for name, used in (("own_mask", fit.mask_learned), ("mask", fit.mask_persona)) if not used}
        used = [mask[number] for name, mask in self._session.masks.items() if name not in unused]
        masks = [np.empty((self._size, self._size), np.uint8) for _ in used]
        if not all(read_mask(plane, mask) for plane, mask in zip(used, masks, strict=True)):
            return None
        whole = masks[0] if masks else np.full((self._size, self._size), 255, np.uint8)
        for other in masks[1:]:
            cv2.min(whole, other, dst=whole)
        return whole

    def _knows(self, frame: Frame) -> bool:
        drawn = frame.truth is not None and frame.truth.portrait_sha256 == self._trained_with
        alone = len(frame.faces) == 1 and not frame.missing
        return alone and (self._knows_performer or drawn)

    def _look(
        self, frame: Frame, face: Face, crop_from_frame: Matrix2x3
    ) -> tuple[dict[int, BgrImage | Sequence[Mask]], BgrImage | None]:
        """What the network is to see of a face, by picture; the rest stays black, as in training. And the face's crop.

        That is new for each frame, and goes on with the swap.
        """
        known = self._knows(frame)
        sees = self._all if known else self._of_strangers
        pictures: dict[int, BgrImage | Sequence[Mask]] = {}
        if _MAP in sees:
            points, map_from_frame = face.landmarks_px, crop_from_frame
            if self._shape is not None and not known:
                points = self._shape(face, frame.media_s)
                map_from_frame = scale_crop(align(points), self._size)
            pictures[_MAP] = self._map.planes(points, map_from_frame)
        if not sees & {_CROP, _LOCAL}:
            return pictures, None
        crop = cut_crop(frame.image, crop_from_frame, self._size)
        if _CROP in sees:
            pictures[_CROP] = crop
        if _LOCAL in sees:
            pictures[_LOCAL] = [self._local(crop)]
        return pictures, crop


def _close(mask: Mask, corners: Polygon) -> None:
    """Close the holes of a mask over the face's core, in place: by points alone nothing can be known to lie before it.

    A mask that covers less than half of it is no mask with holes but none at all, and is left: a network that is
    broken, or was hardly trained, must not count as worn.
    """
    if opacity_over_core(mask, corners).mean > _LEAST_CLOSED:
        close_core(mask, corners)


def _shape(persona: Persona) -> PersonaShape | None:
    """Gives a stranger the persona's shape; None where the file is from before portraits had their points in it."""
    if not persona.manifest.portrait_points:
        return None
    return PersonaShape(HeadModel(portrait_points(persona, decode_portrait(persona))), _SHAPE_SHARE)


def _alignment(persona: Persona) -> Alignment:
    manifest = persona.manifest
    alignment = ALIGNMENTS.get(manifest.template)
    if alignment is None or alignment.coverage != manifest.coverage:
        raise _misfit(
            persona,
            " or ".join(f"{one.template}, {one.coverage} {one.unit} wide" for one in ALIGNMENTS.values()),
            f"{manifest.template}, {manifest.coverage}",
        )
    channels = manifest.ends.channels if manifest.ends else ()
    if not alignment.is_face and any(_CHANNELS[name][0] == _MAP for name in channels):
        raise _misfit(persona, f"{manifest.template} without a landmark map", ", ".join(channels))
    return alignment


def _misfit(persona: Persona, wanted: str, got: str) -> PersonaError:
    return PersonaError(
        f"persona {persona.name}",
        wanted=f"crops by template {wanted}",
        got=got,
        next_step="export it with this version of Thespis, or update Thespis",
    )
