"""The panel puts out who connects and says nothing; its own page, which is told of the show, stays."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest
from served_panel import TOKEN, Panel
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from realtime.sink.http_patience import ImpatientProtocol

PATIENCE_S, WITHIN_S = 0.3, 20.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImpatientProtocol, "patience_s", PATIENCE_S)


def test_sockets_that_say_nothing_do_not_fill_it(panel: Panel) -> None:
    idle = [socket.create_connection(("127.0.0.1", panel.port), timeout=WITHIN_S) for _ in range(70)]
    for line in idle:
        with contextlib.suppress(ConnectionError):  # aborted
            assert line.recv(100) == b""
        line.close()
    assert panel.ask("GET", f"/{TOKEN}/").status == 200


def test_the_page_stays_connected(panel: Panel) -> None:
    origin = {"Origin": f"http://{panel.host}"}
    with connect(f"ws://{panel.host}/{TOKEN}/state", additional_headers=origin, open_timeout=WITHIN_S) as line:
        until_s = time.monotonic() + 4 * PATIENCE_S
        while time.monotonic() < until_s:
            try:
                assert line.recv(WITHIN_S)
            except ConnectionClosed as error:
                pytest.fail(f"put out: {error}")
