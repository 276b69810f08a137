"""How far a run is on its way to its end, and how large its steps are there.

A run ends after so many steps, after so many minutes, or some while after its quality stopped rising, whichever comes
first. The learning rate hangs on the share of that way alone, so that it has fallen in time wherever the end is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_WARM_UP_STEPS = 50
_COOLING = 0.2
"""Once quality no longer rises, the rest of the way is gone in this share of the steps done so far."""
_LEAST_COOLING = 10
_RISE = 0.0005
"""What SSIM must rise by to count."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a run ends; what is None or 0 is no limit.

    Attributes:
        steps: In all.
        minutes: Of training in all, pictures made beforehand included.
        patience: Evaluations in a row without a rise before it winds down.
    """

    steps: int | None = None
    minutes: float | None = None
    patience: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands; a checkpoint holds it.

    Attributes:
        step: Steps done.
        seconds: Time spent.
        begun_step: Where the way to the present end begins: 0, or where a finished run was given more.
        begun_seconds: The time then.
        best: The highest SSIM so far; None before the first evaluation.
        waited: Evaluations since it rose.
        cooling_step: Where it began to wind down; None while it does not.
        cooling_share: The share of the way it had gone then.
    """

    step: int = 0
    seconds: float = 0.0
    begun_step: int = 0
    begun_seconds: float = 0.0
    best: float | None = None
    waited: int = 0
    cooling_step: int | None = None
    cooling_share: float = 0.0


def progress(budget: Budget, place: Place) -> tuple[float, str]:
    """The share of the way that is gone, 1 at the end, and what the end is: `steps`, `minutes` or `patience`."""
    shares = [(_cooled(place), "patience")]
    if budget.minutes is not None:
        whole = 60 * budget.minutes - place.begun_seconds
        shares.append(((place.seconds - place.begun_seconds) / whole if whole > 0 else 1.0, "minutes"))
    if budget.steps is not None:
        whole = budget.steps - place.begun_step
        shares.append(((place.step - place.begun_step) / whole if whole > 0 else 1.0, "steps"))
    share, name = max(shares, key=lambda one: one[0])
    return min(1.0, max(0.0, share)), name


def rate(budget: Budget, place: Place) -> float:
    """Share of the full learning rate: a linear warm-up under a half cosine down (Loshchilov and Hutter, 2017).

    A finished run that is given more begins both again, the same paper's warm restart; but only so high as what is
    added is long, against what was done: a little more must not undo what was learned.
    """
    planned = 10 * _WARM_UP_STEPS if budget.steps is None else budget.steps - place.begun_step
    warm = min(_WARM_UP_STEPS, max(1, planned // 10))
    warmed = min(1.0, (place.step - place.begun_step + 1) / warm)
    return _peak(budget, place) * warmed * 0.5 * (1 + math.cos(math.pi * progress(budget, place)[0]))


def _peak(budget: Budget, place: Place) -> float:
    """Share of the full rate at which a way begins: all of it, but for what is added to a finished run."""
    if not place.begun_step:
        return 1.0
    added = [] if budget.steps is None else [(budget.steps - place.begun_step) / place.begun_step]
    if budget.minutes is not None and place.begun_seconds > 0:
        added.append((60 * budget.minutes - place.begun_seconds) / place.begun_seconds)
    return min(1.0, max(0.0, min(added, default=1.0)))


def evaluated(budget: Budget, place: Place, ssim: float) -> Place:
    """The place after an evaluation: a rise is noted, and after too many without one the run winds down."""
    if place.best is None or ssim > place.best + _RISE:
        return replace(place, best=ssim, waited=0)
    place = replace(place, waited=place.waited + 1)
    share = progress(budget, place)[0]
    if place.cooling_step is None and share < 1 and budget.patience and place.waited >= budget.patience:
        return replace(place, cooling_step=place.step, cooling_share=share)
    return place


def extended(place: Place) -> Place:
    """The place of a finished run that is given more: the way begins anew where it stands."""
    return replace(
        place, begun_step=place.step, begun_seconds=place.seconds, waited=0, cooling_step=None, cooling_share=0.0
    )


def _cooled(place: Place) -> float:
    if place.cooling_step is None:
        return 0.0
    steps = max(_LEAST_COOLING, round(_COOLING * (place.cooling_step - place.begun_step)))
    return place.cooling_share + (1 - place.cooling_share) * (place.step - place.cooling_step) / steps
