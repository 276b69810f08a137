"""Who keeps a connection to a server of ours and does nothing with it is put out; who gets on with it never is."""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from realtime.sink.http_patience import ImpatientProtocol
from realtime.sink.http_server import HttpServer

PATIENCE_S, WITHIN_S = 0.3, 20.0
MOST = 4
HUGE = bytes(32 << 20)
"""More than the system holds for anybody."""


async def word(request: Request) -> Response:
    return PlainTextResponse(await request.body() or b"a word")


async def huge(request: Request) -> Response:
    return Response(HUGE)


async def endless(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)
            await asyncio.sleep(0)  # nobody who is gone is waited for when sent to

    return StreamingResponse(pieces())


async def slow(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one, "
        await asyncio.sleep(4 * PATIENCE_S)
        yield b"two"

    return StreamingResponse(pieces())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    monkeypatch.setattr(ImpatientProtocol, "patience_s", PATIENCE_S)
    routes = [Route("/", word, methods=["GET", "POST"]), *(Route(f"/{f.__name__}", f) for f in (huge, endless, slow))]
    made = HttpServer(Starlette(routes=routes), socket.create_server(("127.0.0.1", 0)), MOST)
    made.start()
    yield made
    assert made.stop()


def connected(server: HttpServer) -> socket.socket:
    return socket.create_connection(server._socket.getsockname(), timeout=WITHIN_S)


def is_put_out(line: socket.socket) -> bool:
    """Wait until it is, whatever was answered before."""
    with suppress(ConnectionError):  # aborted
        while line.recv(1 << 16):
            pass
    return True


def await_nobody(server: HttpServer) -> None:
    until_s = time.monotonic() + WITHIN_S
    while server._server.server_state.connections:
        assert time.monotonic() < until_s, "somebody still holds a connection"
        time.sleep(0.01)


def ask(server: HttpServer, path: str = "/", body: bytes | None = None) -> bytes:
    with closing(http.client.HTTPConnection(*server._socket.getsockname(), timeout=WITHIN_S)) as line:
        line.request("GET" if body is None else "POST", path, body)
        answer = line.getresponse()
        assert answer.status == 200
        return answer.read()


def test_those_who_say_nothing_lock_nobody_out(server: HttpServer) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(server)) for _ in range(MOST + 2)]
        assert all(is_put_out(line) for line in idle)
        assert ask(server) == b"a word"


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"]
)
def test_a_request_that_comes_by_drops_is_not_waited_for(server: HttpServer, begun: bytes) -> None:
    with connected(server) as line, pytest.raises(ConnectionError):
        line.sendall(begun)
        until_s = time.monotonic() + WITHIN_S
        while time.monotonic() < until_s:
            line.sendall(b"a")
            time.sleep(0.02)


def test_who_asks_once_and_then_begins_by_drops_is_put_out(server: HttpServer) -> None:
    with connected(server) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET")
        assert is_put_out(line)


@pytest.mark.parametrize("path", ["/huge", "/endless"])
@pytest.mark.parametrize("kept", ["close", "keep-alive"])
def test_what_is_not_taken_is_not_held(server: HttpServer, path: str, kept: str) -> None:
    with connected(server) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: {kept}\r\n\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 200")
        await_nobody(server)


def test_who_gets_on_with_it_is_served_to_the_end(server: HttpServer) -> None:
    assert ask(server, "/slow") == b"one, two"
    assert ask(server, "/huge") == HUGE
    assert ask(server, body=b"x" * 200_000) == b"x" * 200_000


def test_one_connection_is_good_for_many_requests_over_time(server: HttpServer) -> None:
    with closing(http.client.HTTPConnection(*server._socket.getsockname(), timeout=WITHIN_S)) as line:
        for _ in range(4):
            line.request("GET", "/")
            assert line.getresponse().read() == b"a word"
            time.sleep(PATIENCE_S / 2)
