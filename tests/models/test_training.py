import json
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.losses import face_loss, ssim_map
from models.network import CHANNELS, SharedAutoencoder, Wearer, multiply_adds
from models.presets import PRESETS, find_preset
from models.rendered import PairedPortraits, PortraitFaceset
from models.trainer import Progress, Trainer, TrainingRequest, load_average
from realtime.errors import TrainingError
from realtime.face.region import MAP_CHANNELS
from realtime.source.expression import Expression


def ignore(progress: Progress) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def hopper_faceset(hopper_photo: Path) -> PortraitFaceset:
    return PortraitFaceset(hopper_photo, 64)


@pytest.fixture(scope="module")
def performer_faceset() -> PortraitFaceset:
    return PortraitFaceset(None, 64)


def request(photo: Path, out: Path, steps: int = 4) -> TrainingRequest:
    return TrainingRequest(None, photo, out, preset="tiny", steps=steps, seed=3, precision="fp32", device="cpu")


def weights(run: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for name, tensor in checkpoint.load(run)[2].items() if name.startswith("network.")}


def test_a_run_that_was_broken_off_goes_on_exactly(hopper_photo: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    Trainer(request(hopper_photo, whole)).run(ignore)
    stop, first = threading.Event(), Trainer(request(hopper_photo, broken))

    def break_off(progress: Progress) -> None:
        if progress.step == 2:
            stop.set()

    first.run(break_off, stop)
    resumed = Trainer(request(hopper_photo, broken))
    assert resumed.step == 2
    resumed.run(ignore)
    left, right = weights(whole), weights(broken)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_a_run_leaves_previews_and_a_readable_card(hopper_photo: Path, tmp_path: Path) -> None:
    trainer = Trainer(request(hopper_photo, tmp_path, steps=1))
    seen: list[Progress] = []
    trainer.run(seen.append)
    assert [one.step for one in seen] == [1]
    assert (tmp_path / "preview-000001.jpg").stat().st_size > 1000
    card = json.loads((tmp_path / "run.json").read_text())
    assert card["step"] == card["steps"] == 1
    assert len(card["digests"]) == 2
    network, _, step = load_average(tmp_path)
    assert step == 1
    assert not network.training


def test_another_persona_does_not_go_on_in_the_same_run(hopper_photo: Path, tmp_path: Path) -> None:
    Trainer(request(hopper_photo, tmp_path, steps=1)).run(ignore)
    with pytest.raises(TrainingError, match="same words"):
        Trainer(request(hopper_photo, tmp_path, steps=2))


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64])
def test_a_broken_checkpoint_is_told_and_not_trained_over(hopper_photo: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(TrainingError, match="whole checkpoint"):
        Trainer(request(hopper_photo, tmp_path))
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == content


def test_a_run_that_was_never_trained_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train it first"):
        load_average(tmp_path)


def test_unknown_words_are_told(hopper_photo: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="lite"):
        find_preset("huge")
    with pytest.raises(TrainingError, match="device"):
        Trainer(TrainingRequest(None, hopper_photo, tmp_path, preset="tiny", device="abacus"))
    with pytest.raises(TrainingError, match="bf16"):
        Trainer(TrainingRequest(None, hopper_photo, tmp_path, preset="tiny", precision="fp8"))


def test_training_learns(hopper_photo: Path, tmp_path: Path) -> None:
    losses: list[float] = []
    Trainer(request(hopper_photo, tmp_path, steps=40)).run(lambda one: losses.append(one.persona))
    assert np.mean(losses[-5:]) < 0.95 * np.mean(losses[:5])


def test_the_same_step_of_the_same_seed_is_the_same_batch(
    performer_faceset: PortraitFaceset, hopper_faceset: PortraitFaceset
) -> None:
    def batch(seed: int, steps: list[int]) -> np.ndarray:
        pairs = PairedPortraits(performer_faceset, hopper_faceset, 2, seed)
        return [pairs(step) for step in steps][-1].paired.inputs

    assert np.array_equal(batch(1, [4]), batch(1, [2, 3, 4]))
    assert not np.array_equal(batch(1, [4]), batch(2, [4]))


def test_a_pair_is_both_portraits_in_one_expression(
    performer_faceset: PortraitFaceset, hopper_faceset: PortraitFaceset
) -> None:
    open_mouth = Expression(mouth_open=0.5)
    sample = hopper_faceset.truth(open_mouth)
    inputs = performer_faceset.seen_input(open_mouth, np.random.default_rng(0))
    seen_opening, true_opening = (planes[5] > 0.9 for planes in (inputs, sample.inputs))
    overlap = (seen_opening & true_opening).sum() / (seen_opening | true_opening).sum()
    assert overlap > 0.5
    assert sample.image.shape == (3, 64, 64)
    assert sample.focus[0][true_opening].min() > 0.9
    assert 0.2 < sample.mask.mean() < 0.6


def test_a_dropped_crop_leaves_the_map_alone(performer_faceset: PortraitFaceset) -> None:
    inputs = performer_faceset.seen_input(Expression(), np.random.default_rng(0), with_crop=False)
    assert inputs[:3].max() == 0 < inputs[3:].max()


def test_channels_are_named_as_the_map_draws_them() -> None:
    assert CHANNELS[3:] == MAP_CHANNELS


@pytest.mark.parametrize("name", PRESETS)
def test_networks_keep_the_contract(name: str) -> None:
    preset = PRESETS[name]
    assert all(width % 16 == 0 for width in (*preset.encoder, *preset.decoder))
    with torch.inference_mode():
        image, mask = Wearer(SharedAutoencoder(preset))(torch.rand(2, len(CHANNELS), preset.size, preset.size))
    assert image.shape == (2, 3, preset.size, preset.size)
    assert mask.shape == (2, 1, preset.size, preset.size)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1
    assert multiply_adds(preset) > 1_000_000


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
