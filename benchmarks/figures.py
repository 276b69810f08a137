"""What the tallies say in numbers, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.movement import correlation, ratio, turn_correlations
from benchmarks.worn import Moment, Tally

Figures: TypeAlias = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of one figure: at least or at most so much, of the built-in performer and of clips."""

    at_least: bool
    rendered: float | None
    clips: float | None

    def asked(self, *, clips: bool) -> str:
        """In print; empty where nothing is asked."""
        bound = self.clips if clips else self.rendered
        return "" if bound is None else f"{'≥' if self.at_least else '≤'} {bound:g}"

    def met(self, value: float | int | None, *, clips: bool) -> bool | None:
        """Whether a figure is good enough; None where nothing is asked or nothing could be measured."""
        bound = self.clips if clips else self.rendered
        if bound is None or value is None:
            return None
        return value >= bound if self.at_least else value <= bound


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "worn_fraction": Target(True, 1.0, 1.0),
        "nearer_fraction": Target(True, 1.0, 1.0),
        "ssim": Target(True, 0.92, None),
        "psnr_db": Target(True, 27, None),
        "int8_minus_fp32_ssim": Target(True, -0.01, None),
        "expression_error": Target(False, 0.03, None),
        "mouth_correlation": Target(True, 0.9, 0.85),
        "eye_correlation": Target(True, 0.9, 0.6),
        "turn_correlation": Target(True, None, 0.95),
        "flicker_ratio": Target(False, 1.2, 1.3),
        "rim_ciede2000": Target(False, 4, None),
        "mask_iou": Target(True, 0.95, None),
        "mask_iou_occluded": Target(True, 0.90, None),
    }
)
"""In the order in which they are printed; figures that nothing is asked of come after."""


def figures(tally: Tally, *, rendered: bool) -> Figures:
    """One source's figures, as defined in `benchmarks.quality`.

    Args:
        tally: What was gathered.
        rendered: Whether the truth is known.
    """
    likeness, moments = tally.likeness, tally.moments
    common: Figures = {
        "frames": tally.frames,
        "worn_fraction": tally.worn / max(tally.faces, 1),
        "read_fraction": tally.read / max(len(likeness), 1),
        "nearer_fraction": mean(one.nearer for one in likeness),
        **_expression(moments, rendered=rendered),
        **turn_correlations([one.turns[0] for one in moments], [one.turns[1] for one in moments], tally.fps),
        **_stillness(tally),
        "ssim_shown": mean(one.ssim_shown for one in likeness),
        "ssim_to_performer": mean(one.ssim_to_performer for one in likeness),
        "rim_ciede2000": mean(one.rim_ciede2000 for one in likeness),
    }
    if rendered:
        common |= {
            "ssim": mean(one.ssim for one in likeness),
            "psnr_db": mean(one.psnr_db for one in likeness),
            "mask_iou": mean(one.mask_iou for one in likeness),
            "int8_minus_fp32_ssim": mean(tally.precision_costs),
        }
    return common


def _expression(moments: list[Moment], *, rendered: bool) -> Figures:
    mouths, eyes = (np.array([getattr(one, name) for one in moments]) for name in ("mouths", "eyes"))
    if not len(moments):
        return dict.fromkeys(
            ("expression_error", "expression_error_strict", "mouth_correlation", "eye_correlation"), None
        )
    own, worn, true = (np.stack([getattr(one, name) for one in moments]) for name in ("own", "worn", "true"))
    return {
        "expression_error": point_error(true, worn),
        "expression_error_strict": point_error(own, worn) if rendered else point_error(_centred(own), _centred(worn)),
        "mouth_correlation": correlation(mouths[:, 0], mouths[:, 2]),
        "mouth_correlation_detector": correlation(mouths[:, 1], mouths[:, 2]),
        "eye_correlation": correlation(eyes[:, 0], eyes[:, 2]),
        "eye_correlation_detector": correlation(eyes[:, 1], eyes[:, 3]),
    }


def _stillness(tally: Tally) -> Figures:
    own, worn, true = tally.pictures
    return {
        "flicker_ratio": ratio(worn.flicker, own.flicker),
        "flicker_ratio_unweighted": ratio(worn.change, own.change),
        "flicker_to_truth": ratio(worn.change, true.change),
        "tremble_to_truth": ratio(worn.tremble, true.tremble),
    }


def point_error(wanted: npt.NDArray[np.float32], got: npt.NDArray[np.float32]) -> float:
    """Mean distance of points, in their own unit; both (frames, points, 2)."""
    return float(np.linalg.norm(wanted - got, axis=2).mean())


def _centred(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Movements alone: every point less its own mean over time, since a stranger's shape is not the persona's."""
    return np.asarray(points - points.mean(0), np.float32)


def average(several: Iterable[Figures]) -> Figures:
    """Each figure's mean over the sources that have it; frames are summed."""
    listed = list(several)
    found: Figures = {}
    for name in listed[0] if listed else ():
        values = [value for one in listed if (value := one[name]) is not None]
        found[name] = sum(values) if name == "frames" else mean(values)
    return found


def mean(values: Iterable[float]) -> float | None:
    """None of nothing."""
    listed = list(values)
    return float(np.mean(listed)) if listed else None
