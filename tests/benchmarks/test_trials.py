"""Trials change what they say and nothing else; without one, training is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.trials import TRIALS, EveryFew, HeldDown, Stage, main, make_parts, make_table
from export.onnx_graph import to_onnx
from models.augment import Augment, Draws, draw, held_down
from models.material import Material
from models.network import CHANNELS, SharedAutoencoder, Wearer
from models.pairs import PairMaker
from models.pool import PoolPlan
from models.presets import find_preset
from models.rendered import Stranger
from models.variety import PairVariety, SightVariety, Variety
from realtime.errors import TrainingError
from realtime.persona.autoencoder import SIGHTS
from realtime.source.expression import Expression
from realtime.source.video import VideoSource

SIZE = 64
PAIRS_AS_BEFORE = "82d7f85d9fca5e740b18bf7644815f8c27c23154c04a603a38b2eef3f4b8d8dc"
DRAWS_AS_BEFORE = "9387139b435006d30efbaeb3eb562013d3684dacbe0f43ee5fd8ad62c24b61a8"
"""What trials vary must leave what they do not vary as it is: runs that were begun go on with the same numbers."""


@dataclass
class Asked:
    """What was asked of two portraits, in order: whether of the performer's, the expression, how far from its shape."""

    said: list[tuple[bool, Expression, float]] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    painted: list[tuple[object, int | None]] = field(default_factory=list)

    @property
    def seen(self) -> list[tuple[bool, Expression, float]]:
        return self.said[0::2]

    def digest(self) -> str:
        lines = (
            f"{of_performer} {' '.join(f'{value:.6f}' for value in astuple(expression))} {shape:.5f}"
            for of_performer, expression, shape in self.said
        )
        return hashlib.sha256("\n".join([*lines, str(self.painted)]).encode()).hexdigest()


class FakePortrait:
    """A portrait that draws nothing and tells what was asked of it."""

    def __init__(self, asked: Asked, *, performer: bool) -> None:
        self._asked, self._performer = asked, performer
        self.renderer = SimpleNamespace(head=SimpleNamespace(rest=np.random.default_rng(5).normal(0, 0.6, (478, 3))))

    def seen(self, expression: Expression, stranger: Stranger | None = None) -> SimpleNamespace:
        if stranger is None:
            return self._tell(expression, 0.0)
        assert stranger.shape is not None
        self._asked.painted.append((stranger.texture, stranger.glasses))
        return self._tell(expression, float(np.abs(stranger.shape).sum()))

    def painter(self, other: FakePortrait) -> Callable[[np.random.Generator], str]:
        return lambda random: f"{self._performer} like {other._performer} {random.random():.6f}"

    def wanted(self, expression: Expression) -> SimpleNamespace:
        return self._tell(expression, 0.0)

    def _tell(self, expression: Expression, shape: float) -> SimpleNamespace:
        self._asked.said.append((self._performer, expression, shape))
        return SimpleNamespace(view=None, face_map=None, image=None, mask=None, focus=None)


def ask(variety: PairVariety | None, count: int = 200) -> Asked:
    asked = Asked()
    performer, persona = (FakePortrait(asked, performer=one) for one in (True, False))
    faces = (Material("persona", persona, None), Material("performer", performer, None))  # type: ignore[arg-type]
    maker = PairMaker(*faces, SIZE) if variety is None else PairMaker(*faces, SIZE, variety)
    asked.known = [bool(maker(np.random.default_rng((2, number))).known[0]) for number in range(count)]
    return asked


def drawn(known: Sequence[bool], *variety: SightVariety) -> Draws:
    return draw([(1, step, place) for step in range(4) for place in range(32)], known, *variety)


@pytest.mark.parametrize("variety", [None, PairVariety(), Variety().pairs])
def test_the_usual_variety_asks_for_the_pairs_it_always_asked_for(variety: PairVariety | None) -> None:
    """Where they are meant to change, `_RENDERING` in `models.pool` must change with them."""
    assert ask(variety).digest() == PAIRS_AS_BEFORE


