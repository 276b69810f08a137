"""How far a painted face is from the true one."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
_AROUND, _FOCUS = 0.1, 3.0
_COLOUR, _COVERAGE = 4.0, 2.0
_HALF_SCALE = 0.5


def _blur(pictures: Tensor) -> Tensor:
    channels = pictures.shape[1]
    ramp = torch.arange(_WINDOW, dtype=pictures.dtype, device=pictures.device) - _WINDOW // 2
    line = torch.exp(-(ramp**2) / (2 * _SIGMA**2))
    line = (line / line.sum()).repeat(channels, 1)
    pictures = F.conv2d(pictures, line[:, None, None, :], padding=(0, _WINDOW // 2), groups=channels)
    return F.conv2d(pictures, line[:, None, :, None], padding=(_WINDOW // 2, 0), groups=channels)


def ssim_map(painted: Tensor, true: Tensor) -> Tensor:
    """Structural similarity for every pixel (Wang et al., 2004), window 11, sigma 1.5.

    Args:
        painted: (N, C, H, W), 0 to 1.
        true: The same shape.

    Returns:
        (N, C, H, W), 1 where they agree.
    """
    mean_a, mean_b = _blur(painted), _blur(true)
    variance_a = _blur(painted**2) - mean_a**2
    variance_b = _blur(true**2) - mean_b**2
    covariance = _blur(painted * true) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    return numerator / ((mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2))


def masked_ssim(painted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Mean SSIM over each mask of a batch, (N,); mask (N, 1, H, W)."""
    similar = ssim_map(painted, true).mean(1, keepdim=True)
    inside = (mask > 0.5).float()
    return (similar * inside).sum((1, 2, 3)) / inside.sum((1, 2, 3)).clamp(min=1)


def face_loss(image: Tensor, mask: Tensor, true_image: Tensor, true_mask: Tensor, focus: Tensor) -> Tensor:
    """Colour over the mask, structure over the mask at two scales, and the mask itself.

    The surroundings count a little, so that the rim of the mask may be feathered; eyes and mouth count more, since
    that is where people look and where few pixels carry all of the expression. At half the scale the same window
    sees twice as far, where an error of place is told from one of texture.

    Args:
        image: (N, 3, S, S) painted RGB, 0 to 1.
        mask: (N, 1, S, S) painted mask, 0 to 1.
        true_image: (N, 3, S, S).
        true_mask: (N, 1, S, S).
        focus: (N, 1, S, S), 0 to 1 over eyes and mouth.

    Returns:
        One number for each of the batch, (N,).
    """
    weight = _AROUND + true_mask + _FOCUS * focus
    fine = _likeness(image, true_image, weight)
    halves = [F.avg_pool2d(part, 2) for part in (image, true_image, weight)]
    return fine + _HALF_SCALE * _likeness(*halves) + _COVERAGE * _coverage(mask, true_mask)


def _coverage(mask: Tensor, true: Tensor) -> Tensor:
    """Cross entropy. A mean difference has its least where a mask is open wherever more than half of all crops are."""
    numbers = mask.isfinite()  # what is none must come out as the loss, to be told, and must not end the process here
    entropy = F.binary_cross_entropy(torch.where(numbers, mask, 0.5), true, reduction="none")
    return torch.where(numbers, entropy, mask).mean((1, 2, 3))


def _likeness(image: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    weight = weight / weight.mean((1, 2, 3), keepdim=True)
    colour = ((image - true).abs() * weight).mean((1, 2, 3))
    structure = ((1 - ssim_map(image, true)) * weight).mean((1, 2, 3))
    return _COLOUR * colour + structure
