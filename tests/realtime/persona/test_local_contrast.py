import numpy as np
import pytest
import torch

from models.augment import local_contrast
from realtime.frame import BgrImage
from realtime.persona.local_contrast import LocalContrast


@pytest.fixture
def crop() -> BgrImage:
    random = np.random.default_rng(0)
    y, x = np.mgrid[:128, :128]
    wave = 128 + 60 * np.sin(x / 7) + 30 * np.sin(y / 3)
    return np.clip(wave[..., None] + random.normal(0, 12, (128, 128, 3)), 0, 255).astype(np.uint8)


def test_training_and_the_live_loop_see_the_same(crop: BgrImage) -> None:
    live = LocalContrast(128)(crop)
    view = torch.from_numpy(np.ascontiguousarray(crop[..., ::-1].transpose(2, 0, 1)))[None].float() / 255
    trained = local_contrast(view)[0, 0].numpy() * 255
    assert np.abs(trained - live).mean() < 1.0
    assert np.abs(trained - live).max() < 6.0


def test_light_and_camera_do_not_change_it(crop: BgrImage) -> None:
    dark = (crop * 0.5 + 20).astype(np.uint8)
    contrast = LocalContrast(128)
    assert np.abs(contrast(crop).astype(int) - contrast(dark)).mean() < 12
    assert np.abs(crop.astype(int) - dark).mean() > 30


def test_nothing_stands_out_of_an_even_crop() -> None:
    assert (LocalContrast(64)(np.full((64, 64, 3), 77, np.uint8)) == 128).all()
