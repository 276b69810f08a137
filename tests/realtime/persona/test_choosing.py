"""Which way a network is run in: measured once, remembered, and never measured where films are made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_personas import TODAY, make_graph

from realtime.errors import PersonaError
from realtime.persona import candidates, choosing, opening
from realtime.persona.choosing import choose, steady, steady_provider
from realtime.persona.first_runs import run_failed
from realtime.persona.opening import Opened, Wanted
from realtime.persona.package import Persona, read_persona
from realtime.persona.provider import Candidate, Provider, Way

Write = Callable[..., Path]
PLAIN, CAPTURED = Way(), Way("captured", device="cpu", captured=True)
CARD = Provider("card", "Card", "CPUExecutionProvider", ("fp16", "fp32"), ways=(CAPTURED, PLAIN))
SURE = Provider("sure", "Sure", "CPUExecutionProvider", ("int8", "fp32"), doubtful=lambda: False)
SLOW = replace(SURE, name="slow", label="Slow", ways=(Way(burden=2.0),))


class Clock:
    """Says how long each candidate takes, and counts what was opened and timed."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self.opened: list[str] = []
        self.timed: list[str] = []
        self.fails: dict[str, PersonaError] = {}
        self.now_s = 0.0
        self.takes_s = 0.0

    def open(self, wanted: Wanted, candidate: Candidate) -> Opened:
        self.opened.append(candidate.name)
        if candidate.name in self.fails:
            raise self.fails[candidate.name]
        return opening.open_candidate(wanted, candidate)

    def time_ms(self, persona: Persona, candidate: Candidate, binding: object) -> float:
        self.timed.append(candidate.name)
        self.now_s += self.takes_s
        return self.ms.get(candidate.name, 10.0)

    def perf_counter(self) -> float:
        return self.now_s

    def forget(self) -> None:
        self.opened, self.timed = [], []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(choosing, "open_candidate", clock.open)
    monkeypatch.setattr(choosing, "time_ms", clock.time_ms)
    monkeypatch.setattr(choosing, "time", clock)
    return clock


@pytest.fixture
def wanted(persona_file: Write, tmp_path: Path) -> Wanted:
    graphs = {name: make_graph(batch="faces") for name in ("fp32", "fp16", "int8")}
    return Wanted(read_persona(persona_file(graphs), today=TODAY), 1, 2, tmp_path / "cache")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*rows: Provider) -> None:
        for module in (candidates, choosing):
            monkeypatch.setattr(module, "PROVIDERS", rows)

    return use


def kept(wanted: Wanted) -> list[dict[str, float]]:
    return [json.loads(path.read_text()) for path in sorted((wanted.cache / "choices").glob("*"))]


