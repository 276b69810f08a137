"""Addresses of streams, good and bad."""

from __future__ import annotations

import socket

import pytest

from realtime.errors import SinkError
from realtime.sink.address import read_address


@pytest.mark.parametrize(
    ("spec", "host", "port", "query"),
    [
        ("udp://127.0.0.1:9000", "127.0.0.1", 9000, ""),
        ("udp://239.0.0.1:9000?ttl=2&pkt_size=1316", "239.0.0.1", 9000, "ttl=2&pkt_size=1316"),
        ("srt://[::1]:9000?mode=listener", "::1", 9000, "mode=listener"),
        ("mjpeg://LocalHost:8090/", "localhost", 8090, ""),
    ],
)
def test_what_is_written_is_read(spec: str, host: str, port: int, query: str) -> None:
    address = read_address(spec)
    assert (address.host, address.port, address.query) == (host, port, query)


def test_a_host_may_be_left_out_where_one_is_known() -> None:
    assert read_address("mjpeg://:8090", host="127.0.0.1").name == "mjpeg://127.0.0.1:8090"
    with pytest.raises(SinkError, match="got no host"):
        read_address("udp://:9000")


@pytest.mark.parametrize(
    ("spec", "got"),
    [
        ("udp://127.0.0.1", "no port"),
        ("udp://9000", "no port"),
        ("udp://127.0.0.1:notaport", "notaport"),
        ("udp://127.0.0.1:70000", "0-65535"),
        ("udp://127.0.0.1:9000/path", "a path"),
        ("udp://me@127.0.0.1:9000", "a user's name"),
        ("udp://127.0.0.1:9000#x", "a #"),
        ("udp://127.0.0.1:90 00", "spaces"),
        ("udp://127.0.0.1:9000\n", "not seen"),
        ("udp://[::1:9000", "IPv6"),
    ],
)
def test_what_is_wrong_is_said_with_a_next_step(spec: str, got: str) -> None:
    with pytest.raises(SinkError, match=got) as told:
        read_address(spec)
    assert "udp://127.0.0.1:9000" in told.value.next_step


def test_a_pass_phrase_is_in_no_message() -> None:
    address = read_address("srt://127.0.0.1:9000?passphrase=secretsecret")
    assert "secret" not in address.name
    with pytest.raises(SinkError) as told:
        read_address("srt://127.0.0.1/here?passphrase=secretsecret")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("host", "stays"), [("127.0.0.1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)]
)
def test_it_is_known_what_stays_on_this_computer(host: str, stays: bool) -> None:
    assert read_address(f"udp://{host}:9000").is_loopback is stays


def test_a_host_that_nobody_knows_is_told() -> None:
    with pytest.raises(SinkError, match=r"no-such-host\.invalid.*check the name"):
        read_address("udp://no-such-host.invalid:9000").resolve(socket.SOCK_DGRAM)
    with pytest.raises(SinkError, match="a host that is known"):
        read_address(f"udp://{'a' * 64}.b:9000").resolve(socket.SOCK_DGRAM)