@pytest.mark.parametrize("variety", [(), (SightVariety(),)])
def test_the_usual_variety_shows_what_it_always_showed(variety: tuple[SightVariety, ...]) -> None:
    draws = drawn([number % 2 == 0 for number in range(128)], *variety)
    whole = hashlib.sha256()
    for name in Draws.__slots__:
        whole.update(getattr(draws, name).tobytes())
    assert whole.hexdigest() == DRAWS_AS_BEFORE


def test_a_pool_of_before_is_found_and_one_of_another_variety_is_another() -> None:
    """A long run goes on only where its pool's card reads as it did."""
    usual = PoolPlan({"persona": "ab"}, {"persona": 4}, 64, 0)
    before = {"counts": {"persona": 4}, "digests": {"persona": "ab"}, "rendering": 4, "seed": 0, "size": 64}
    assert usual.card() == json.dumps(before, indent=2) + "\n"
    other = replace(usual, variety=PairVariety(shape=0.0))
    assert '"shape": 0.0' in other.card()
    assert other.card() != usual.card()


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_can_be_put_together_and_worn(name: str, tmp_path: Path) -> None:
    trial = TRIALS[name]
    parts = make_parts(trial.variety, find_preset("tiny"), tmp_path)
    assert parts.batches.decoders == ("performer", "persona")
    parts.objective(torch.device("cpu"))
    assert set(trial.sights) <= set(SIGHTS)
    assert set(trial.variety.sight.ceilings) <= set(CHANNELS)
    assert (trial.variety == Variety()) == (name == "as it is")


def test_no_two_trials_are_alike() -> None:
    varieties = [repr(trial.variety) for trial in TRIALS.values()]
    assert len(set(varieties)) == len(varieties)


def test_trials_that_draw_pairs_alike_share_a_pool(tmp_path: Path) -> None:
    def folder(name: str) -> Path:
        return make_parts(TRIALS[name].variety, find_preset("tiny"), tmp_path).batches._folder  # type: ignore[attr-defined]

    assert folder("as it is") == folder("crop never dropped") == folder("no irises in the map")
    apart = ("as it is", "no shape jitter", "one portrait for all strangers", "expressions as in life only")
    assert len({folder(name) for name in apart}) == len(apart)


def test_without_jitter_strangers_have_the_portraits_own_shape() -> None:
    assert max(shape for _, _, shape in ask(None).seen) > 0
    assert max(shape for _, _, shape in ask(TRIALS["no shape jitter"].variety.pairs).seen) == 0


def test_most_strangers_are_painted_and_some_wear_glasses() -> None:
    textures, glasses = zip(*ask(None).painted, strict=True)
    assert len(set(textures)) > 0.7 * len(textures)
    assert 0.1 < sum(one is not None for one in glasses) / len(glasses) < 0.5
    assert set(ask(TRIALS["strangers in the portraits' skins"].variety.pairs).painted) == {(None, None)}


def test_one_portrait_for_all_strangers_is_the_performers() -> None:
    assert not all(of_performer for of_performer, _, _ in ask(None).seen)
    assert all(of_performer for of_performer, _, _ in ask(TRIALS["one portrait for all strangers"].variety.pairs).seen)


def test_expressions_as_in_life_open_no_mouth_further_than_talk_does() -> None:
    widest = max(expression.mouth_open for _, expression, _ in ask(None).seen)
    in_life = ask(TRIALS["expressions as in life only"].variety.pairs).seen
    assert max(expression.mouth_open for _, expression, _ in in_life) < 0.45 < 0.9 < widest


def test_no_strangers_leaves_the_performer_alone() -> None:
    assert not all(ask(None).known)
    assert all(ask(TRIALS["no strangers, crop never dropped"].variety.pairs).known)


