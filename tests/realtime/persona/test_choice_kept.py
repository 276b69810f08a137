"""What was measured is kept from one start to the next; what failed, for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from timed_candidates import CARD, SURE, Clock, kept

from realtime.errors import PersonaError
from realtime.persona import opening
from realtime.persona.choosing import choose
from realtime.persona.first_runs import run_failed
from realtime.persona.opening import Wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"card//fp16": "fast"}',
        "{",
        '{"a": {"failed": 1, "at_s": "x"}}',
        '{"abacus//fp16": 1}',
        "x" * 100_000,
        '{"a": 1' + "0" * 400 + "}",
        "[" * 16_000,
    ],
)
def test_what_cannot_be_read_is_measured_again(
    clock: Clock, wanted: Wanted, table: Callable[..., None], text: str
) -> None:
    table(CARD, SURE)
    choose(wanted)
    for path in (wanted.cache / "choices").iterdir():
        path.write_text(text)
    clock.forget()
    choose(wanted)
    assert clock.timed
    assert len(kept(wanted)[0]) == len(clock.timed)


def test_a_cache_that_cannot_be_written_costs_the_next_start_a_measurement_and_no_more(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    wanted.cache.write_text("a file where a folder should be")
    for _ in range(2):
        clock.forget()
        assert choose(wanted).opened.candidate.row.name == "card"
        assert clock.timed


def test_a_way_that_fails_is_passed_over_and_remembered(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    fault = run_failed("tiny", "card", RuntimeError("cannot capture"))
    clock.fails = {"card/captured/fp16": fault, "card/captured/fp32": fault}
    chosen = choose(wanted)
    assert chosen.opened.candidate.name == "sure//int8"
    assert "Card, fp16, captured, Card, fp32, captured: cannot capture" in chosen.said
    assert kept(wanted)[0]["card/captured/fp16"] == {"failed": "cannot capture", "at_s": 1e9}
    clock.forget()
    assert choose(wanted).said == chosen.said
    assert clock.opened == ["sure//int8"]


def test_a_failure_may_pass(clock: Clock, wanted: Wanted, table: Callable[..., None]) -> None:
    table(CARD, SURE)
    fault = run_failed("tiny", "card", RuntimeError("out of memory"))
    clock.ms = {"card//fp16": 2, "card//fp32": 3, "card/captured/fp16": 1, "card/captured/fp32": 9}
    clock.fails = {"card/captured/fp16": fault}
    assert choose(wanted).opened.candidate.name == "card//fp16"
    clock.fails = {}
    clock.forget()
    assert choose(wanted).opened.candidate.name == "card//fp16"
    clock.now_s += 3601
    clock.forget()
    chosen = choose(wanted)
    assert (chosen.opened.candidate.name, clock.timed) == ("card/captured/fp16", ["card/captured/fp16"])
    assert "out of memory" not in chosen.said
    clock.forget()
    assert choose(wanted).said == chosen.said
    assert clock.timed == []


def test_missing_libraries_are_looked_for_again_at_every_start(
    clock: Clock, wanted: Wanted, table: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_providers", lambda wanted, candidate: ["CPUExecutionProvider"])
    table(replace(CARD, ort_name="NoSuchExecutionProvider", library="abacus"), replace(SURE, doubtful=lambda: True))
    timed = ["sure//int8", "sure//fp32"]
    for _ in range(2):
        clock.forget()
        assert choose(wanted).said == (
            "Sure, int8 (measured 10.0 ms; Sure, fp32: 10.0 ms; Card: its libraries do not load, pip install abacus)"
        )
        assert clock.opened == ["card/captured/fp16", *(timed or ["sure//int8"])]
        assert clock.timed == timed  # what is known is not measured again
        timed = []
    with pytest.raises(PersonaError, match="wanted Card, got its libraries do not load"):
        choose(wanted, "card")


def test_the_remembered_best_may_fail_today(clock: Clock, wanted: Wanted, table: Callable[..., None]) -> None:
    table(CARD, SURE)
    clock.ms = {"card/captured/fp16": 1, "sure//int8": 2}
    assert choose(wanted).opened.candidate.name == "card/captured/fp16"
    clock.fails = {"card/captured/fp16": run_failed("tiny", "card", RuntimeError("out of memory"))}
    chosen = choose(wanted)
    assert chosen.opened.candidate.name == "sure//int8"
    assert "Card, fp16, captured: out of memory" in chosen.said
