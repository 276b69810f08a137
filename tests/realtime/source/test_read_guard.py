"""Closing while another thread reads."""

from __future__ import annotations

import threading

from realtime.source.guard import ReadGuard


def test_it_counts_as_closed_until_armed() -> None:
    guard = ReadGuard(lambda: None)
    assert guard.closed
    assert not guard.wait(1000.0)
    guard.arm()
    assert not guard.closed
    assert guard.wait(0.0)
    assert guard.wait(-1.0)


def test_the_device_is_not_released_under_a_read() -> None:
    releases: list[bool] = []
    inside, go_on = threading.Event(), threading.Event()
    reading = [False]
    guard = ReadGuard(lambda: releases.append(reading[0]))
    guard.arm()

    def read() -> None:
        with guard.reading():
            reading[0] = True
            inside.set()
            go_on.wait(20)
            reading[0] = False

    reader, closer = threading.Thread(target=read), threading.Thread(target=guard.close)
    reader.start()
    assert inside.wait(20)
    closer.start()
    assert guard._closed.wait(20)
    assert releases == []
    go_on.set()
    reader.join(20)
    closer.join(20)
    assert releases and not any(releases)


def test_a_reader_that_hangs_releases_it_on_its_way_out() -> None:
    releases: list[str] = []
    inside, go_on = threading.Event(), threading.Event()
    guard = ReadGuard(lambda: releases.append(threading.current_thread().name), grace_s=0.0)
    guard.arm()

    def read() -> None:
        with guard.reading():
            inside.set()
            go_on.wait(20)

    reader = threading.Thread(target=read, name="reader")
    reader.start()
    assert inside.wait(20)
    guard.close()
    assert releases == []
    go_on.set()
    reader.join(20)
    assert releases == ["reader"]


def test_a_read_that_fails_still_releases_after_close() -> None:
    releases: list[bool] = []
    guard = ReadGuard(lambda: releases.append(True))
    guard.arm()
    try:
        with guard.reading():
            guard._closed.set()
            raise ValueError("the driver is upset")
    except ValueError:
        assert releases == [True]
