"""The plain way to swap a face live, as most tools do it: one step after the other, the whole frame in floats.

Faces are looked for in every frame, the network runs in fp32, its crop and mask are warped onto a whole frame of
floats, the mask is blurred there, and the two pictures are blended. Nothing is smoothed, matched in colour, concealed
or marked, so it does less than ours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np

from benchmarks.floor import there_and_back
from realtime.face.align import align
from realtime.face.landmarks import FaceMesh
from realtime.frame import BgrImage, Face, Frame, Swap
from realtime.persona.package import Persona
from realtime.persona.swapper import make_swapper

_BLUR_SHARE = 0.05
_WARM_UP = 2


def plain_fps(frames: Sequence[Frame], persona: Persona, count: int, *, precision: str = "fp32") -> float:
    """Frames a second.

    Args:
        frames: Neighbours in time.
        persona: Who is worn.
        count: How many frames are timed, after two that are not.
        precision: Of its network.
    """
    cv2.setNumThreads(-1)  # OpenCV's own choice, which plain programs leave it
    mesh, swapper, pictures = FaceMesh(1), make_swapper(persona, "cpu", precision, most_faces=1), there_and_back(frames)
    start_s = 0.0
    for number in range(count + _WARM_UP):
        if number == _WARM_UP:
            start_s = time.perf_counter()
        frame = next(pictures)
        faces = tuple(Face(id_, points, align(points)) for id_, points in enumerate(mesh(frame.image)))
        image = frame.image
        for swap in swapper(Frame(number, 0.0, number / 30, image, faces)).swaps:
            image = paste(image, swap)
    mesh.close()
    return count / (time.perf_counter() - start_s)


def paste(image: BgrImage, swap: Swap) -> BgrImage:
    """A new picture, the crop laid over the old one."""
    size_wh = image.shape[1], image.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(swap.image.astype(np.float32) / 255, swap.crop_from_frame, size_wh, flags=flags)
    mask = cv2.warpAffine(swap.mask.astype(np.float32) / 255, swap.crop_from_frame, size_wh, flags=flags)
    width = round(_BLUR_SHARE * len(swap.mask) / abs(swap.crop_from_frame[0, 0])) | 1
    mask = cv2.GaussianBlur(mask, (width, width), 0)[..., None]
    blended = image.astype(np.float32) / 255 * (1 - mask) + crop * mask
    return np.asarray(np.clip(blended * 255, 0, 255), np.uint8)