def test_where_there_is_nothing_to_choose_nothing_is_measured(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(SURE)
    assert choose(wanted).said == "Sure, int8"
    assert clock.timed == []
    assert not wanted.cache.exists()


def test_the_fastest_is_kept_and_the_next_start_opens_it_at_once(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    clock.ms = {"card/captured/fp16": 5, "card//fp16": 3, "sure//int8": 8}
    chosen = choose(wanted)
    assert chosen.opened.candidate.name == "card//fp16"
    assert clock.timed == ["card/captured/fp16", "sure//int8", "card//fp16", "card/captured/fp32", "card//fp32"]
    assert kept(wanted) == [dict.fromkeys(clock.timed, 10.0) | clock.ms]
    assert chosen.said == (
        "Card, fp16 (measured 3.0 ms; Card, fp16, captured: 5.0 ms; Sure, int8: 8.0 ms; "
        "Card, fp32, captured: 10.0 ms; Card, fp32: 10.0 ms)"
    )
    clock.forget()
    again = choose(wanted)
    assert (clock.opened, clock.timed) == (["card//fp16"], [])
    assert again.said == chosen.said


def test_what_is_hardly_faster_is_not_chosen(clock: Clock, wanted: Wanted, table: Callable[..., None]) -> None:
    table(replace(CARD, ways=(PLAIN,)))
    clock.ms = {"card//fp16": 4.0, "card//fp32": 3.9}
    assert choose(wanted).opened.candidate.precision == "fp16"


@pytest.mark.parametrize(("card_ms", "best"), [(15, "card"), (25, "slow")])
def test_a_busy_processor_has_to_be_twice_as_fast(
    clock: Clock, wanted: Wanted, table: Callable[..., None], card_ms: float, best: str
) -> None:
    table(replace(CARD, ways=(PLAIN,), doubtful=lambda: False), SLOW)
    clock.ms = {"card//fp16": card_ms, "slow//int8": 10}
    assert choose(wanted).opened.candidate.row.name == best


def test_where_time_is_up_only_providers_are_tried_of_which_nothing_is_known(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    clock.takes_s = 10
    choose(wanted)
    assert clock.timed == ["card/captured/fp16", "sure//int8"]


def test_another_persona_other_threads_and_another_question_are_measured_anew(
    clock: Clock, wanted: Wanted, table: Callable[..., None], persona_file: Write
) -> None:
    table(CARD, SURE)
    choose(wanted)
    other = read_persona(persona_file({"fp32": make_graph(batch="faces")}, name="other"), today=TODAY)
    for question in (
        lambda: choose(replace(wanted, threads=2)),
        lambda: choose(wanted, "card"),
        lambda: choose(wanted, precision="fp32"),
        lambda: choose(replace(wanted, persona=other)),
    ):
        clock.forget()
        question()
        assert clock.timed
        clock.forget()
        question()
        assert not clock.timed


@pytest.mark.parametrize("text", ["", "[]", '{"card//fp16": "fast"}', "{", '{"abacus//fp16": 1}', "x" * 100_000])
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
    assert kept(wanted)[0]["card/captured/fp16"] == -1
    clock.forget()
    choose(wanted)
    assert len(clock.opened) == 1


def test_missing_libraries_are_looked_for_again_at_every_start(
    clock: Clock, wanted: Wanted, table: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table(replace(CARD, ort_name="NoSuchExecutionProvider", library="abacus"), SURE)
    monkeypatch.setattr(opening, "_providers", lambda wanted, candidate: ["CPUExecutionProvider"])
    for _ in range(2):
        clock.forget()
        assert choose(wanted).said == "Sure, int8 (Card: its libraries do not load, pip install abacus)"
        assert clock.opened == ["card/captured/fp16", "sure//int8"]
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


def test_where_nothing_opens_the_processors_error_is_told(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(replace(CARD, ways=(PLAIN,)), SURE)
    clock.fails = {name: PersonaError(name) for name in ("card//fp16", "card//fp32", "sure//int8")}
    with pytest.raises(PersonaError, match="sure"):
        choose(wanted)


def test_a_provider_that_takes_minutes_is_used_where_it_took_them_before(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(replace(CARD, compiles=True, ways=(PLAIN,), doubtful=lambda: False), SURE)
    said = "Sure, int8 (Card: takes minutes to compile the network, once; --provider card asks for it)"
    assert choose(wanted).said == said
    assert choose(wanted, "card").said == "Card, fp16"
    folder = opening._folder(wanted, candidates.PROVIDERS[0], "fp16")
    folder.mkdir(parents=True)
    (folder / "swap_1.engine").touch()
    clock.ms = {"card//fp16": 1}
    assert choose(wanted).opened.candidate.row.name == "card"


def test_a_steady_choice_measures_nothing_and_takes_the_plainest_way(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(replace(CARD, name="minutes", compiles=True), CARD, SURE)
    clock.ms = {"card//fp16": 99, "sure//int8": 1}
    assert choose(wanted, steady("auto")).opened.candidate.name == "card//fp16"
    assert choose(wanted, steady("sure")).opened.candidate.name == "sure//int8"
    assert choose(wanted, steady("card"), "fp32").opened.candidate.name == "card//fp32"
    assert clock.timed == []
    assert not wanted.cache.exists()


def test_a_steady_provider_is_one_that_all_can_be_run_on(
    clock: Clock, wanted: Wanted, table: Callable[..., None], persona_file: Write
) -> None:
    table(CARD, SURE)
    assert steady_provider([wanted.persona]) == "card:steady"
    assert steady_provider([wanted.persona], "sure") == "sure:steady"
    clock.fails = {"card//fp16": run_failed("tiny", "card", RuntimeError("no such kernel"))}
    small = read_persona(persona_file({"fp32": make_graph()}, name="small"), today=TODAY)
    assert steady_provider([small]) == "card:steady"
    assert steady_provider([small, wanted.persona]) == "sure:steady"
    table(SURE)
    clock.forget()
    assert steady_provider([wanted.persona]) == "sure:steady"
    assert clock.opened == []  # there is nothing else it could be