@pytest.mark.parametrize(("name", "shown"), [("crop never shown", 0), ("crop never dropped", 1)])
def test_a_crop_is_never_shown_or_never_dropped(name: str, shown: int) -> None:
    for known in (True, False):
        draws = drawn([known] * 128, TRIALS[name].variety.sight)
        assert (draws.shows == shown).all()
        assert shown or not draws.occluded.any()


def test_irises_and_local_contrast_are_gone_from_what_is_trained_on_and_what_is_worn() -> None:
    crops = torch.rand(8, 6, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    for name, channel, top in (("no irises in the map", "map_eyes", 128 / 255), ("no local contrast", "local", 0.0)):
        sight = TRIALS[name].variety.sight
        known = [True] * 8
        seeds = [(1, place) for place in range(8)]
        at, plain = CHANNELS.index(channel), Augment(SIZE, torch.device("cpu"))
        inputs, _ = Augment(SIZE, torch.device("cpu"), sight)(crops[:, :3], crops[:, 3:], draw(seeds, known, sight))
        usual, _ = plain(crops[:, :3], crops[:, 3:], draw(seeds, known))
        assert float(inputs[:, at].max()) <= top + 1e-6 < float(usual[:, at].max())
        rest = [other for other in range(len(CHANNELS)) if other != at]
        assert torch.equal(inputs[:, rest], usual[:, rest])

        wearer = Wearer(SharedAutoencoder(find_preset("tiny"))).eval()
        with torch.inference_mode():
            worn, _ = HeldDown(wearer, sight.ceilings)(usual)
            wanted, _ = wearer(held_down(usual, sight.ceilings))
            without, _ = wearer(usual)
        assert torch.equal(worn, wanted)
        assert not torch.equal(worn, without)


def test_a_network_that_is_held_down_can_be_exported() -> None:
    wearer = Wearer(SharedAutoencoder(find_preset("tiny"))).eval()
    assert to_onnx(HeldDown(wearer, {"map_eyes": 0.5, "local": 0.0}), len(CHANNELS), find_preset("tiny").size)


def test_the_table_has_a_line_for_every_sight() -> None:
    sources = {"film": {"mouth_correlation": 0.5}, "rendered": {"ssim": 0.7, "mouth_correlation": None}}
    table = make_table({"as it is": {"map": sources, "crop": sources}})
    assert table.row_count == 2
    cells = [list(column.cells) for column in table.columns]
    assert cells[1] == ["map", "crop"]
    assert ["0.50 / -"] * 2 in cells


def test_of_a_film_one_frame_in_so_many_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    left = list(range(12))
    monkeypatch.setattr(VideoSource, "open", lambda film: setattr(film, "fps", 30.0))
    monkeypatch.setattr(VideoSource, "read", lambda film: left.pop(0) if left else None)
    film = EveryFew(Path("film.mp4"), 5)
    film.open()
    assert film.fps == 6
    assert [film.read() for _ in range(4)] == [0, 5, 10, None]


def test_a_trial_that_was_held_is_not_held_again_and_each_is_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, held = tmp_path / "report.json", list[str]()

    def hold(stage: Stage, name: str) -> dict[str, Any]:
        held.append(name)
        if name == "no shape jitter":
            raise TrainingError("run", got="a full disk")
        return {"map": {"film": {"mouth_correlation": 0.5}}}

    monkeypatch.setattr(Stage, "hold", hold)
    words = ["--json", str(report), "--work", str(tmp_path), "--only", "as it is", "no shape jitter"]
    assert main(words) == 1
    assert list(json.loads(report.read_text())["trials"]) == ["as it is"]
    assert main(words) == 1
    assert held == ["as it is", "no shape jitter", "no shape jitter"]
    assert main([*words, "--steps", "2"]) == 1  # what was held with other numbers is not kept under these
    assert held == ["as it is", "no shape jitter", "no shape jitter"]
    assert '"steps": 300' in capsys.readouterr().err
