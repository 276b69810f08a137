"""Shows that are started, hidden, recorded, stopped and that fail, while the panel stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from shows import SlateWatch, texts, until

from thespis import performance


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
