"""A network opened on a provider: what it is told, where it may keep things, and whether it does the work at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import onnxruntime
import pytest
from timed_candidates import CARD, PLAIN
from tiny_personas import make_graph

from realtime.errors import PersonaError
from realtime.persona import opening, runtime
from realtime.persona.onnx_ends import first_axes
from realtime.persona.opening import Wanted, open_candidate
from realtime.persona.provider import PROVIDERS, Candidate, Provider, Way
from realtime.persona.provider_options import Opening

CPU = "CPUExecutionProvider"


def compiling(opening: Opening) -> dict[str, str]:
    return {"cache_dir": str(opening.cache)} if opening.cache else {"without": "a cache"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What sessions were opened with; they run on the processor."""
    heard: list[Any] = []
    real = opening.open_session

    def opened(graph: bytes, options: Any, providers: Any, ready_s: float) -> Any:
        heard.append((providers, options))
        return real(graph, options, [CPU], ready_s)

    monkeypatch.setattr(opening, "open_session", opened)
    return heard


def test_what_is_compiled_lies_in_a_folder_of_its_own(wanted: Wanted, told: list[Any]) -> None:
    row = replace(CARD, ways=(Way("", compiling),))
    open_candidate(wanted, Candidate(row, row.ways[0], "fp16"))
    (_, words), *_ = told[0][0]
    assert words["cache_dir"].startswith(str(wanted.cache / "card"))
    assert [path.is_dir() for path in (wanted.cache / "card").glob("*/0")] == [True]


def test_where_nothing_can_be_kept_it_is_opened_all_the_same(wanted: Wanted, told: list[Any]) -> None:
    wanted.cache.write_text("a file where a folder should be")
    row = replace(CARD, ways=(Way("", compiling),))
    assert open_candidate(wanted, Candidate(row, row.ways[0], "fp16")).buffers.together == 2
    assert told[0][0] == [(CPU, {"without": "a cache"})]


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.name)
def test_without_a_cache_no_option_names_a_place(row: Provider) -> None:
    opening = Opening("fp16", {"input": (1, 7, 64, 64)}, True, 4, 2, None, None)
    for way in row.ways:
        assert not any("None" in value or "cache" in name for name, value in way.options(opening).items())


def test_what_part_of_a_network_a_provider_takes() -> None:
    graph = make_graph()
    session = runtime.open_session(graph, runtime.session_options(graph, 1), [CPU])
    assert runtime.part_taken(session, "NoSuchExecutionProvider") == 0
    assert runtime.part_taken(session, CPU) == 0  # nothing was left to anybody but the processor
    assert runtime.part_taken(onnxruntime.InferenceSession(graph, providers=[CPU]), CPU) is None


@pytest.mark.parametrize(("part", "is_refused"), [(0.0, True), (0.4, True), (0.6, False), (None, False)])
def test_what_leaves_the_work_to_the_processor_is_refused(
    wanted: Wanted, monkeypatch: pytest.MonkeyPatch, part: float | None, is_refused: bool
) -> None:
    class Listed:
        """A session that says it has a provider."""

        def __init__(self, session: Any) -> None:
            self._session = session

        def get_providers(self) -> list[str]:
            return ["CardExecutionProvider", CPU]

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

    real = opening.open_session
    monkeypatch.setattr(
        opening, "open_session", lambda graph, options, _, ready_s: Listed(real(graph, options, [CPU], ready_s))
    )
    monkeypatch.setattr(opening, "part_taken", lambda session, name: part)
    candidate = Candidate(replace(CARD, ort_name="CardExecutionProvider"), PLAIN, "fp16")
    if not is_refused:
        assert open_candidate(wanted, candidate).candidate == candidate
        return
    with pytest.raises(PersonaError, match="wanted a network that Card computes, got it takes"):
        open_candidate(wanted, candidate)


def test_an_axis_of_any_name_is_closed_where_a_provider_takes_no_batches(
    wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = make_graph(batch="whatever it is called")
    one_by_one = replace(wanted, persona=replace(wanted.persona, graphs={"fp16": graph}))
    sessions: list[Any] = []
    real = opening.open_session

    def opened(*words: Any) -> Any:
        sessions.append(real(*words))
        return sessions[-1]

    monkeypatch.setattr(opening, "open_session", opened)
    for batches, first in ((False, 1), (True, "whatever it is called")):
        open_candidate(one_by_one, Candidate(replace(CARD, batches=batches), PLAIN, "fp16"))
        assert [end.shape[0] for end in sessions[-1].get_inputs()] == [first]


@pytest.mark.parametrize(("batch", "axis", "is_open"), [("faces", "faces", True), (None, 1, False)])
def test_a_profile_goes_by_the_graph(
    wanted: Wanted, told: list[Any], batch: str | None, axis: str | int, is_open: bool
) -> None:
    graph = make_graph(batch=batch) if batch else make_graph()
    assert list(first_axes(graph).values()) == [axis]
    heard: list[bool] = []

    def listen(opening: Opening) -> dict[str, str]:
        heard.append(opening.open_axis)
        return {}

    row = replace(CARD, ways=(Way("", listen),))
    persona = replace(wanted.persona, graphs={"fp16": graph})
    open_candidate(replace(wanted, persona=persona), Candidate(row, row.ways[0], "fp16"))
    assert heard == [is_open]
