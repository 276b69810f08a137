"""The same trainer takes things: a run begins, goes on exactly, and refuses another film under the same words."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.assembly import assemble
from models.objects.fruit import FRUITS
from models.objects.scene import MomentPath, Scene
from models.presets import find_preset
from models.request import TrainingRequest
from models.trainer import Trainer, load_average
from realtime.errors import TrainingError
from realtime.frame import Frame
from realtime.sink.recorder import RecorderSink


@pytest.fixture(scope="module")
def request_of(tmp_path_factory: pytest.TempPathFactory) -> TrainingRequest:
    folder = tmp_path_factory.mktemp("films")
    for seed, name in enumerate(FRUITS):
        scene, path = Scene(FRUITS[name](), (192, 108), seed), MomentPath(seed)
        with RecorderSink(folder / f"{name}.mp4") as sink:
            sink.open(scene.size_wh, 16)
            for index in range(36):
                sink.write(Frame(index, index / 16, index / 16, scene.draw(path.at(index / 16))[0]))
    return TrainingRequest(
        performer=f"colour:red@{folder / 'apple.mp4'}",
        personas=(f"colour:brown+green@{folder / 'kiwi.mp4'}",),
        out=folder / "run",
        preset="tiny",
        steps=2,
        batch=2,
        evaluate_every=2,
        tensorboard=False,
    )


def test_a_run_goes_on_as_if_it_had_not_been_broken_off(request_of: TrainingRequest, tmp_path: Path) -> None:
    whole, broken = (replace(request_of, out=tmp_path / name, steps=4) for name in ("whole", "broken"))
    ssim: list[float | None] = []
    Trainer(whole).run(lambda progress: ssim.append(progress.ssim))
    stop = threading.Event()
    Trainer(broken).run(lambda progress: stop.set() if progress.place.step == 2 else None, stop)
    assert load_average(broken.out)[2] == 2
    Trainer(broken).run(lambda progress: None)
    (network, card, step), (other, _, other_step) = load_average(whole.out), load_average(broken.out)
    assert step == other_step == 4
    assert card.material["performer"] == request_of.performer
    for key, weight in network.state_dict().items():
        np.testing.assert_array_equal(weight.numpy(), other.state_dict()[key].numpy(), err_msg=key)
    assert any(one is not None and 0 < one < 1 for one in ssim)


def test_another_region_is_another_run(request_of: TrainingRequest, tmp_path: Path) -> None:
    first = replace(request_of, out=tmp_path / "run", steps=1)
    Trainer(first).run(lambda progress: None)
    other = first.performer.replace("colour:red", "box:0,0,1,1")
    with pytest.raises(TrainingError, match="other"):
        Trainer(replace(first, performer=other))


def test_faces_and_things_do_not_mix(request_of: TrainingRequest) -> None:
    with pytest.raises(TrainingError, match="for all or none"):
        assemble("demo", request_of.personas, find_preset("tiny"), seed=0, batch=None)
