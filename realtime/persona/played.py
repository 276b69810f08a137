"""Proof that a run which is played from a capture computes: what goes in now, every crop of it, into its own place.

Ways to capture that are not meant for this graph or provider do not all fail. Some play the first inputs for ever, some
record nothing and leave the results as they were, some ignore the number of crops. So nothing is believed that is only
the same twice: before each run the results are spoilt, each crop is compared with its own, run alone and uncaptured,
and other crops have to give other pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from realtime.persona.binding import Binding
from realtime.persona.buffers import Buffers, Tensor

_FAR = 0.004
"""Mean of the differences between pictures of two crops that are as unlike as two crops can be."""
_NEAR = 0.25
"""Part of that difference which sums in another order, in 16 bits, may make."""
_PATCHES = 8

_Results = Mapping[str, Tensor]


def poison(buffers: Buffers) -> None:
    """Spoil all results: what a run does not write, it cannot have computed."""
    for result in buffers.outputs.values():
        result.fill(np.nan)


def prove_played(binding: Binding, buffers: Buffers, options: Any = None) -> None:
    """Play every number of crops, with crops that change, against each crop run alone without capturing.

    Args:
        binding: Run in every number of crops already: all that comes from `run` is played.
        buffers: Its; the crops are zeros afterwards.
        options: Of ONNX Runtime, to break it off by.

    Raises:
        RuntimeError: It does not compute what it should.
    """
    noise, shape = np.random.default_rng(0), buffers.inputs["crop"].shape
    once, other = _patches(noise, shape, dark=True), _patches(noise, shape, dark=False)
    alone, others_alone = _alone(binding, buffers, once, options), _alone(binding, buffers, other, options)
    far = [_apart(*pair) for pair in zip(alone["image"], others_alone["image"], strict=True)]
    if not min(far) > _FAR:
        raise RuntimeError("the same picture whatever goes in")
    for count in range(1, buffers.together + 1):
        for crops, wanted in ((other, others_alone), (once, alone), (other, others_alone)):
            buffers.inputs["crop"][:count] = crops[:count]
            poison(buffers)
            binding.run(count, options)
            for name, result in buffers.outputs.items():
                for place in range(count):
                    if not _apart(result[place], wanted[name][place]) <= _NEAR * far[place]:
                        raise RuntimeError("other numbers where a run is captured and played than where it is not")
    buffers.inputs["crop"].fill(0)


def _alone(binding: Binding, buffers: Buffers, crops: Tensor, options: Any) -> _Results:
    """What comes of each crop by itself, uncaptured."""
    results = {name: np.empty_like(result) for name, result in buffers.outputs.items()}
    for place, crop in enumerate(crops):
        buffers.inputs["crop"][0] = crop
        poison(buffers)
        binding.run_plainly(1, options)
        for name, result in buffers.outputs.items():
            results[name][place] = result[0]
    return results


def _patches(noise: np.random.Generator, shape: tuple[int, ...], *, dark: bool) -> Tensor:
    """Crops of large patches, dark or light: to a network all fine noise may be the same grey."""
    crops = noise.random(shape, np.float32) * 0.5 + (0.0 if dark else 0.5)
    size = max(shape[1:])
    corners = np.arange(size) // max(1, size // _PATCHES) * max(1, size // _PATCHES)
    for axis, length in enumerate(shape):
        if axis and length == size:
            crops = crops.take(corners, axis)
    return crops.astype(np.float32, copy=False)


def _apart(one: Tensor, other: Tensor) -> float:
    """Mean difference; no number where either holds one that is none."""
    return float(np.abs(one - other).mean())
