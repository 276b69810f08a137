"""Who gets in: nobody but the panel's own page, and that only with the token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from served_panel import TOKEN, Panel
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from realtime.panel.invitation import LASTS_S, Invitations
from realtime.panel.server import PAGE

PATHS = ("/", "/facts", "/options", "/personas", "/page/panel.js", "/preview/worn", "/preview/performer", "/portrait/k")
WRONG_TOKENS = ("", "x", TOKEN[:-1], TOKEN + "t", TOKEN.upper(), "%74" * 43, "../" + TOKEN, "/" + TOKEN)


@pytest.mark.parametrize("token", WRONG_TOKENS)
def test_without_the_token_nothing_is_given(panel: Panel, token: str) -> None:
    for path in PATHS:
        answer = panel.ask("GET", f"/{token}{path}")
        assert answer.status == 403
        assert b"token" in answer.body
        assert TOKEN.encode() not in answer.body


def test_with_it_the_page_is(panel: Panel) -> None:
    for path in PATHS[:5]:
        assert panel.ask("GET", f"/{TOKEN}{path}").status == 200
    assert panel.ask("GET", f"/{TOKEN}/page/panel.js").headers["content-type"].startswith("text/javascript")
    assert panel.ask("GET", f"/{TOKEN}/portrait/k").status == 404
    assert panel.ask("GET", f"/{TOKEN}/preview/nothing").status == 404
    assert panel.ask("GET", f"/{TOKEN}/page/../server.py").status in (403, 404)
    assert panel.ask("GET", f"/{TOKEN}/page/..%2fserver.py").status in (403, 404)


def test_an_invitation_leads_in_once(panel: Panel) -> None:
    path = panel.server.invite().removeprefix(f"http://{panel.host}").rstrip("/")
    assert TOKEN not in path
    assert panel.ask("POST", path).status == 403
    assert panel.ask("GET", path, {"Host": "evil.example"}).status == 403
    first = panel.ask("GET", f"{path}/")
    assert (first.status, first.headers["location"]) == (303, f"/{TOKEN}/")
    assert panel.ask("GET", f"{path}/").status == 403
    assert panel.ask("GET", "/once-guessed/").status == 403


def test_an_invitation_is_soon_worth_nothing() -> None:
    now = [0.0]
    invitations = Invitations(lambda: now[0])
    early, late = invitations.make().encode(), invitations.make().encode()
    assert invitations.take(early)
    now[0] = LASTS_S + 1
    assert not invitations.take(late)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_a_name_that_was_bent_to_this_computer_gets_nothing(panel: Panel, host: str) -> None:
    host = host.format(port=panel.port)
    assert panel.ask("GET", f"/{TOKEN}/", {"Host": host}).status == 403
    with_its_own_origin = {"Host": host, "Origin": f"http://{host}"}
    assert panel.do({"do": "hide"}, with_its_own_origin).status == 403
    assert not panel.directing.controls.curtain.hidden


def test_localhost_is_this_computer_too(panel: Panel) -> None:
    host = f"localhost:{panel.port}"
    assert panel.ask("GET", f"/{TOKEN}/", {"Host": host}).status == 200
    assert panel.do({"do": "hide"}, {"Host": host, "Origin": f"http://{host}"}).status == 200
    assert panel.do({"do": "hide"}, {"Host": host}).status == 403, "the origin is the address that was asked, exactly"


ORIGINS = (
    "",
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "HTTP://127.0.0.1:{port}",
)


@pytest.mark.parametrize("origin", ORIGINS)
def test_only_the_pages_own_origin_changes_anything(panel: Panel, origin: str) -> None:
    assert panel.do({"do": "hide"}, {"Origin": origin.format(port=panel.port)}).status == 403
    assert not panel.directing.controls.curtain.hidden


def test_a_change_without_an_origin_is_refused(panel: Panel) -> None:
    answer = panel.ask("POST", f"/{TOKEN}/do", {"Content-Type": "application/json"}, b'{"do": "hide"}')
    assert (answer.status, b"own page" in answer.body) == (403, True)
    assert not panel.directing.controls.curtain.hidden


def test_two_of_a_header_are_none(panel: Panel) -> None:
    """An `Origin` before the browser's own, as a proxy or a trick may add one."""
    import socket

    body = b'{"do": "hide"}'
    words = [
        f"POST /{TOKEN}/do HTTP/1.1",
        f"Host: {panel.host}",
        f"Origin: http://{panel.host}",
        "Origin: http://evil.example",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    with socket.create_connection(("127.0.0.1", panel.port), 10) as line:
        line.sendall("\r\n".join(words).encode() + b"\r\n\r\n" + body)
        assert line.recv(100).startswith(b"HTTP/1.1 403")
    assert not panel.directing.controls.curtain.hidden


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_asks_for_is_refused(panel: Panel, site: str) -> None:
    for path in PATHS:
        assert panel.ask("GET", f"/{TOKEN}{path}", {"Sec-Fetch-Site": site}).status == 403
    assert panel.ask("GET", f"/{TOKEN}/", {"Sec-Fetch-Site": "none"}).status == 200


def test_nothing_is_changed_by_get(panel: Panel) -> None:
    own = {"Origin": f"http://{panel.host}"}
    for path in ("/do", "/do?do=hide", "/hide", "/do/hide"):
        assert panel.ask("GET", f"/{TOKEN}{path}", own).status in (404, 405)
        assert panel.ask("HEAD", f"/{TOKEN}{path}", own).status in (404, 405)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        assert panel.ask(method, f"/{TOKEN}/do", own, b'{"do": "hide"}').status == 405
        assert panel.ask(method, f"/{TOKEN}/do", {}, b'{"do": "hide"}').status == 403
    assert panel.directing.asked == []
    assert not panel.directing.controls.curtain.hidden


@pytest.mark.parametrize("path", [f"/{TOKEN}/", f"/{TOKEN}/facts", f"/{TOKEN}/nothing", "/"])
def test_browsers_are_told_to_be_strict(panel: Panel, path: str) -> None:
    told = panel.ask("GET", path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in told["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "no-referrer"
    assert told["cache-control"] == "no-store"
    assert told["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in told
    assert "server" not in told


@pytest.mark.parametrize("path", [path for path in PAGE.iterdir() if path.suffix in (".html", ".css", ".js", ".svg")])
def test_the_page_asks_nobody_else_for_anything(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"https?:|//[a-z]+\.|@import|url\(|eval\(|innerHTML|insertAdjacentHTML|document\.write", text)
    assert not re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", text)


def socket_url(panel: Panel, token: str = TOKEN) -> str:
    return f"ws://127.0.0.1:{panel.port}/{token}/state"


@pytest.mark.parametrize("origin", ORIGINS[1:])
def test_the_socket_is_for_the_own_page_alone(panel: Panel, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(socket_url(panel), additional_headers={"Origin": origin.format(port=panel.port)}, open_timeout=10)


def test_nor_is_it_without_origin_or_token(panel: Panel) -> None:
    own = {"Origin": f"http://{panel.host}"}
    with pytest.raises(InvalidStatus, match="403"):
        connect(socket_url(panel), open_timeout=10)
    for token in ("x", TOKEN[:-1]):
        with pytest.raises(InvalidStatus, match="403"):
            connect(socket_url(panel, token), additional_headers=own, open_timeout=10)
    with connect(socket_url(panel), additional_headers=own, open_timeout=10) as line:
        assert '"status": "stopped"' in str(line.recv(10))
