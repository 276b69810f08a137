"""What a test does with the panel's page, as a hand and an eye would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from playwright.sync_api import Locator, Page, expect

LIMIT_S = 60.0
WAIT_MS = 60_000

MOVED = """
async (name) => {
  const picture = document.getElementById(name), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  if (!canvas.width) return null;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const look = () => { pen.drawImage(picture, 0, 0); return pen.getImageData(0, 0, canvas.width, canvas.height).data; };
  const before = look();
  await new Promise((done) => setTimeout(done, 700));
  const after = look();
  let moved = 0, brightness = 0;
  for (let i = 0; i < after.length; i += 4) { moved += Math.abs(after[i] - before[i]); brightness += after[i]; }
  return { moved: moved / (after.length / 4), brightness: brightness / (after.length / 4) };
}
"""
NOW = """
() => new Promise((done) => {
  const line = new WebSocket(location.href.replace("http", "ws") + "state");
  line.onmessage = (event) => {
    const { choice, places } = JSON.parse(event.data);
    line.close();
    done({ ...choice, opacity: places[0]?.fit.opacity });
  };
})
"""


def until(page: Page, what: Callable[[], object], said: str) -> None:
    """Wait for something that is to come about in a page or on disk."""
    end_s = time.monotonic() + LIMIT_S
    while not what():
        assert time.monotonic() < end_s, said
        page.wait_for_timeout(50)


def told(page: Page, words: Mapping[str, object]) -> tuple[int, str]:
    """Asked from within the page, as its own script does: status and what came back."""
    script = """async (body) => {
      const answer = await fetch("do", { method: "POST", headers: { "content-type": "application/json" }, body });
      return [answer.status, await answer.text()];
    }"""
    status, text = page.evaluate(script, json.dumps(words))
    return status, text


def tab_to(page: Page, selector: str) -> None:
    """By the Tab key alone."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def persona(page: Page, name: str) -> Locator:
    """Its button in the gallery."""
    return page.locator(".persona").filter(has=page.locator(".fact").get_by_text(name, exact=True))


def look(page: Page, name: str = "worn") -> dict[str, float]:
    seen: dict[str, float] | None = None

    def there() -> bool:
        nonlocal seen
        seen = page.evaluate(MOVED, name)
        return seen is not None

    until(page, there, "a picture")
    assert seen is not None
    return seen


def value_of(page: Page, name: str) -> str:
    """As a fresh page is told: what the loop has, and not what the slider shows."""
    fresh = page.context.new_page()
    fresh.goto(page.url)
    expect(fresh.locator("#status")).not_to_have_text("Connecting", timeout=WAIT_MS)
    shown = fresh.locator(f'[name="{name}"]').input_value()
    fresh.close()
    return shown


def meant(page: Page, *, yes: bool = True) -> None:
    """Answer as somebody who reads first: three times over the page has been told meanwhile how things stand."""
    expect(page.locator("#sure")).to_be_visible()
    page.wait_for_timeout(1500)
    page.locator("#sure-yes" if yes else "#sure-no").click()
    expect(page.locator("#sure")).to_be_hidden()
