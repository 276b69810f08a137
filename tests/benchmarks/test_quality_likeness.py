"""Likeness of single frames: the truth is like itself, the performer is not, and an obstacle is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.likeness import PersonaTruth, Truth, compare, masked_ssim
from benchmarks.occluded import built_in, rendered_stranger, watch_obstacles
from benchmarks.worn import drawn, true_swap
from models.rendered import PortraitFaceset
from realtime.composite.blend import Composite
from realtime.composite.colour import ColourMatch
from realtime.face.finder import FaceFinder
from realtime.frame import BgrImage, Frame
from realtime.persona.catalog import load_persona
from realtime.source.base import Source
from realtime.source.expression import Expression
from realtime.source.portrait import PortraitPerformer


@pytest.fixture(scope="module")
def truth_of() -> PersonaTruth:
    return PersonaTruth(load_persona("hopper"), 128)


@pytest.fixture(scope="module")
def found() -> Iterator[Frame]:
    finder = FaceFinder()
    with PortraitPerformer(seed=70_001, paced=False) as source:
        frame = source.read()
        assert frame is not None
        yield finder(frame)
    finder.close()


@pytest.fixture
def truth(truth_of: PersonaTruth, found: Frame) -> Truth:
    assert found.truth is not None
    return truth_of(drawn(found.truth))


def show(found: Frame, swapped: Frame) -> Frame:
    return Composite()(ColourMatch()(replace(swapped, image=found.image.copy())))


def test_the_truth_is_like_itself(found: Frame, truth: Truth) -> None:
    swapped = true_swap(found, truth)
    likeness = compare(found.image, swapped, show(found, swapped), truth)
    assert likeness.ssim == pytest.approx(1)
    assert likeness.psnr_db > 60
    assert likeness.mask_iou == 1
    assert likeness.nearer


def test_a_performer_who_wears_nothing_is_not_nearer_to_the_persona(found: Frame, truth: Truth) -> None:
    likeness = compare(found.image, true_swap(found, truth), found, truth)
    assert not likeness.nearer
    assert likeness.ssim_to_performer == pytest.approx(1)


def test_the_truth_is_what_was_trained(truth_of: PersonaTruth, hopper_photo: Path) -> None:
    """Points found anew in the file's compressed portrait would lie half a pixel elsewhere."""
    expression = Expression(yaw=12, pitch=4, mouth_open=0.2, light=0.2)
    trained = np.ascontiguousarray(
        PortraitFaceset(hopper_photo, 128).wanted(expression).image.transpose(1, 2, 0)[..., ::-1]
    )
    truth = truth_of(expression)
    assert masked_ssim(trained, truth.crop, truth.mask > 127) > 0.99


def test_an_error_of_ten_levels_is_28_db(found: Frame, truth: Truth) -> None:
    dark = np.where(truth.crop > 127, truth.crop - 10, truth.crop + 10).astype(np.uint8)
    swapped = true_swap(found, replace(truth, crop=dark))
    likeness = compare(found.image, swapped, show(found, swapped), truth)
    assert likeness.psnr_db == pytest.approx(20 * np.log10(255 / 10), abs=0.01)


def test_half_a_mask_is_half_an_overlap(found: Frame, truth: Truth) -> None:
    half = truth.mask.copy()
    rows = np.flatnonzero(truth.mask.any(1))
    half[: int(rows.mean())] = 0
    swapped = true_swap(found, replace(truth, mask=half))
    likeness = compare(found.image, swapped, show(found, swapped), truth)
    assert likeness.mask_iou == pytest.approx((half > 127).sum() / (truth.mask > 127).sum())


def test_ssim_is_counted_inside_alone(truth: Truth) -> None:
    inside = truth.mask > 127
    other: BgrImage = truth.crop.copy()
    outside = np.ones(inside.shape, bool)
    rows, columns = np.nonzero(inside)
    outside[max(0, rows.min() - 12) : rows.max() + 12, max(0, columns.min() - 12) : columns.max() + 12] = False
    other[outside] = 0
    assert masked_ssim(truth.crop, other, inside) == pytest.approx(1, abs=1e-6)


class Wearer:
    """Stands in for a bench whose network paints the truth, but is blind to obstacles."""

    def __init__(self, truth: PersonaTruth) -> None:
        self.truth = truth

    def swapper(self, found: Frame) -> Frame:
        assert found.truth is not None
        return true_swap(found, self.truth(drawn(found.truth)))


@pytest.mark.parametrize("performer", [built_in, rendered_stranger])
def test_a_network_that_is_blind_to_obstacles_paints_over_them(
    truth_of: PersonaTruth, performer: Callable[[int], Source]
) -> None:
    figures = watch_obstacles(Wearer(truth_of), 16, performer).figures()  # type: ignore[arg-type]
    iou, kept = figures["mask_iou_occluded"], figures["obstacle_kept"]
    assert iou is not None
    assert kept is not None
    assert 0.4 < iou < 0.93
    assert kept < 0.4
    assert {f"mask_iou_{kind}" for kind in ("hand", "mug", "microphone", "hair")} <= set(figures)
