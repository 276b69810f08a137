"""Python's search for cycles, kept away from what a loop stands on."""

from __future__ import annotations

import gc

import pytest

from realtime.memory import unsearched_for_garbage


def test_what_was_there_is_left_alone_and_searched_again_afterwards() -> None:
    here: list[object] = []
    with unsearched_for_garbage():
        assert gc.get_freeze_count() > 1000
        assert not any(one is here for one in gc.get_objects())
    assert gc.get_freeze_count() == 0
    assert any(one is here for one in gc.get_objects())


def test_a_failure_ends_it_too() -> None:
    with pytest.raises(RuntimeError), unsearched_for_garbage():
        raise RuntimeError
    assert gc.get_freeze_count() == 0
