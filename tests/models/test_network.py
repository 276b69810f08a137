import pytest
import torch

from models.network import CHANNELS, SharedAutoencoder, Wearer, multiply_adds
from models.presets import PRESETS, find_preset
from realtime.errors import TrainingError
from realtime.face.region import MAP_CHANNELS


def test_channels_are_named_as_the_map_draws_them() -> None:
    assert CHANNELS[-3:] == MAP_CHANNELS


def test_an_unknown_preset_is_told() -> None:
    with pytest.raises(TrainingError, match="lite"):
        find_preset("huge")


@pytest.mark.parametrize("name", PRESETS)
def test_networks_keep_the_contract(name: str) -> None:
    preset = PRESETS[name]
    assert all(width % 16 == 0 for width in (*preset.encoder, *preset.decoder))
    with torch.device("meta"), torch.inference_mode():  # shapes alone: the largest would take seconds
        network = SharedAutoencoder(preset)
        image, mask = Wearer(network)(torch.zeros(2, len(CHANNELS), preset.size, preset.size))
    assert image.shape == (2, 3, preset.size, preset.size)
    assert mask.shape == (2, 1, preset.size, preset.size)


def test_what_is_painted_is_between_black_and_white() -> None:
    preset = PRESETS["tiny"]
    with torch.inference_mode():
        image, mask = Wearer(SharedAutoencoder(preset))(9 * torch.rand(2, len(CHANNELS), preset.size, preset.size))
    assert float(torch.stack([image.min(), mask.min()]).min()) >= 0
    assert float(torch.stack([image.max(), mask.max()]).max()) <= 1
    assert multiply_adds(preset) > 1_000_000


def test_what_was_seen_shapes_the_mask_and_never_the_picture() -> None:
    """The performer's own pixels must have no way around the bottleneck into what is painted."""
    preset = PRESETS["tiny"]
    decoder = SharedAutoencoder(preset).decoders["persona"]
    side = preset.size >> len(preset.encoder)
    latent = torch.rand(2, preset.encoder[-1], side, side)
    seen = [torch.rand(2, preset.encoder[0], preset.size // 2, preset.size // 2) for _ in range(2)]
    with torch.inference_mode():
        (first, first_mask), (second, second_mask) = (decoder(latent, one) for one in seen)
    assert torch.equal(first, second)
    assert not torch.equal(first_mask, second_mask)
