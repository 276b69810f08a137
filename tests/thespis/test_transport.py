"""Play, stop and quit: what is on after which of them, in whatever order they come."""

from __future__ import annotations

import threading

import pytest

from thespis.transport import Transport

LIMIT_S = 10.0


def never() -> bool:
    return False


def test_it_says_what_is_on_from_the_start_to_the_end() -> None:
    transport, stops = Transport(), list[str]()
    assert transport.status(0) == "stopped"
    transport.start()
    assert transport.status(0) == "starting"
    assert transport.called()
    assert transport.status(0) == "starting", "its networks are loading"
    with transport.playing(lambda: stops.append("stop"), anew=never):
        assert transport.status(0) == "starting", "nothing has gone out yet"
        assert transport.status(1) == "playing"
        assert not transport.ended_by_hand
        transport.stop()
        assert transport.status(1) == "stopping"
    transport.ended()
    assert transport.status(1) == "stopped"
    assert transport.ended_by_hand
    assert stops == ["stop"]


def test_what_is_stopped_while_it_loads_plays_nothing() -> None:
    transport, stops = Transport(), list[str]()
    transport.start()
    assert transport.called()
    transport.stop()
    with transport.playing(lambda: stops.append("stop"), anew=lambda: True):
        assert stops == ["stop"]
    transport.ended()
    assert transport.status(0) == "stopped", "a stop counts for more than another wish before it"


def test_another_wish_while_it_loads_ends_it_and_begins_anew() -> None:
    transport, stops = Transport(), list[str]()
    transport.start()
    assert transport.called()
    with transport.playing(lambda: stops.append("stop"), anew=lambda: True):
        assert stops == ["stop"]
        assert transport.wanted
    transport.ended()
    assert transport.called()


def test_to_begin_anew_means_nothing_where_nothing_is_on() -> None:
    transport, stops = Transport(), list[str]()
    transport.begin_anew()
    assert transport.status(0) == "stopped"
    transport.start()
    assert transport.called()
    with transport.playing(lambda: stops.append("stop"), anew=never):
        transport.begin_anew()
        assert transport.status(1) == "starting"
    assert stops == ["stop"]


@pytest.mark.parametrize("playing", [False, True])
def test_quit_ends_all_and_takes_no_lock(playing: bool) -> None:
    transport, stops = Transport(), list[str]()
    if playing:
        transport.start()
        assert transport.called()
    with transport.playing(lambda: stops.append("stop"), anew=never), transport.changing:
        quitting = threading.Thread(target=transport.quit)
        quitting.start()
        quitting.join(LIMIT_S)
        assert not quitting.is_alive()
        assert stops == ["stop"]
    transport.ended()
    assert not transport.called()


def test_a_call_waits_for_the_start() -> None:
    transport, called = Transport(), list[bool]()
    player = threading.Thread(target=lambda: called.append(transport.called()))
    player.start()
    transport.start()
    player.join(LIMIT_S)
    assert called == [True]
