"""Another persona while frames go by: each frame is worn, by the one before or the one after, whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_personas import SIZE, TODAY, make_face, make_graph, smooth_picture

from realtime.errors import PersonaError
from realtime.fit import Fit
from realtime.frame import Frame
from realtime.persona import candidates, choosing
from realtime.persona.manifest import CHANNELS
from realtime.persona.package import Persona, read_persona
from realtime.persona.provider import PROVIDERS
from realtime.settings import Live, Settings
from realtime.wear import Wearing, wearing


@pytest.fixture
def painted(persona_file: Callable[..., Path]) -> Callable[..., Persona]:
    """A persona that is one grey all over."""

    def make(name: str, level: float, **facts: object) -> Persona:
        weights = np.zeros((4, len(CHANNELS)))
        graph = make_graph(weights=weights, bias=(level, level, level, 1))
        return read_persona(persona_file({"fp32": graph}, name=name, **facts), today=TODAY)

    return make


def play(worn: Wearing, index: int) -> Frame:
    """One frame through every stage but the first; its face is known."""
    frame = Frame(index, 0.0, index / 30, smooth_picture((320, 240)), (make_face(),))
    for group in worn.threads[1:]:
        for stage in group:
            frame = stage.call(frame)
    return frame


def test_every_frame_is_worn_while_personas_change(painted: Callable[..., Persona]) -> None:
    personas = [painted("dark", 0.2), painted("light", 0.8)]
    fit = Fit(colour="none", sharpen=0.0)
    with wearing(personas[:1], Live(Settings(badge=False)), fits=[fit], provider="cpu", max_faces=1) as worn:
        ended = threading.Event()

        def wish() -> None:
            try:
                left.extend(worn.change(0, personas[number % 2], fit).persona.name for number in range(1, 22))
            finally:
                ended.set()

        left: list[str] = []
        user = threading.Thread(target=wish)
        seen = [play(worn, 0)]
        user.start()
        while not ended.is_set():
            seen.append(play(worn, len(seen)))
        user.join()
        seen.append(play(worn, len(seen)))
        assert [one.name for one in worn.personas] == ["light"]
        assert left == ["dark", "light"] * 10 + ["dark"]
    assert all(frame.worn for frame in seen)
    # 51 and 204, and the watermark's level or two
    greys = {(frame.swaps[0].persona, round(int(frame.image[120, 160, 0]), -1)) for frame in seen}
    assert greys == {("dark", 50), ("light", 200)}


def test_the_picture_stays_the_way_round_that_it_is(painted: Callable[..., Persona]) -> None:
    dark = painted("dark", 0.2)
    with wearing([dark], Live(Settings()), fits=[Fit(mirror=True)], provider="cpu", max_faces=1) as worn:
        worn.change(0, painted("light", 0.8), Fit(feather=0.1))
        assert worn.places[0].outfit.fit.now == Fit(feather=0.1, mirror=True)


def test_what_cannot_be_worn_leaves_what_was(painted: Callable[..., Persona]) -> None:
    with wearing([painted("dark", 0.2)], Live(Settings()), provider="cpu", max_faces=1) as worn:
        with pytest.raises(PersonaError):
            worn.change(0, painted("other", 0.2, crop_size=SIZE + 16))
        assert play(worn, 0).swaps[0].persona == "dark"


def test_nothing_is_measured_while_the_loop_runs(
    persona_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a persona that is put on, nor when a provider fails and the processor has to take over."""
    personas = []
    for name, size in (("one", SIZE), ("other", 2 * SIZE)):
        graphs = {precision: make_graph(size, batch="faces") for precision in ("fp32", "int8")}
        personas.append(read_persona(persona_file(graphs, name=name, crop_size=size), today=TODAY))
    one, other = personas
    cpu = replace(PROVIDERS[-1], doubtful=lambda: True)
    for module in (candidates, choosing):
        monkeypatch.setattr(module, "PROVIDERS", (replace(cpu, name="card", label="Card"), cpu))
    timed: list[str] = []
    monkeypatch.setattr(choosing, "time_ms", lambda persona, *_: timed.append(persona.name) or 1.0)
    with wearing([one], Live(Settings()), provider="card", max_faces=1) as worn:
        assert timed == ["one", "one"]
        worn.change(0, other)
        rescue = worn.places[0].outfit.on_processor
        assert rescue is not None
        assert rescue().provider == "cpu"
    assert timed == ["one", "one"]
