"""What is exported: a network, what it is proved by, and what its file says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.precisions import Proof
from models.network import CHANNELS, Wearer
from realtime.frame import BgrImage, Points3
from realtime.region.catalog import FACE_WORDS


@dataclass(frozen=True, slots=True)
class Subject:
    """One persona of a run.

    Attributes:
        network: Encoder and its decoder.
        proof: Crops to calibrate on and to measure by.
        portrait: The picture that stands for it.
        portrait_points: (478, 3) its face points in pixels; None for what is no face.
        counts: What it was trained from, how many of each.
        channels: What the network sees.
        region: What it is worn on, in the words of `--region`.
    """

    network: Wearer
    proof: Proof
    portrait: BgrImage
    counts: Mapping[str, int]
    channels: Sequence[str] = CHANNELS
    region: str = FACE_WORDS
    portrait_points: Points3 | None = None
