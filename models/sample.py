"""What a network learns from: an input and what should come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Planes: TypeAlias = npt.NDArray[np.uint8]
"""(..., C, S, S) uint8, 0 to 255, colours red first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One input and what should come of it, or a batch of them with a leading axis.

    Attributes:
        view: (3, S, S) the crop as it was seen, before anything is done to it.
        face_map: (3, S, S) its landmark map; all zero for what is no face.
        image: (3, S, S) the true crop.
        mask: (1, S, S) its coverage.
        focus: (1, S, S) eyes and mouth.
        known: (1,) 1 where the view shows the performer that the network is to know, 0 for a stranger.
    """

    view: Planes
    face_map: Planes
    image: Planes
    mask: Planes
    focus: Planes
    known: Planes


Batch: TypeAlias = Mapping[str, Sample]
"""For each decoder by its name, what it is to paint: samples with a leading axis."""


def stack(samples: Sequence[Sample]) -> Sample:
    """Samples as one, each field with a leading axis."""
    return Sample(
        view=np.stack([sample.view for sample in samples]),
        face_map=np.stack([sample.face_map for sample in samples]),
        image=np.stack([sample.image for sample in samples]),
        mask=np.stack([sample.mask for sample in samples]),
        focus=np.stack([sample.focus for sample in samples]),
        known=np.stack([sample.known for sample in samples]),
    )
