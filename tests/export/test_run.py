"""From a run's folder to a persona that is worn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from export import run as run_module
from export.run import export_run, representative_crops
from models.material import parse_material, read_material
from models.network import CHANNELS, PERFORMER, PERSONA
from models.request import TrainingRequest
from models.trainer import Trainer, load_average
from realtime.errors import ExportError, PersonaError, TrainingError
from realtime.face.finder import FaceFinder
from realtime.frame import Frame
from realtime.persona.autoencoder import NetworkSwapper
from realtime.persona.identity import Identity
from realtime.persona.package import read_persona
from realtime.source.renderer import PortraitRenderer

CARD = Identity(name="Test", ground="fictional")
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def run(hopper_photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of two steps."""
    out = tmp_path_factory.mktemp("run")
    faces = (f"first={hopper_photo}",)
    request = TrainingRequest(
        "demo", faces, out, preset="tiny", steps=2, precision="fp32", evaluate_every=0, tensorboard=False
    )
    Trainer(request).run(lambda _: None)
    return out


def test_a_portrait_is_trained_exported_and_worn(run: Path, astronaut: PortraitRenderer, tmp_path: Path) -> None:
    told: list[str] = []
    out = tmp_path / "two-steps.persona"
    report = export_run(run, card=CARD, out=out, today=TODAY, crops=12, say=told.append)
    assert told == []
    assert all(one.ssim_to_truth is not None for one in report.graphs)
    persona = read_persona(report.path, today=TODAY)
    assert set(persona.graphs) == {"fp32", "fp16", "int8"}
    trained = persona.manifest.trained_from
    assert (trained.iterations, dict(trained.counts)) == (2, {"portraits": 2})
    assert [len(trained.digests[role]) for role in ("performer", "persona")] == [64, 64]
    assert trained.seconds is not None
    assert trained.seconds > 0
    assert trained.machine
    swapper, finder = NetworkSwapper(persona, "cpu"), FaceFinder()
    found = finder(Frame(0, 0.0, 0.0, np.ascontiguousarray(astronaut.canvas)))
    finder.close()
    (swap,) = swapper(found).swaps
    assert swap.image.shape == (64, 64, 3)


@pytest.mark.parametrize("name", ["third", PERFORMER])
def test_a_persona_that_the_run_has_not(run: Path, tmp_path: Path, name: str | None) -> None:
    with pytest.raises(ExportError, match=r"wanted one of its personas: first.*; give --persona"):
        export_run(run, card=CARD, out=tmp_path / "x.persona", today=TODAY, persona=name)


def test_of_several_personas_one_must_be_named(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, card, step = load_average(run)
    several = replace(card, material={**card.material, "second": card.material["first"]})
    monkeypatch.setattr(run_module, "load_average", lambda _: (network, several, step))
    with pytest.raises(ExportError, match="wanted one of its personas: first, second; give --persona"):
        export_run(run, card=CARD, out=tmp_path / "x.persona", today=TODAY)


def test_another_picture_under_the_same_name_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, card, step = load_average(run)
    other = replace(card, digests={**card.digests, "first": "00" * 32})
    monkeypatch.setattr(run_module, "load_average", lambda _: (network, other, step))
    with pytest.raises(ExportError, match="wanted the one that the run was trained on, got another picture"):
        export_run(run, card=CARD, out=tmp_path / "x.persona", today=TODAY, persona="first")


def test_a_run_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="train it first"):
        export_run(tmp_path, card=CARD, out=tmp_path / "none.persona", today=TODAY)
    assert not (tmp_path / "none.persona").exists()


def test_a_card_past_its_date_is_refused_before_any_work(tmp_path: Path) -> None:
    card = Identity("Me", "self", until=date(2026, 1, 1))
    with pytest.raises(PersonaError, match="may no longer be worn"):
        export_run(tmp_path, card=card, out=tmp_path / "none.persona", today=TODAY)


def test_a_run_that_was_broken_off_is_told_of(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, card, _ = load_average(run)
    broken_off = replace(card, ended_by="", steps=4500)
    monkeypatch.setattr(run_module, "load_average", lambda _: (network, broken_off, 120))
    told: list[str] = []
    export_run(
        run,
        card=CARD,
        out=tmp_path / "x.persona",
        today=TODAY,
        persona="first",
        precisions=["fp32"],
        crops=8,
        say=told.append,
    )
    assert len(told) == 1
    assert "is not at its end (step 120 of 4500)" in told[0]


def test_crops_are_what_the_live_loop_gives_with_what_should_come_of_them(hopper_photo: Path) -> None:
    performer = read_material(parse_material(PERFORMER, "demo"), 64)
    persona = read_material(parse_material(PERSONA, str(hopper_photo)), 64)
    proof = representative_crops(performer, persona, 64, count=16)
    assert proof.crops.shape == (16, len(CHANNELS), 64, 64)
    assert proof.crops.dtype == np.float32
    assert 0 <= proof.crops.min() < proof.crops.max() <= 1
    sees = {
        (bool(crop[: CHANNELS.index("local")].any()), bool(crop[CHANNELS.index("local")].any())) for crop in proof.crops
    }
    assert sees == {(False, False), (False, True), (True, True)}
    assert proof.crops[:, [CHANNELS.index(name) for name in CHANNELS if name.startswith("map")]].any((1, 2, 3)).all()
    assert proof.truth is not None
    assert (proof.truth.image.shape, proof.truth.mask.shape) == ((16, 3, 64, 64), (16, 1, 64, 64))
    assert 0.1 < (proof.truth.mask > 0.5).mean() < 0.9
