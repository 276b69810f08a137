"""The panel of a real loop, closed to every other page in the same browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from panel_acts import WAIT_MS
from panel_page import Opened, launched
from playwright.sync_api import Browser, Page, expect

EVIL = "evil.example"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as chromium:
        yield chromium


class _Elsewhere(BaseHTTPRequestHandler):
    """A page on another port of the same computer."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *words: object) -> None:
        """Nothing to say."""


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        yield page
        page.context.close()
        server.shutdown()


def test_a_wrong_token_gets_nothing(panel: Opened, browser: Browser) -> None:
    page = browser.new_page()
    for path in ("", "x/", f"{'t' * 43}/", f"{'t' * 43}/preview/performer"):
        answer = page.goto(f"http://127.0.0.1:{panel.port}/{path}")
        assert answer is not None
        assert answer.status == 403
        assert "token" in page.locator("body").inner_text()
    page.context.close()


def test_a_name_bent_to_this_computer_gets_nothing(panel: Opened, browser: Browser) -> None:
    page = browser.new_page()
    answer = page.goto(panel.url.replace("127.0.0.1", EVIL))
    assert answer is not None
    assert answer.status == 403
    page.context.close()


def test_another_page_that_knows_the_address_cannot_look_or_change(
    panel: Opened, elsewhere: Page, browser: Browser
) -> None:
    script = """async (url) => {
      const tried = {};
      const post = (words) => fetch(url + "do", { method: "POST", body: '{"do":"hide"}', ...words })
        .then((one) => `${one.type} ${one.status}`, () => "refused");
      tried.plain = await post({ mode: "no-cors" });
      tried.json = await post({ headers: { "content-type": "application/json" } });
      tried.read = await fetch(url + "personas").then((one) => one.status, () => "refused");
      tried.picture = await new Promise((done) => {
        const one = new Image();
        one.onload = () => done("seen");
        one.onerror = () => done("refused");
        one.src = url + "preview/performer";
      });
      tried.framed = await new Promise((done) => {
        const one = document.createElement("iframe");
        one.onload = () => { try { done(one.contentDocument ? "blank" : "refused"); } catch { done("refused"); } };
        one.src = url;
        document.body.append(one);
      });
      tried.socket = await new Promise((done) => {
        const one = new WebSocket(url.replace("http", "ws") + "state");
        one.onopen = () => done("open");
        one.onerror = () => done("refused");
      });
      return tried;
    }"""
    tried = elsewhere.evaluate(script, panel.url)
    assert tried.pop("plain") in ("opaque 0", "refused"), "it is sent, and does nothing"
    assert set(tried.values()) == {"refused"}, tried
    page = browser.new_page()
    page.goto(panel.url)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    page.context.close()


def test_the_page_loads_nothing_from_elsewhere(panel: Opened, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(panel.url)
    expect(page.locator("#status")).not_to_have_text("Connecting", timeout=WAIT_MS)
    assert asked
    assert all(url.startswith(panel.url) for url in asked)
    page.context.close()
