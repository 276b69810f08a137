"""What is chosen before a show, while it loads and while it plays, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from shows import SlateWatch, load_other, texts, until

from realtime.choice import Option
from realtime.errors import SinkError, ThespisError
from realtime.sink.null import NullSink
from thespis import choices, performance


def test_what_there_is_not_cannot_be_chosen(directed) -> None:
    with directed() as director:
        before = director.choice
        for wrong in (
            {"source": "nothing-there"},
            {"outputs": ("hologram",)},
            {"outputs": ("elsewhere/film.mp4",)},
            {"personas": ("nobody",)},
        ):
            with pytest.raises(ThespisError):
                director.choose(replace(before, **wrong))
        assert director.choice == before


def test_an_output_that_cannot_be_had_is_refused_and_the_show_goes_on(
    directed, sinks: list[SlateWatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "outputs_here", lambda chosen: [Option("window", "a window", "no screen")])
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing")
        before = director.choice
        with pytest.raises(SinkError, match="no screen; choose another; nothing was changed"):
            director.choose(replace(before, outputs=("null", "window")))
        assert director.choice == before
        frames = sinks[0].frames
        until(lambda: sinks[0].frames > frames + 5)
        assert len(sinks) == 1, "it is the same show"


@pytest.mark.parametrize("wrong", [{"outputs": ("null", "udp://203.0.113.1:1")}, {"source": "/dev/video987"}])
def test_what_cannot_be_opened_ends_no_show(
    directed, sinks: list[SlateWatch], monkeypatch: pytest.MonkeyPatch, wrong: dict[str, object]
) -> None:
    watched = performance.open_sink

    class Shut(NullSink):
        def open(self, size_wh: tuple[int, int], fps: float) -> None:
            raise SinkError("udp", got="no route")

    def open_sink(spec: str, **words: object):
        return Shut() if spec.startswith("udp") else watched(spec, **words)

    monkeypatch.setattr(performance, "open_sink", open_sink)
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing")
        before = director.choice
        director.choose(replace(before, **wrong))
        until(lambda: "the show goes on as before" in texts(director))
        until(lambda: director.status == "playing" and sinks[-1].frames > 3)
        assert director.choice == before
        assert [one.kind for one in director.controls.messages.after(0)].count("fault") == 1
        director.stop()
        until(lambda: director.status == "stopped")
        director.choose(replace(before, **wrong))
        director.start()
        until(lambda: director.error is not None and director.status == "stopped")
        assert texts(director).count("goes on as before") == 1, "nothing played that could go on"


def test_a_show_that_goes_on_shows_nobody_whom_either_choice_covered(directed, sinks: list[SlateWatch]) -> None:
    with directed(max_faces=2) as director:
        director.cast("pinned", {})
        director.start()
        until(lambda: director.status == "playing")
        director.choose(replace(director.choice, source="/dev/video987", rule="everyone", faces=3))
        until(lambda: "the show goes on as before" in texts(director))
        until(lambda: director.status == "playing" and sinks[-1].frames > 3)
        assert (director.choice.rule, director.choice.faces, director.choice.source) == ("everyone", 3, "demo")
        assert director.controls.wearing.casting.now.rule == "everyone"


def test_another_choice_while_it_plays_plays_at_once(directed, sinks: list[SlateWatch]) -> None:
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing")
        director.choose(replace(director.choice, personas=director.choice.personas * 2, rule="place"))
        until(lambda: len(sinks) == 2 and director.status == "playing")
        assert len(director.controls.wearing.places) == 2
        assert director.controls.wearing.casting.now.rule == "place"


def test_who_was_worn_at_the_end_is_worn_again(directed) -> None:
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing")
        assert director.controls.do("next_persona").startswith("persona other")
        director.stop()
        until(lambda: director.status == "stopped")
        director.start()
        until(lambda: director.status == "playing")
        assert [one.name for one in director.controls.wearing.personas] == ["other"]
        director.stop()
        until(lambda: director.status == "stopped")
        director.wear(0, director.controls.gallery.key_of(load_other(director, "tiny")))
        director.start()
        until(lambda: director.status == "playing")
        assert [one.name for one in director.controls.wearing.personas] == ["tiny"]


def test_what_can_be_chosen_is_what_the_catalogs_know(directed) -> None:
    with directed(outputs=("null",), source="demo") as director:
        assert "demo" in [one.spec for one in director.sources()]
        specs = [one.spec for one in director.outputs()]
        assert {"camera", "window"} <= set(specs)
        for spec in specs:
            performance.open_sink(spec)


def test_what_is_chosen_while_it_loads_is_what_plays(directed, sinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else somebody's own face goes out under a rule that the panel no longer shows."""
    asked: list[str] = []
    real = performance.wearing

    with directed() as director:

        @contextmanager
        def loading(*args: object, **words: object) -> Iterator[object]:
            if not asked:
                asked.append("while it loads")
                director.cast("place", {})
                director.wear(0, director.controls.gallery.key_of(load_other(director, "other")))
            with real(*args, **words) as worn:  # type: ignore[arg-type]
                yield worn

        monkeypatch.setattr(performance, "wearing", loading)
        director.start()
        until(lambda: director.status == "playing" and sinks[-1].frames > 1)
        worn = director.controls.wearing
        assert worn is not None
        assert worn.casting.now.rule == "place"
        assert worn.personas[0].name == "other"


def test_who_is_chosen_before_a_new_show_begins_is_worn_in_it(directed, sinks) -> None:
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing" and sinks[0].frames > 1)
        director.choose(replace(director.choice, faces=2))
        director.wear(0, director.controls.gallery.key_of(load_other(director, "other")))
        until(lambda: director.status == "playing" and len(sinks) > 1 and sinks[-1].frames > 1)
        assert director.controls.wearing is not None
        assert director.controls.wearing.personas[0].name == "other"
