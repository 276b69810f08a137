"""A persona is worn as it was worn last; a file that is no such thing is neither believed nor lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_personas import TODAY

from realtime.fit import Fit
from realtime.persona.package import Persona, read_persona
from realtime.persona.saved_fit import as_last_time, fit_file, remembered, restore_fit, save_fit

FIT = Fit(feather=0.1, keep_eyes=True, colour="linear")


@pytest.fixture
def persona(persona_file: Callable[..., Path]) -> Persona:
    return read_persona(persona_file(), today=TODAY)


def test_there_and_back(persona: Persona, tmp_path: Path) -> None:
    assert restore_fit(persona, tmp_path) == (Fit(), "")
    save_fit(persona, FIT, tmp_path)
    fit, said = restore_fit(persona, tmp_path)
    assert fit == FIT
    assert said == ""
    assert as_last_time(persona, fit, fit) == "tiny is worn as last time: feather 0.1, keep_eyes on, colour linear"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            Fit(keep_eyes=True, colour="linear"),
            "tiny is worn as last time: keep_eyes on, colour linear; tiny has the default again: "
            "feather 0.05 (was 0.1)",
        ),
        (
            Fit(),
            "tiny has the default again: feather 0.05 (was 0.1), keep_eyes off (was on), colour spread (was linear)",
        ),
        (replace(FIT, feather=0.02), "tiny is worn as last time: keep_eyes on, colour linear"),
        (replace(FIT, scale=1.1), "tiny is worn as last time: feather 0.1, keep_eyes on, colour linear"),
    ],
)
def test_what_is_reset_is_told_as_such(persona: Persona, now: Fit, said: str) -> None:
    assert as_last_time(persona, FIT, now) == said


def test_where_nothing_was_remembered_nothing_is_said(persona: Persona) -> None:
    assert as_last_time(persona, Fit(), FIT) == ""


def test_what_is_remembered_is_listed_by_persona(persona: Persona, tmp_path: Path) -> None:
    assert remembered(tmp_path / "none") == {}
    save_fit(persona, FIT, tmp_path)
    save_fit(replace(persona, name="a-b"), Fit(scale=1.1), tmp_path)
    (tmp_path / "broken-0123456789ab.json").write_text("{")
    fit_file(replace(persona, name="odd"), tmp_path).write_text('{"charm": 1, "feather": 9, "mirror": true}')
    assert remembered(tmp_path) == {
        "a-b": {"scale": 1.1},
        "odd": {"mirror": True},
        "tiny": {"feather": 0.1, "keep_eyes": True, "colour": "linear"},
    }
    save_fit(replace(persona, portrait=b"another"), Fit(scale=1.1), tmp_path)
    twice = [name for name in remembered(tmp_path) if name.startswith("tiny-")]
    assert len(twice) == 2


def test_the_default_leaves_no_file(persona: Persona, tmp_path: Path) -> None:
    save_fit(persona, FIT, tmp_path)
    save_fit(persona, Fit(), tmp_path)
    assert not fit_file(persona, tmp_path).exists()
    save_fit(persona, Fit(opacity=0.5), tmp_path)
    assert restore_fit(persona, tmp_path)[0] == Fit()


def test_what_may_not_be_is_left_out_and_told(persona: Persona, tmp_path: Path) -> None:
    kept = {"feather": 0.1, "scale": 9, "charm": 1, "opacity": 0.2, "mirror": "yes"}
    fit_file(persona, tmp_path).write_text(json.dumps(kept))
    fit, said = restore_fit(persona, tmp_path)
    assert fit == Fit(feather=0.1)
    assert said.endswith("charm, mirror, opacity, scale")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"0" * 20_000])
def test_a_broken_file_is_told_and_set_aside(persona: Persona, tmp_path: Path, content: bytes) -> None:
    path = fit_file(persona, tmp_path)
    path.write_bytes(content)
    fit, said = restore_fit(persona, tmp_path)
    assert fit == Fit()
    assert "cannot be read" in said
    save_fit(persona, FIT, tmp_path)
    assert restore_fit(persona, tmp_path)[0] == FIT
    assert path.with_name(path.name + ".unreadable").read_bytes() == content


def test_a_place_that_cannot_be_written_is_told(persona: Persona, tmp_path: Path) -> None:
    assert save_fit(persona, FIT, tmp_path) == ""
    (tmp_path / "file").write_text("")
    assert "how tiny sits is not kept for the next run" in save_fit(persona, FIT, tmp_path / "file")
    assert restore_fit(persona, tmp_path / "file")[0] == Fit()


def test_a_number_without_end_and_a_name_without_end(persona: Persona, tmp_path: Path) -> None:
    fit_file(persona, tmp_path).write_text('{"feather": 1' + "0" * 400 + "}")
    assert restore_fit(persona, tmp_path) == (Fit(), f"left out of {fit_file(persona, tmp_path)}: feather")
    endless = replace(persona, name="n" * 300)
    assert save_fit(endless, FIT, tmp_path) == ""
    assert restore_fit(endless, tmp_path)[0] == FIT
