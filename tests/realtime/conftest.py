"""What tests of the loop share."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from loop_parts import LIMIT_S


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]
    for thread in left:
        thread.join(LIMIT_S)
    assert not [thread for thread in left if thread.is_alive()]
