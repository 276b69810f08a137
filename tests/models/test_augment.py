from dataclasses import replace

import numpy as np
import pytest
import torch

from models.augment import Augment, draw, untouched
from models.network import CHANNELS
from models.occluders import KINDS, PARTS, draw_occluders, random_occluder
from models.variety import SightVariety

SIZE = 64
CPU = torch.device("cpu")
LOCAL = CHANNELS.index("local")


@pytest.fixture
def crops() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(12, 6, 8, 8, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (SIZE, SIZE), mode="bicubic").clamp(0, 1)
    return smooth[:, :3], smooth[:, 3:]


def seeds(step: int, count: int = 12) -> list[tuple[int, ...]]:
    return [(1, step, place) for place in range(count)]


def test_the_same_numbers_give_the_same_crops_whoever_makes_them(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    """A share of a batch is made as it would be in the whole batch: runs may be spread over processes."""
    augment = Augment(SIZE, CPU)
    known = [place % 2 == 0 for place in range(12)]
    whole, hidden = augment(*crops, draw(seeds(3), known))
    odd, odd_hidden = augment(*(part[1::2] for part in crops), draw(seeds(3)[1::2], known[1::2]))
    assert torch.allclose(whole[1::2], odd, atol=1e-6)
    assert torch.allclose(hidden[1::2], odd_hidden, atol=1e-6)
    other, _ = augment(*crops, draw(seeds(4), known))
    assert not torch.allclose(whole, other, atol=1e-2)


def test_what_the_network_sees_is_in_range_and_the_map_is_hardly_moved(
    crops: tuple[torch.Tensor, torch.Tensor],
) -> None:
    inputs, hidden = Augment(SIZE, CPU)(*crops, draw(seeds(0), [True] * 12))
    assert inputs.shape == (12, len(CHANNELS), SIZE, SIZE)
    assert 0 <= float(inputs.min()) <= float(inputs.max()) <= 1
    assert 0 <= float(hidden.min()) <= float(hidden.max()) <= 1
    assert float((inputs[:, -3:] - crops[1]).abs().mean()) < 0.03


def test_the_performer_untouched_is_seen_where_it_is(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    variety = SightVariety(untouched=1.0, own_seen=1.0, occluded=0.0)
    inputs, hidden = Augment(SIZE, CPU, variety)(*crops, draw(seeds(0), [True] * 12, variety))
    assert torch.allclose(inputs, untouched(*crops), atol=1e-3)
    assert float(hidden.max()) == 0
    moved, _ = Augment(SIZE, CPU, variety)(*crops, draw(seeds(0), [False] * 12, variety))
    assert not torch.allclose(moved[:, -3:], crops[1], atol=1e-2)


def test_the_performer_is_shown_or_not_and_a_stranger_in_part(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    augment, shown = Augment(SIZE, CPU), {True: set(), False: set()}
    for step in range(12):
        for known in (True, False):
            inputs, _ = augment(*crops, draw(seeds(step), [known] * 12))
            colours, local = (part.amax((1, 2, 3)) > 0 for part in (inputs[:, :3], inputs[:, LOCAL : LOCAL + 1]))
            shown[known] |= set(zip(colours.tolist(), local.tolist(), strict=True))
    assert shown[True] == {(False, False), (True, True)}
    assert shown[False] == {(False, False), (False, True), (True, True)}


def test_what_is_not_seen_is_not_occluded(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    """A hand that the network cannot see must not be asked of its mask."""
    augment = Augment(SIZE, CPU)
    for step in range(12):
        inputs, hidden = augment(*crops, draw(seeds(step), [False] * 12))
        unseen = inputs[:, : LOCAL + 1].amax((1, 2, 3)) == 0
        assert float(hidden[unseen].sum()) == 0


def test_untouched_crops_are_as_they_were(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    inputs = untouched(*crops)
    assert torch.equal(inputs[:, :3], crops[0])
    assert torch.equal(inputs[:, -3:], crops[1])


def test_a_batch_of_which_nothing_is_seen_is_its_maps(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    variety = SightVariety(own_seen=0.0, no_crop=1.0, no_colour=1.0)
    inputs, hidden = Augment(SIZE, CPU, variety)(*crops, draw(seeds(0), [True] * 12, variety))
    assert float(inputs[:, : LOCAL + 1].abs().max()) == float(hidden.max()) == 0
    assert float(inputs[:, LOCAL + 1 :].max()) > 0


def test_occluders_are_of_one_colour_striped_or_of_the_same_skin(crops: tuple[torch.Tensor, torch.Tensor]) -> None:
    variety = SightVariety(untouched=1.0, own_seen=1.0, occluded=1.0)
    draws = draw(seeds(0), [True] * 12, variety)
    augment = Augment(SIZE, CPU, variety)

    def shown(lent: float, stripes: float) -> torch.Tensor:
        surface = np.tile(np.array([lent, stripes, 8.0, 0.3], np.float32), (12, 1))
        return augment(*crops, replace(draws, surface=surface))[0][:, :3]

    plain, striped, lent = shown(0, 0), shown(0, 0.5), shown(1, 0)
    _, hidden = augment(*crops, draws)
    inside = (hidden > 0.99).expand_as(plain)
    assert float((striped - plain)[inside].abs().mean()) > 0.02
    elsewhere = crops[0].roll((SIZE // 3, SIZE // 2), (2, 3))
    assert torch.allclose(lent[inside], elsewhere[inside], atol=1e-2)
    assert torch.equal(plain[(hidden == 0).expand_as(plain)], lent[(hidden == 0).expand_as(plain)])


@pytest.mark.parametrize("kind", KINDS)
def test_every_occluder_covers_some_of_the_crop_and_never_all(kind: str) -> None:
    random = np.random.default_rng(0)
    boxes = torch.from_numpy(np.stack([random_occluder(random, kind) for _ in range(16)]))
    assert boxes.shape == (16, PARTS, 9)
    colours, cover = draw_occluders(boxes, SIZE, torch.zeros(16, 1, SIZE, SIZE))
    share = cover.mean((1, 2, 3))
    assert 0.005 < float(share.mean()) < 0.5
    assert float(share.max()) < 0.7
    assert float(colours[cover.expand_as(colours) > 0.99].mean()) > 0.01


def test_a_round_box_is_where_it_says() -> None:
    boxes = np.zeros((1, PARTS, 9), np.float32)
    boxes[0, :, 4] = -10
    boxes[0, 0] = (0.5, 0.5, 0.25, 0.1, 0.0, 0.0, 1, 0, 0)
    _, cover = draw_occluders(torch.from_numpy(boxes), 100, torch.zeros(1, 1, 100, 100))
    inside = cover[0, 0] > 0.5
    rows, columns = torch.where(inside)
    assert (int(rows.min()), int(rows.max())) == (40, 59)
    assert (int(columns.min()), int(columns.max())) == (25, 74)
