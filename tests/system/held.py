"""What the panel's page asks for, held back in the page itself for as long as a test wants.

Chromium takes up an interception (`page.route`) a moment after it has said so: on a busy machine a request that a key
makes at once gets past it, and the real answer comes. `fetch` in the page's own hands lets nothing past.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from panel_acts import until
from playwright.sync_api import Page

HOLD = """() => {
  const real = window.fetch, asked = [];
  window.fetch = (address, words) => address !== "do" ? real(address, words) : new Promise((done, fail) => {
    const { signal, body } = words;
    signal?.throwIfAborted();
    const one = { name: JSON.parse(body).do, state: "waits", done };
    one.through = () => real(address, words).then(done, fail);
    signal?.addEventListener("abort", () => {
      if (one.state === "waits") one.state = "taken back";
      fail(signal.reason);
    });
    asked.push(one);
  });
  window.held = { real, asked };
}"""
ASKED = "(state) => held.asked.filter((one) => one.state === state).map((one) => one.name)"
ANSWER = """(said) => { for (const one of held.asked.filter((one) => one.state === "waits")) {
  one.state = "answered"; one.done(new Response(JSON.stringify({ said }))); } }"""
LET_THROUGH = """() => { for (const one of held.asked.filter((one) => one.state === "waits")) {
  one.state = "let through"; one.through(); } }"""


@dataclass(frozen=True)
class Held:
    """Requests for `do`, by the names of what is asked, oldest first; what the page aborts is taken back.

    Attributes:
        page: That asks.
    """

    page: Page

    def waiting(self) -> list[str]:
        names: list[str] = self.page.evaluate(ASKED, "waits")
        return names

    def taken_back(self) -> list[str]:
        names: list[str] = self.page.evaluate(ASKED, "taken back")
        return names

    def wait(self) -> None:
        """Until something is asked for."""
        until(self.page, self.waiting, "it is asked")

    def answer(self, said: str) -> None:
        """What waits, as done, without anybody having done it."""
        self.page.evaluate(ANSWER, said)

    def let_through(self) -> None:
        """What still waits, to Thespis, as once a connection is free."""
        self.page.evaluate(LET_THROUGH)


@contextmanager
def held(page: Page) -> Iterator[Held]:
    """From now on, until the end."""
    page.evaluate(HOLD)
    try:
        yield Held(page)
    finally:
        page.evaluate("window.fetch = held.real")
