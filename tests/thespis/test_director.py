"""Shows that are started, stopped, changed and that fail, while the panel stays."""

from __future__ import annotations

import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

import av
import numpy as np
import pytest
from rich.console import Console

from realtime.choice import Option
from realtime.composite.slate import draw_slate
from realtime.control import Controls
from realtime.disclosure import signing_key
from realtime.errors import SinkError, ThespisError
from realtime.frame import Frame
from realtime.panel import address
from realtime.panel.preview import Onlooker
from realtime.persona import saved_fit
from realtime.persona.catalog import load_persona
from realtime.persona.gallery import Gallery
from realtime.settings import Live, Settings
from realtime.sink.keeper import KeeperSink
from realtime.sink.null import NullSink
from thespis import choices, performance
from thespis.director import Director
from thespis.performance import Programme
from thespis.spoken import SpokenScreen

Thespis = Callable[..., int]
LIMIT_S = 60.0
SIZE_WH = (320, 240)


def until(what: Callable[[], object]) -> None:
    """Wait for something that another thread brings about."""
    never = threading.Event()
    for _ in range(int(LIMIT_S / 0.02)):
        if what():
            return
        never.wait(0.02)
    raise AssertionError("it did not come about")


class SlateWatch(NullSink):
    """Counts frames, and how many of them were the slate."""

    slate = draw_slate(SIZE_WH)

    def __init__(self) -> None:
        super().__init__()
        self.name, self.slates = "watch", 0

    def write(self, frame: Frame) -> None:
        super().write(frame)
        self.slates += bool(np.array_equal(frame.image, self.slate))


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(saved_fit, "fits_folder", lambda: tmp_path / "fits")
    monkeypatch.setattr(signing_key, "credentials_folder", lambda: tmp_path / "credentials")
    monkeypatch.setattr(address, "token_file", lambda: tmp_path / "token")


@pytest.fixture
def sinks(monkeypatch: pytest.MonkeyPatch) -> list[SlateWatch]:
    """Every `null` that is opened, watched."""
    made: list[SlateWatch] = []
    real = performance.open_sink

    def open_watched(spec: str, **words: object):
        if spec != "null":
            return real(spec, **words)  # type: ignore[arg-type]
        made.append(SlateWatch())
        return made[-1]

    monkeypatch.setattr(performance, "open_sink", open_watched)
    return made


@pytest.fixture
def directed(tiny_persona: Path, tmp_path: Path) -> Callable[..., object]:
    @contextmanager
    def start(*, ends_with_show: bool = False, **words: object) -> Iterator[Director]:
        persona = load_persona(str(tiny_persona))
        other = replace(persona, name="other")
        programme = Programme("demo", ("null",), [persona], 1, size_wh=SIZE_WH)
        programme = replace(programme, **words)  # type: ignore[arg-type]
        screen = SpokenScreen(Console(file=StringIO()))
        gallery = Gallery([persona, other], builtin=tmp_path / "none", user=tmp_path / "none")
        keeper = KeeperSink(say=screen.say, folder=tmp_path / "kept")
        with Controls(Live(Settings()), gallery, keeper, screen.messages) as controls:
            director = Director(programme, controls, Onlooker(), screen, ends_with_show=ends_with_show)
            thread = threading.Thread(target=director.run)
            thread.start()
            try:
                yield director
            finally:
                director.quit()
                thread.join(LIMIT_S)
                assert not thread.is_alive()

    return start


def texts(director: Director) -> str:
    return "\n".join(one.text for one in director.controls.messages.after(0))


def test_it_plays_stops_and_plays_again(directed, sinks: list[SlateWatch]) -> None:
    with directed() as director:
        assert director.status == "stopped"
        assert director.controls.wearing is None
        for number in (1, 2):
            director.start()
            until(lambda: director.status == "playing")
            assert len(sinks) == number
            assert [one.name for one in director.controls.wearing.personas] == ["tiny"]
            director.stop()
            until(lambda: director.status == "stopped")
            assert director.last is not None
            assert director.last.tally.frames > 0
            assert director.controls.wearing is None


def test_what_fails_is_told_and_the_next_show_plays(directed, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"hello")
    with directed(source=str(film)) as director:
        director.start()
        until(lambda: director.error is not None and director.status == "stopped")
        (fault,) = [one for one in director.controls.messages.after(0) if one.kind == "fault"]
        assert str(film) in fault.text
        director.choose(replace(director.choice, source="demo"))
        assert director.status == "stopped", "what is chosen while nothing plays waits for the start"
        director.start()
        until(lambda: director.status == "playing")


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


