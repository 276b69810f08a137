"""One waits, others ring."""

from __future__ import annotations

import threading

from realtime.bell import Bell


def test_who_waits_is_woken() -> None:
    lock, woken = threading.Lock(), threading.Event()
    bell = Bell(lock)
    about_to_wait = threading.Event()

    def wait() -> None:
        with lock:
            about_to_wait.set()
            bell.wait(60)
        woken.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    about_to_wait.wait()
    with lock:  # which is free once it waits
        bell.ring()
    assert woken.wait(30)
    waiter.join()


def test_time_that_runs_out_ends_a_wait_and_the_lock_is_held_again() -> None:
    lock = threading.Lock()
    bell = Bell(lock)
    with lock:
        bell.wait(0.01)
        assert lock.locked()
        bell.wait(-1.0)
        assert lock.locked()


def test_what_nobody_waits_for_is_not_kept() -> None:
    lock = threading.Lock()
    bell = Bell(lock)
    with lock:
        bell.ring()
        bell.ring()
        bell.wait(0.01)
        assert bell._silence.locked()


def test_it_may_ring_twice_before_who_waits_is_back() -> None:
    """As after a wait whose time ran out in the moment in which it rang."""
    lock = threading.Lock()
    bell = Bell(lock)
    with lock:
        bell._awaited = True
        bell.ring()  # which nobody hears any more
        bell._awaited = True
        bell.ring()
        bell.wait(60)  # and comes back at once: look again
        bell.wait(0.01)
