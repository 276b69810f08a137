"""The contest between the painting network and the patch discriminator, and what keeps it from spoiling a face.

- Its power comes in slowly, over a tenth of the run.
- A discriminator that wins too surely has nothing left to teach: it waits, and its power falls back, until it errs.
- A loss that is no number, or an evaluated SSIM that falls, ends the contest for good; the likeness goes on alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from models.discriminator import Discriminator, fooling_loss, judged_parts, judging_loss, told_apart
from models.fabric import mean_over
from models.fields import read_record
from models.objective import Losses
from models.optimizer import put_back
from realtime.errors import TrainingError

if TYPE_CHECKING:
    from lightning.fabric import Fabric

_RATE, _BETAS = 4e-4, (0.5, 0.99)
_RAMP = 0.1
_TOO_SURE = 0.9
_FALL_BACK, _RECOVERY = 0.97, 1.03
_MEMORY = 0.9
_LARGEST_FALL = 0.02


@dataclass(slots=True)
class Standing:
    """How the contest stands; a checkpoint holds it.

    Attributes:
        trust: What safeguards have left of its power, 0 to 1.
        right: Running share of the patches that the discriminator tells apart.
        best: The highest evaluated SSIM.
        over: Why it is over; empty while it is not.
    """

    trust: float = 1.0
    right: float = 0.5
    best: float | None = None
    over: str = ""


class Contest:
    """The discriminator, its optimizer and the safeguards.

    Args:
        fabric: Where it computes.
        size: Side of the crops in pixels.
        power: What fooling the discriminator counts beside the likeness; 0.05 to 0.2 is usual.
        begins: Share of the run after which it joins.

    Raises:
        TrainingError: A number is out of its range.
    """

    def __init__(self, fabric: Fabric, size: int, power: float, begins: float) -> None:
        if not (0 < power <= 1 and 0 <= begins < 1):
            raise TrainingError(
                f"--adversarial {power:g} --adversarial-from {begins:g}",
                wanted="a power from 0 to 1, and a share of the run below 1",
            )
        self.standing = Standing()
        self._fabric, self._power, self._begins = fabric, power, begins
        self._bare = Discriminator(size).to(fabric.device)
        adam = torch.optim.Adam(self._bare.parameters(), lr=_RATE, betas=_BETAS)
        self._adam = adam
        self._judge, self._stepper = fabric.setup(self._bare, adam)

    def weight(self, share: float) -> float:
        """What fooling counts now; 0 before it begins and when it is over.

        Args:
            share: Of the run that is gone, 0 to 1.
        """
        if self.standing.over or share < self._begins:
            return 0.0
        return self._power * self.standing.trust * min(1.0, (share - self._begins + 1e-3) / _RAMP)

    def fooling(self, losses: Losses) -> Tensor:
        """The painting network's part: a scalar that falls as it fools."""
        painted, _ = judged_parts(losses)
        self._bare.requires_grad_(False)
        with self._fabric.autocast():
            judged = self._bare(painted)
        self._bare.requires_grad_(True)
        return fooling_loss(judged.float())

    def judge(self, losses: Losses) -> float:
        """The discriminator's own step; returns its loss."""
        painted, true = judged_parts(losses)
        self._adam.zero_grad()
        # Both in one batch, so that both are seen with the same weights.
        of_true, of_painted = self._judge(torch.cat([true, painted.detach()])).chunk(2)
        loss = judging_loss(of_true, of_painted)
        told = mean_over(self._fabric, torch.stack([loss.detach(), told_apart(of_true, of_painted)]))
        mean, right = (float(one) for one in told)
        if not math.isfinite(mean):
            self.end("the discriminator's loss was no number")
            return mean
        self._note(right)
        self._fabric.backward(loss)
        if self.standing.right < _TOO_SURE:
            self._stepper.step()
        return mean

    def evaluated(self, ssim: float, share: float) -> None:
        """Take note of an evaluation; too deep a fall while the contest runs ends it."""
        best = self.standing.best
        if self.weight(share) and best is not None and ssim < best - _LARGEST_FALL:
            self.end(f"SSIM fell from {best:.3f} to {ssim:.3f}")
        self.standing.best = ssim if best is None else max(best, ssim)

    def end(self, why: str) -> None:
        """End it for good."""
        self.standing.over = self.standing.over or why

    def facts(self) -> dict[str, Any]:
        """How it stands, for a checkpoint."""
        return asdict(self.standing)

    def tensors(self) -> dict[str, Tensor]:
        """Weights and moments by name, for a checkpoint."""
        weights = {f"judge.{name}": value for name, value in self._bare.state_dict().items()}
        moments = self._adam.state_dict()["state"]
        return weights | {
            f"judge_adam.{number}.{name}": torch.as_tensor(value)
            for number, own in moments.items()
            for name, value in own.items()
        }

    def restore(self, facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Put a checkpoint's state back; one from before it was asked for has none."""
        if not facts:
            return
        self.standing = read_record(Standing, facts)
        own = {name.removeprefix("judge."): value for name, value in tensors.items() if name.startswith("judge.")}
        self._bare.load_state_dict(own)
        put_back(self._adam, "judge_adam", tensors)

    def _note(self, right: float) -> None:
        """Fall back where the discriminator is too sure, come back where it errs."""
        self.standing.right = _MEMORY * self.standing.right + (1 - _MEMORY) * right
        turn = _FALL_BACK if self.standing.right > _TOO_SURE else _RECOVERY
        self.standing.trust = min(1.0, self.standing.trust * turn)
