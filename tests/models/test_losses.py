import numpy as np
import pytest
import torch

from models.losses import face_loss, ssim_map
from models.network import SharedAutoencoder
from models.presets import find_preset


def test_ssim_is_one_for_equals_and_agrees_with_scikit_image() -> None:
    from skimage.metrics import structural_similarity

    random = np.random.default_rng(0)
    first = random.random((48, 48)).astype(np.float32)
    second = np.clip(first + random.normal(0, 0.1, first.shape), 0, 1).astype(np.float32)
    ours = ssim_map(torch.from_numpy(first)[None, None], torch.from_numpy(second)[None, None])[0, 0].numpy()
    _, theirs = structural_similarity(
        first, second, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert np.abs(ours - theirs)[8:-8, 8:-8].max() < 2e-3
    same = torch.from_numpy(first)[None, None]
    assert float((ssim_map(same, same) - 1).abs().max()) < 1e-5


def test_loss_weighs_eyes_and_mouth_more() -> None:
    true = torch.full((2, 3, 32, 32), 0.5)
    mask, focus = torch.ones(2, 1, 32, 32), torch.zeros(2, 1, 32, 32)
    focus[:, :, 8:12, 8:12] = 1
    inside, outside = true.clone(), true.clone()
    inside[:, :, 8:12, 8:12] = 0.9
    outside[:, :, 20:24, 20:24] = 0.9
    assert face_loss(inside, mask, true, mask, focus)[0] > 1.5 * face_loss(outside, mask, true, mask, focus)[0]
    assert float(face_loss(true, mask, true, mask, focus).max()) == pytest.approx(0, abs=1e-5)


def test_a_mask_is_asked_for_as_likely_as_it_is_open() -> None:
    """A place that is covered in two of five crops: a mean difference would have it open in all of them."""
    image, focus = torch.full((5, 3, 32, 32), 0.5), torch.zeros(5, 1, 32, 32)
    true = torch.ones(5, 1, 32, 32)
    true[:2] = 0
    losses = {
        share: float(face_loss(image, torch.full_like(true, share), image, true, focus).mean())
        for share in (0.4, 0.5, 0.6, 0.7, 0.99)
    }
    assert min(losses, key=lambda share: losses[share]) == 0.6


def test_numbers_that_are_none_come_out_as_the_loss() -> None:
    image, mask, focus = torch.full((2, 3, 32, 32), 0.5), torch.ones(2, 1, 32, 32), torch.zeros(2, 1, 32, 32)
    for painted, cover in ((image * torch.nan, mask), (image, mask * torch.nan)):
        assert face_loss(painted, cover, image, mask, focus).isnan().all()


def test_a_network_that_is_sure_of_its_mask_can_be_taught_otherwise_in_half_precision() -> None:
    network = SharedAutoencoder(find_preset("tiny"))
    last = [layer for layer in network.decoders["persona"].modules() if isinstance(layer, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        last.bias += 9.0
    with torch.autocast("cpu", torch.bfloat16):
        _, mask = network({"persona": torch.rand(1, 7, 64, 64)})["persona"]
    assert mask.dtype == torch.float32
    mask.sum().backward()
    assert last.bias.grad is not None
    assert float(last.bias.grad.abs().min()) > 0
