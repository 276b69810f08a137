"""Which way a network is run in: measured once, remembered, and never measured where films are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from timed_candidates import CARD, PLAIN, SLOW, SURE, Clock, kept
from tiny_personas import TODAY, make_graph

from realtime.errors import PersonaError
from realtime.persona import candidates, choosing, opening
from realtime.persona.choosing import choose, steady_provider
from realtime.persona.first_runs import run_failed
from realtime.persona.manner import steady, untimed
from realtime.persona.opening import Wanted
from realtime.persona.package import Persona, read_persona
from realtime.persona.provider import Candidate

Write = Callable[..., Path]


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
    for _ in range(2):  # nor at the second start
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


def test_there_are_never_more_than_two_open_and_what_was_not_chosen_is_gone(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    clock.ms = {"card/captured/fp16": 1}
    chosen = choose(wanted)
    assert clock.alive == [0, 1, 1, 1, 1]  # before the next is opened
    assert clock.networks() == 1
    assert chosen.opened.candidate.name == "card/captured/fp16"


def test_what_failed_holds_no_memory(
    clock: Clock, wanted: Wanted, table: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table(replace(CARD, ways=(PLAIN,)), SURE)
    monkeypatch.setattr(choosing, "time_ms", fail_on_a_card)
    search = choosing._Search(wanted, "auto", "auto")
    opened = search.fastest(choosing.Measured())
    assert opened.candidate.name == "sure//int8"
    assert clock.networks() == 1
    assert "device lost" in search.said_of(opened, choosing.Measured()).said


def fail_on_a_card(persona: Persona, candidate: Candidate, binding: object) -> float:
    if candidate.row.name == "card":
        try:
            held = binding
            raise RuntimeError("device lost")
        except RuntimeError as error:
            del held
            raise run_failed(persona.name, "card", error) from error
    return 1.0


def test_while_a_loop_runs_nothing_is_measured_or_kept(
    clock: Clock, wanted: Wanted, table: Callable[..., None]
) -> None:
    table(CARD, SURE)
    clock.ms = {"card//fp16": 1}
    assert choose(wanted, untimed("auto")).opened.candidate.name == "card/captured/fp16"  # as the table has it
    assert (clock.timed, wanted.cache.exists()) == ([], False)
    choose(wanted)
    assert choose(wanted, untimed("auto")).opened.candidate.name == "card//fp16"  # as was measured
    assert untimed(steady("card")) == "card:steady"


def test_films_are_made_with_kernels_that_sum_in_one_order(
    clock: Clock, wanted: Wanted, table: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = opening.open_session

    def opened(graph: bytes, options: Any, *more: Any) -> Any:
        asked.append(options.use_deterministic_compute)
        return real(graph, options, *more)

    monkeypatch.setattr(opening, "open_session", opened)
    table(SURE)
    choose(wanted)
    choose(wanted, steady("auto"))
    assert asked == [False, True]