def test_a_film_that_was_an_output_is_not_recorded_over_by_the_show_that_goes_on(directed, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with directed(outputs=("null", str(out))) as director:
        director.start()
        until(lambda: director.status == "playing" and director.timing.counts()[0] > 5)
        director.choose(replace(director.choice, outputs=("null",), source="/dev/video987"))
        until(lambda: "the show goes on as before, without" in texts(director))
        before = out.read_bytes()
        until(lambda: director.status == "playing" and director.timing.counts()[0] > 5)
        assert director.choice.outputs == ("null",)
    assert out.read_bytes() == before


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


def load_other(director: Director, name: str):
    gallery = director.controls.gallery
    return gallery.load(next(card.key for card in gallery.cards() if card.name == name))


def test_hidden_stays_hidden_over_a_stop_and_a_start(directed, sinks: list[SlateWatch]) -> None:
    with directed() as director:
        director.controls.do("hide")
        for _ in range(2):
            director.start()
            until(lambda: director.status == "playing" and sinks[-1].frames > 3)
            director.stop()
            until(lambda: director.status == "stopped")
        assert [sink.slates for sink in sinks] == [sink.frames for sink in sinks]


def test_while_hidden_every_output_gets_the_slate_and_then_the_picture_again(directed, sinks: list[SlateWatch]) -> None:
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing" and sinks[0].frames > 3)
        before = sinks[0].slates
        assert director.controls.do("hide") == "hidden: viewers see the slate"
        frames, slates = sinks[0].frames, sinks[0].slates
        until(lambda: sinks[0].frames > frames + 5)
        seen, covered = sinks[0].frames, sinks[0].slates
        assert covered - slates >= seen - frames, "not one got by"
        assert slates - before <= 1
        director.controls.do("show")
        until(lambda: sinks[0].frames - sinks[0].slates > frames - slates)


def test_a_recording_gets_the_slate_while_hidden(directed, tmp_path: Path) -> None:
    with directed() as director:
        director.start()
        until(lambda: director.status == "playing")
        path = director.controls.keeper.start_recording()
        until(lambda: path.stat().st_size > 0 and director.timing.counts()[0] > 10)
        director.controls.do("hide")
        frames = director.timing.counts()[0]
        until(lambda: director.timing.counts()[0] > frames + 5)
        director.controls.record(on=False)
    with av.open(str(path)) as film:
        last = [picture.to_ndarray(format="bgr24") for picture in film.decode(video=0)][-1]
    assert np.abs(last.astype(int) - SlateWatch.slate).mean() < 3


def test_a_show_that_ends_by_itself_ends_the_run_where_that_is_wanted(directed) -> None:
    with directed(ends_with_show=True, seconds=0.5) as director:
        director.start()
        until(lambda: director._transport.quitting)
        assert director.last is not None


def test_what_was_recorded_is_not_recorded_over(directed, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with directed(outputs=(str(out),)) as director:
        director.start()
        until(lambda: director.status == "playing" and director.timing.counts()[0] > 5)
        director.stop()
        until(lambda: director.status == "stopped")
        until(lambda: director.choice.outputs == ())
        before = out.read_bytes()
        director.start()
        until(lambda: director.status == "playing" and director.timing.counts()[0] > 5)
        director.stop()
        until(lambda: director.status == "stopped")
        assert out.read_bytes() == before
        assert "is no output any more" in texts(director)


WORDS = ("--source", "demo", "--size", "320x240")


def test_run_with_a_panel_shows_its_address_and_ends_with_the_source(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with address.listen(0) as free:
        port = free.getsockname()[1]
    report = tmp_path / "report.json"
    words = (*WORDS, "--persona", tiny_persona, "--output", "null", "--seconds", "1", "--panel", "--panel-port", port)
    assert thespis("run", *map(str, words), "--json", report) == 0
    said = capsys.readouterr().err
    token = (tmp_path / "token").read_text().strip()
    assert said.count(f"http://127.0.0.1:{port}/{token}/") == 1
    assert "frames:" in said
    assert report.exists()


@pytest.mark.parametrize("command", ["run", "panel"])
def test_a_port_that_is_taken_ends_1_with_the_next_step(
    thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with address.listen(0) as taken:
        port = taken.getsockname()[1]
        words = (*WORDS, "--persona", tiny_persona, "--output", "null", "--panel-port", str(port))
        assert thespis(command, *words, *(["--panel"] if command == "run" else [])) == 1
    assert "wanted a free port" in capsys.readouterr().err


def test_the_panel_alone_waits_for_start_and_ends_on_ctrl_c(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with address.listen(0) as free:
        port = free.getsockname()[1]
    old = address.own_token()
    seen: list[str] = []

    def visit() -> None:
        def page() -> bool:
            token = (tmp_path / "token").read_text().strip()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{token}/options", timeout=5) as answer:
                    seen.append(answer.read().decode())
            except urllib.error.URLError:
                return False
            return True

        until(page)
        os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=visit)
    visitor.start()
    words = (*WORDS, "--persona", tiny_persona, "--panel-port", str(port), "--new-token", "--no-browser")
    assert thespis("panel", *words) == 0
    visitor.join(LIMIT_S)
    assert '"demo"' in seen[0]
    assert old not in capsys.readouterr().err, "it was changed"


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


def test_the_source_is_never_recorded_over(directed, tmp_path: Path) -> None:
    film = tmp_path / "take.mp4"
    film.write_bytes(b"precious")
    with directed(source=str(film), outputs=(str(film),)) as director:
        director.start()
        until(lambda: director.error is not None)
        assert "the source itself" in str(director.error)
    assert film.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("output", "watched"),
    [("camera", True), ("window", True), ("udp://127.0.0.1:9", True), ("null", False), ("a.mp4", False)],
)
def test_a_film_is_played_at_its_own_rate_where_people_look(output: str, watched: bool) -> None:
    assert performance._is_watched(output) is watched
