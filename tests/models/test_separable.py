import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from models import separable

CPU = torch.device("cpu")
SIZE = 32


@pytest.fixture
def planes() -> torch.Tensor:
    return torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_a_box_is_the_mean_of_its_neighbours_and_mirrors_the_rim(planes: torch.Tensor) -> None:
    wanted = F.avg_pool2d(F.pad(planes, (3, 3, 3, 3), mode="reflect"), 7, 1)
    assert torch.allclose(separable.apply(separable.box(SIZE, 7, CPU), planes), wanted, atol=1e-6)


@pytest.mark.parametrize("rim", ["replicate", "constant"])
def test_a_gaussian_is_the_convolution_that_it_stands_for(planes: torch.Tensor, rim: str) -> None:
    line = torch.exp(-(torch.arange(-3.0, 4.0) ** 2) / (2 * 1.5**2))
    line = (line / line.sum()).repeat(3, 1)
    wanted = F.conv2d(F.pad(planes, (3, 3, 3, 3), mode=rim), line[:, None, None, :], groups=3)
    wanted = F.conv2d(wanted, line[:, None, :, None], groups=3)
    assert torch.allclose(separable.apply(separable.gaussian(SIZE, 7, 1.5, rim, CPU), planes), wanted, atol=1e-6)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_an_enlargement_is_the_interpolation_that_it_stands_for(planes: torch.Tensor, mode: str) -> None:
    few = planes[..., :5, :5]
    wanted = F.interpolate(few, (SIZE, SIZE), mode=mode, align_corners=True)
    assert torch.allclose(separable.apply(separable.enlargement(5, SIZE, mode, CPU), few), wanted, atol=1e-5)
