"""One network in ONNX Runtime: provider and precision chosen once, buffers made once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime.caches import default_cache
from realtime.cores import threads_for_network
from realtime.persona.buffers import Tensor, planes
from realtime.persona.candidates import AUTO
from realtime.persona.choosing import choose
from realtime.persona.first_runs import run_failed
from realtime.persona.opening import Wanted
from realtime.persona.package import Persona
from realtime.persona.runtime import FAULTS

__all__ = ["AUTO", "MOST_TOGETHER", "SwapSession", "Tensor"]

MOST_TOGETHER = 4
"""So many crops go through a network as one batch, where it takes batches."""


class SwapSession:
    """Runs a persona's network on buffers of its own.

    Fill `input`, call `run`, read `image` and `masks`; the next run overwrites them. One thread at a time.

    Args:
        persona: The file's content; the session keeps none of its bytes.
        provider: `auto`, or a name out of `PROVIDERS`; either may be made `realtime.persona.manner.steady` or
            `untimed`.
        precision: `auto`, or one that the file holds.
        threads: Threads for one run on a CPU; by default as many as `threads_for_network`.
        most: How many crops are to go through at once where the network takes batches.
        cache: Where is kept what was measured and compiled; by default among the user's caches.

    Attributes:
        provider: The provider in use.
        precision: The precision in use.
        said: One line for the user: both, and why not the better one.
        together: N, how many crops one run may take; 1 where network or provider takes no batches.
        input: (N, C, S, S) float32 0..1, to be filled; however the network has its axes, as all here.
        inputs: All that goes in, by its meaning (`realtime.persona.manifest.Kind`), as the network has it.
        image: (N, 3, S, S) float32 0..1, colours in the order that its kind has them.
        masks: (N, S, S) float32 0..1, each by its meaning; what is shown lies within all of them.

    Raises:
        PersonaError: The provider or precision asked for is not to be had, or the graph is broken or is not
            what `persona.json` says.
    """

    def __init__(
        self,
        persona: Persona,
        *,
        provider: str = AUTO,
        precision: str = AUTO,
        threads: int | None = None,
        most: int = MOST_TOGETHER,
        cache: Path | None = None,
    ) -> None:
        self._name, manifest = persona.name, persona.manifest
        wanted = Wanted(persona, threads or threads_for_network(), most, cache or default_cache())
        opened, self.said = choose(wanted, provider, precision)
        buffers, self._binding = opened.buffers, opened.binding
        self.provider, self.precision = opened.candidate.row.name, opened.candidate.precision
        self.together, self.inputs = buffers.together, buffers.inputs
        self.input: Tensor = planes(buffers.inputs["crop"], manifest)
        self.image: Tensor = planes(buffers.outputs["image"], manifest)
        self.masks: Mapping[str, Tensor] = {
            name: planes(one, manifest)[:, 0] for name, one in buffers.outputs.items() if name.endswith("mask")
        }

    def run(self, count: int = 1, options: Any = None) -> None:
        """Run the network once, from `input` to `image` and `masks`. The GIL is released meanwhile.

        Args:
            count: How many crops were filled in, 1 to `together`; they go through as one batch.
            options: Of ONNX Runtime, to break it off by.

        Raises:
            ProviderError: The provider failed (out of memory, device lost).
        """
        try:
            self._binding.run(count, options)
        except FAULTS as error:
            raise run_failed(self._name, self.provider, error) from error
