"""What learns: the network, its running average, the optimizer, and the contest if one is wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from models.average import follow
from models.checkpoint import Checkpoint
from models.contest import Contest
from models.fabric import mean_over
from models.network import SharedAutoencoder
from models.objective import Losses
from models.optimizer import Optimizer
from models.presets import Preset
from models.warm_start import warm_start
from realtime.errors import TrainingError

if TYPE_CHECKING:
    from lightning.fabric import Fabric

_LARGEST_NORM = 1.0
_SCALER = "scaler"


@dataclass(frozen=True, slots=True)
class Learned:
    """What one step was like, over all processes.

    Attributes:
        loss: What was to fall.
        parts: The mean loss of each decoder by its name; with a contest also `fooling` and `judging`.
    """

    loss: float
    parts: Mapping[str, float]


class Learner:
    """One network on its way.

    Args:
        fabric: Where it computes.
        preset: Its shape.
        decoders: Their names.
        seed: Of its first weights.
        power: Of the patch discriminator; 0 is none.
        begins: Share of the run after which that joins.
    """

    def __init__(
        self, fabric: Fabric, preset: Preset, decoders: tuple[str, ...], seed: int, power: float, begins: float
    ) -> None:
        self._fabric = fabric
        torch.manual_seed(seed)
        form = torch.channels_last
        self.network = SharedAutoencoder(preset, decoders).to(fabric.device, memory_format=form)  # type: ignore[call-overload]
        self.average = SharedAutoencoder(preset, decoders).to(fabric.device, memory_format=form)  # type: ignore[call-overload]
        self.average.load_state_dict(self.network.state_dict())
        self.contest = Contest(fabric, preset.size, power, begins) if power else None
        self._optimizer = Optimizer(self.network)
        self._told_over = False
        self._painting, self._stepper = fabric.setup(self.network, self._optimizer)

    def learn(self, losses_of: Callable[[nn.Module], Losses], *, step: int, share: float, rate: float) -> Learned:
        """One step.

        Args:
            losses_of: Gives this process's losses for a network.
            step: How many were done before.
            share: Of the run that is gone, 0 to 1.
            rate: Share of the full learning rate.

        Raises:
            TrainingError: The loss is no number any more.
        """
        self._optimizer.zero_grad()
        losses = losses_of(self._painting)
        weight = self.contest.weight(share) if self.contest else 0.0
        fooling = self.contest.fooling(losses) if self.contest and weight else None
        told = self._told(losses, fooling)
        if not math.isfinite(told.loss):
            raise TrainingError(f"step {step}", wanted="a finite loss", got=str(told.loss), next_step=self.advice)
        total = losses.total
        if self.contest and fooling is not None:
            if math.isfinite(told.parts["fooling"]):
                total = total + weight * fooling
            else:
                self.contest.end("what the discriminator asked for was no number")
        self._fabric.backward(total)
        self._fabric.clip_gradients(
            self._painting, self._stepper, max_norm=_LARGEST_NORM, error_if_nonfinite=False
        )  # of the mean over all processes: averaging is part of `backward`
        self._optimizer.set_rate(rate)
        self._stepper.step()
        follow(self.average, self.network, step)
        if self.contest and weight and not self.contest.standing.over:
            return Learned(told.loss, {**told.parts, "judging": self.contest.judge(losses)})
        return told

    @property
    def advice(self) -> str:
        """What to do where its numbers are none any more; a run cannot change its precision on its way."""
        precision = str(self._fabric.strategy.precision.precision)
        other = {"16-mixed": "--precision bf16", "bf16-mixed": "--precision fp32"}.get(precision, "another --seed")
        return f"in another --out, begin with this run's last checkpoint: --warm-start and {other}"

    def begin_with(self, run: Path) -> str:
        """Begin with another run's encoder; returns what was taken, in words."""
        taken = warm_start(self.network, run)
        self.average.load_state_dict(self.network.state_dict())
        return taken

    def evaluated(self, ssim: float, share: float) -> None:
        """Let the safeguards know what an evaluation gave."""
        if self.contest:
            self.contest.evaluated(ssim, share)

    def news(self) -> list[str]:
        """What happened to the contest since this was last asked."""
        over = self.contest.standing.over if self.contest else ""
        news = [f"the discriminator is switched off: {over}"] if over and not self._told_over else []
        self._told_over = bool(over)
        return news

    @property
    def is_finite(self) -> bool:
        """Whether all weights are numbers."""
        return bool(torch.stack([one.isfinite().all() for one in self.network.parameters()]).all())

    def tensors(self) -> dict[str, Tensor]:
        """All that it is, by name, for a checkpoint."""
        tensors = {f"network.{key}": value for key, value in self.network.state_dict().items()}
        tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
        return tensors | self._optimizer.tensors() | (self.contest.tensors() if self.contest else {})

    def facts(self) -> dict[str, Any]:
        """How contest and loss scaling stand, for a checkpoint."""
        return {**(self.contest.facts() if self.contest else {}), _SCALER: self._fabric.strategy.precision.state_dict()}

    def restore(self, found: Checkpoint) -> None:
        """Be what a checkpoint holds.

        Raises:
            TrainingError: It is of another shape.
        """
        facts = dict(found.contest)
        try:
            self._fabric.strategy.precision.load_state_dict(facts.pop(_SCALER, {}))
            for prefix, module in (("network.", self.network), ("average.", self.average)):
                own = {key.removeprefix(prefix): one for key, one in found.tensors.items() if key.startswith(prefix)}
                module.load_state_dict(own)
            self._optimizer.restore(found.tensors)
            if self.contest:
                self.contest.restore(facts, found.tensors)
                self.news()
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TrainingError(
                "checkpoint",
                wanted="the weights of this network",
                got=str(error).splitlines()[0],
                next_step="start anew in another folder",
            ) from error

    def _told(self, losses: Losses, fooling: Tensor | None) -> Learned:
        """This step's losses over all processes, fetched from the device at once."""
        named = {**losses.parts} | ({} if fooling is None else {"fooling": fooling})
        numbers = torch.stack([part.detach().float() for part in (losses.total, *named.values())])
        loss, *parts = mean_over(self._fabric, numbers).tolist()
        return Learned(loss, dict(zip(named, parts, strict=True)))
