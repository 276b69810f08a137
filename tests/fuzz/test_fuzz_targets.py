"""Every target holds for what the fuzzers found interesting, for its seeds, and for what Hypothesis makes of both."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import CORPUS, TARGETS, find_target, kept_inputs

_LARGEST_CORPUS = 300 * 1024


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    return tuple(find_target(name).seeds())


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_and_the_seeds_still_hold(name: str) -> None:
    kept = kept_inputs(name)
    assert kept, f"no corpus of {name}"
    for content in (*(path.read_bytes() for path in kept), *seeds(name)):
        find_target(name).one_input(content)


@pytest.mark.parametrize("name", TARGETS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(data=st.data())
def test_anything_is_a_good_result_or_a_clean_error(name: str, data: st.DataObject) -> None:
    edited = bytearray(data.draw(st.sampled_from(seeds(name)) | st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(edited)))
        edited[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=12))
    find_target(name).one_input(bytes(edited))


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) <= _LARGEST_CORPUS
