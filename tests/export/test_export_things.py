"""A thing's run becomes a persona for what it was trained for, with the network that was trained."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import torch

from export.run import export_run
from export.things import CHANNELS, without_map
from models.network import PERSONA, SharedAutoencoder, Wearer
from models.objects.film import write_film
from models.objects.fruit import FRUITS
from models.presets import find_preset
from models.request import TrainingRequest
from models.trainer import Trainer
from realtime.errors import ExportError
from realtime.persona.identity import Identity
from realtime.persona.package import read_persona
from realtime.region.alignment import BOX

TODAY = date(2026, 11, 23)
KIWI = Identity("A kiwi", "fictional")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two steps on short films."""
    folder = tmp_path_factory.mktemp("fruit")
    for seed, name in enumerate(FRUITS):
        write_film(folder / f"{name}.mp4", FRUITS[name](), seed=seed, frames=40, size_wh=(192, 108))
    request = TrainingRequest(
        performer=f"colour:red@{folder / 'apple.mp4'}",
        personas=(f"colour:brown+green@{folder / 'kiwi.mp4'}",),
        out=folder / "run",
        preset="tiny",
        steps=2,
        batch=2,
        tensorboard=False,
    )
    Trainer(request).run(lambda progress: None)
    return folder / "run"


def test_the_map_is_cut_off_and_nothing_else() -> None:
    network = Wearer(SharedAutoencoder(find_preset("tiny")), PERSONA).eval()
    seen = torch.rand(2, len(CHANNELS), 64, 64)
    with_black_map = torch.cat([seen, torch.zeros(2, 3, 64, 64)], 1)
    with torch.inference_mode():
        for wide, narrow in zip(network(with_black_map), without_map(network)(seen), strict=True):
            torch.testing.assert_close(wide, narrow, rtol=0, atol=1e-5)
    assert network.encoder.look[1][0].in_channels == 28  # type: ignore[index]  # the trained one is as it was


def test_a_run_becomes_a_persona_for_what_its_performer_was(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "kiwi.persona"
    export_run(run, card=KIWI, out=out, today=TODAY, precisions=("fp32",), crops=16)
    manifest = read_persona(out, today=TODAY).manifest
    assert manifest.region == "colour:red"
    assert (manifest.template, manifest.coverage) == (BOX.template, BOX.coverage)
    assert manifest.ends.channels == CHANNELS
    assert manifest.trained_from.counts == {"films": 2}
    assert manifest.trained_from.iterations == 2


def test_another_film_under_the_same_name_is_refused(run: Path, tmp_path: Path) -> None:
    film = run.parent / "kiwi.mp4"
    content = film.read_bytes()
    try:
        write_film(film, FRUITS["kiwi"](), seed=9, frames=3, size_wh=(64, 64))
        with pytest.raises(ExportError, match="another film"):
            export_run(run, card=KIWI, out=tmp_path / "kiwi.persona", today=TODAY)
    finally:
        film.write_bytes(content)
    assert not list(tmp_path.iterdir())
