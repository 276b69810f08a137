"""Everything that breaks is broken here too, quicker; and what judges it is tried on what is known."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks import faults, leaks, scenes, soak
from benchmarks.altered import measure_altered
from benchmarks.safety import kept, main, make_tables
from benchmarks.scenes import EFFECTS, Moment, happening
from realtime.persona.catalog import load_persona
from realtime.settings import Settings
from realtime.source import camera

SIZE_WH = (480, 270)


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    there = list(islice(scenes.performer(4, 5, size_wh=SIZE_WH), 60))
    return there + there[::-1]


@pytest.mark.parametrize("name", [name for name in faults.FAULTS if name != "the computer sleeps"])
def test_whatever_breaks_output_goes_on_and_shows_nobody(
    name: str, moments: list[Moment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_FROZEN_S", 0.3)
    outcome = faults.play(name, faults.FAULTS[name], moments, pace=0.2)
    assert outcome.went_on, outcome
    assert not math.isnan(outcome.recovery_s)
    assert outcome.leaks == 0
    assert outcome.frames > 10


@pytest.mark.parametrize("effect", EFFECTS)
def test_where_faces_are_stays_true_through_what_happens(effect: str, moments: list[Moment]) -> None:
    """What is drawn in a face, green dots on three of its points, is found where the points are afterwards."""
    source = moments[:60:15]
    marked = []
    for moment in source:
        image = moment.image.copy()
        for x, y in np.rint(moment.faces[0][[1, 152, 10]]).astype(int):
            image[y - 2 : y + 3, x - 2 : x + 3] = (0, 255, 0)
        marked.append(Moment(image, moment.faces))
    if effect in ("light off and on", "motion blur", "hand, mug, microphone, hair"):
        after = list(happening(iter(marked), EFFECTS[effect]()))
        assert all((one.faces[0] == before.faces[0]).all() for one, before in zip(after, source, strict=True))
        return
    for moment in happening(iter(marked), EFFECTS[effect]()):
        height, width = moment.image.shape[:2]
        for x, y in moment.faces[0][[1, 152, 10]]:
            if 3 <= x < width - 3 and 3 <= y < height - 3:
                near = moment.image[
                    round(float(y)) - 1 : round(float(y)) + 2, round(float(x)) - 1 : round(float(x)) + 2
                ]
                assert (near[..., 1].astype(int) - near[..., 2]).max() > 90


def test_a_scene_that_is_shown_as_it_is_leaks_in_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter counts: without swaps, and `show` wished for, every frame is the performer's own."""
    monkeypatch.setattr("realtime.place.Place.__call__", lambda place, frame: frame)
    bare = scenes.performer(0.5, 5, size_wh=SIZE_WH)
    tally = leaks.play("bare", bare, load_persona("hopper"), Settings(when_lost="show"))
    assert (tally.frames, tally.judged, tally.leaks, tally.worn) == (15, 15, 15, 0)
    assert tally.most_own > 0.9
    assert len(tally.pictures) == 6


def test_four_people_sit_where_they_are_said_to() -> None:
    (moment,) = islice(scenes.round_table(1 / 30), 1)
    middles = sorted(float(face[:, 0].mean()) for face in moment.faces)
    assert middles == pytest.approx([160, 480, 800, 1120], abs=60)


def test_a_short_soak_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "WARM_UP_S", 1.0)
    monkeypatch.setattr(soak, "CHANGE_EVERY_S", 0.5)
    told = soak.soak(0.04, [lambda: load_persona("hopper")])
    assert told["out_of_order"] == told["threads_left"] == told["handles_left"] == told["leaks"] == 0
    assert told["frames"] > 10
    assert make_tables({"frames": 1, "leaks": 0, "soak": told})


def test_a_changed_byte_of_a_recording_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.altered._FRAMES", 6)
    monkeypatch.setattr("benchmarks.altered._CHANGES", 12)
    told = measure_altered(load_persona("hopper"), tmp_path)["credentials"]
    assert told == {"valid": True, "trusted": True, "changes": 12, "unnoticed": 0}


@pytest.mark.parametrize(
    "broken",
    [
        {"leaks": 1},
        {"faults": [{"went_on": True}, {"went_on": False}]},
        {"watermark": {"scaled": 0.9}},
        {"watermark_false_alarms": 1},
        {"credentials": {"valid": False, "unnoticed": 0}},
        {"credentials": {"valid": True, "unnoticed": 1}},
    ],
)
def test_it_says_where_a_promise_was_not_kept(broken: dict[str, object]) -> None:
    whole = {
        "leaks": 0,
        "faults": [{"went_on": True}],
        "watermark": {"scaled": 1.0},
        "watermark_asked": {"scaled": 1.0},
        "watermark_false_alarms": 0,
        "credentials": {"valid": True, "unnoticed": 0},
    }
    assert kept(whole)
    assert not kept(whole | broken)


def test_a_part_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "leeks"]) == 2
    assert "got leeks" in capsys.readouterr().err
