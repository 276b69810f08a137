"""The patch discriminator learns, and its safeguards keep it from spoiling a face."""

from pathlib import Path

import pytest
import torch
from fake_parts import parts, request
from torch import Tensor

from models.contest import Contest
from models.discriminator import Discriminator, fooling_loss, judging_loss, told_apart
from models.fabric import Spread, make_fabric
from models.objective import Compared, Losses
from models.request import Progress
from models.trainer import Trainer
from realtime.errors import TrainingError


def losses(painted: Tensor, true: Tensor) -> Losses:
    mask = torch.ones_like(true[:, :1])
    one = Compared(painted, mask, true, mask)
    return Losses(painted.sum(), {}, {"performer": one, "persona": one})


@pytest.fixture(scope="module")
def pictures() -> Losses:
    torch.manual_seed(0)
    true = torch.rand(4, 3, 64, 64)
    return losses(torch.nn.functional.avg_pool2d(true, 5, 1, 2), true)


@pytest.fixture
def contest() -> Contest:
    torch.manual_seed(0)
    fabric = make_fabric(torch.device("cpu"), "fp32", Spread())
    return Contest(fabric, 64, power=0.2, begins=0.5)


@pytest.mark.parametrize(("size", "patches"), [(64, 14), (256, 30)])
def test_it_judges_patches_of_the_papers_size(size: int, patches: int) -> None:
    picture = torch.zeros(1, 3, size, size, requires_grad=True)
    judged = Discriminator(size).eval()(picture)
    assert judged.shape == (1, 1, patches, patches)
    judged[0, 0, patches // 2, patches // 2].backward()
    assert picture.grad is not None
    rows = picture.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == (34 if size < 256 else 70)


def test_losses_are_as_the_papers_have_them() -> None:
    true, painted = torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.5])
    assert float(judging_loss(true, painted)) == pytest.approx((0 + 0.5) / 2 + (0 + 1.5) / 2)
    assert float(fooling_loss(painted)) == pytest.approx(0.75)
    assert float(told_apart(true, painted)) == pytest.approx(0.75)


def test_it_learns_to_tell_blur_from_texture_and_then_falls_back(contest: Contest, pictures: Losses) -> None:
    first = [contest.judge(pictures) for _ in range(5)]
    for _ in range(60):
        last = contest.judge(pictures)
    assert last < 0.8 * first[0]
    assert contest.standing.right > 0.9
    assert contest.standing.trust < 1
    before = contest.tensors()["judge.layers.0.bias"].clone()
    contest.judge(pictures)
    assert torch.equal(before, contest.tensors()["judge.layers.0.bias"])  # it waits while it is too sure


def test_trust_comes_back_when_it_errs(contest: Contest, pictures: Losses) -> None:
    contest.standing.trust, contest.standing.right = 0.5, 0.5
    contest.judge(losses(pictures.compared["persona"].true_image, pictures.compared["persona"].true_image))
    assert 0.5 < contest.standing.trust < 0.6


def test_power_comes_in_late_and_slowly(contest: Contest) -> None:
    weights = [contest.weight(share) for share in (0.0, 0.49, 0.5, 0.55, 0.6, 1.0)]
    assert weights[:2] == [0, 0]
    assert 0 < weights[2] < weights[3] < weights[4] == weights[5] == 0.2


def test_fooling_teaches_the_painter_and_not_the_judge(contest: Contest, pictures: Losses) -> None:
    true = pictures.compared["persona"].true_image
    painted = true.clone().requires_grad_()
    contest.fooling(losses(painted, true)).backward()
    assert painted.grad is not None
    assert float(painted.grad.abs().sum()) > 0
    assert all(weight.grad is None for weight in contest._bare.parameters())
    assert all(weight.requires_grad for weight in contest._bare.parameters())


def test_a_loss_that_is_no_number_ends_it(contest: Contest, pictures: Losses) -> None:
    before = contest.tensors()["judge.layers.0.bias"].clone()
    true = pictures.compared["persona"].true_image
    contest.judge(losses(true * float("nan"), true))
    assert "no number" in contest.standing.over
    assert contest.weight(1.0) == 0
    assert torch.equal(before, contest.tensors()["judge.layers.0.bias"])


def test_a_quality_that_falls_while_it_runs_ends_it(contest: Contest) -> None:
    contest.evaluated(0.80, 0.4)
    contest.evaluated(0.70, 0.45)  # before it has begun, it cannot be its fault
    contest.evaluated(0.79, 0.6)
    assert not contest.standing.over
    contest.evaluated(0.775, 0.7)
    assert contest.standing.over == "SSIM fell from 0.800 to 0.775"


def test_numbers_out_of_range_are_told() -> None:
    fabric = make_fabric(torch.device("cpu"), "fp32", Spread())
    with pytest.raises(TrainingError, match="a share of the run below 1"):
        Contest(fabric, 64, power=0.1, begins=1.0)


def test_a_run_goes_on_without_it_and_says_so_once(tmp_path: Path) -> None:
    seen: list[Progress] = []
    words = request(tmp_path, steps=6, adversarial=0.1, adversarial_from=0.0, evaluate_every=2)
    Trainer(words, parts(scores=(0.5, 0.4, 0.4))).run(seen.append)
    assert [one.place.step for one in seen if "judging" in one.parts] == [1, 2, 3, 4]
    notices = [one.notice for one in seen if one.notice]
    assert notices == ["the discriminator is switched off: SSIM fell from 0.500 to 0.400"]
    again: list[Progress] = []
    Trainer(request(tmp_path, steps=8, evaluate_every=0), parts()).run(again.append)  # still off, and not said again
    assert [(one.notice, "judging" in one.parts) for one in again] == [("", False)] * 2
