"""How the panel looks, narrow and wide, light and dark: nothing cut off, nothing too small, faint or nameless."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from panel_acts import WAIT_MS, until
from panel_page import Opened, shown
from playwright.sync_api import Browser, Page, expect

SIZES = {"narrow": (320, 640), "wide": (1280, 900)}
LEAST_PX = 39.5

SMALL = """(least) => [...document.querySelectorAll("button, select, input, label")]
  .filter((one) => one.offsetParent && !(one.matches("label") && !one.querySelector("input")))
  .map((one) => one.matches("input[type=checkbox], input[type=radio]") && one.closest("label") || one)
  .map((one) => [one.id || one.textContent.trim(), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least).map(([name]) => name)"""

NAMELESS = """() => [...document.querySelectorAll("button, select, input, textarea, a")].filter((one) => {
  const label = one.labels?.length ? [...one.labels].map((each) => each.textContent).join("") : "";
  const ids = (one.getAttribute("aria-labelledby") ?? "").split(" ");
  const named = ids.map((id) => document.getElementById(id)?.textContent).join("");
  const own = one.matches("button, a") ? one.textContent : "";
  return !(label + (one.getAttribute("aria-label") ?? "") + named + own).trim();
}).map((one) => one.outerHTML.slice(0, 80))"""

# WCAG 2.2, 1.4.3: relative luminance of each text's colour against the nearest ground that is not see-through.
FAINT = """() => {
  const channels = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !one.checkVisibility()) continue;
    if (one.closest(":disabled, .unseen, script, svg")) continue;
    const both = [channels(getComputedStyle(one).color), ground(one)].map(luminance);
    const [low, high] = both.sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return faint;
}"""

OVERFLOWING = """() => document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
      .map((one) => `${one.tagName}#${one.id}.${one.className}`) : []"""


BROKEN = """() => { const title = document.querySelector("h1"), range = document.createRange();
  range.selectNodeContents(title);
  return range.getClientRects().length !== 1 || title.scrollWidth > title.clientWidth; }"""

# The texts of selects that neither they nor a line below show whole.
CUT_OFF = """() => [...document.querySelectorAll("select")].filter((one) => one.offsetParent).flatMap((one) => {
  const text = one.selectedOptions[0]?.text ?? "", rule = document.createElement("span");
  rule.style.cssText = `position: absolute; white-space: pre; font: ${getComputedStyle(one).font}`;
  rule.textContent = text;
  document.body.append(rule);
  const room = one.clientWidth - 2 * parseFloat(getComputedStyle(one).paddingLeft) - 20, width = rule.offsetWidth;
  rule.remove();
  const below = one.nextElementSibling;
  const whole = below?.matches(".whole") && below.textContent === text;
  const told = whole && below.offsetParent && below.scrollWidth <= below.clientWidth + 1;
  return width > room && !told ? [text] : [];
})"""


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def page(request: pytest.FixtureRequest, panel: Opened, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    size, scheme = request.param
    width, height = SIZES[size]
    window = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}
    with shown(browser, panel, **window) as page:
        until(page, lambda: page.locator("#worn").evaluate("(one) => one.naturalWidth"), "a picture")
        until(page, lambda: page.locator("#stages tbody tr").count() == 7, "figures")
        yield page
        shots = Path(os.environ.get("THESPIS_SHOTS", tmp_path))
        page.screenshot(path=shots / f"{size}-{scheme}.png", full_page=True)


def test_nothing_is_cut_off_too_small_faint_or_nameless(page: Page) -> None:
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALL, LEAST_PX) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(FAINT) == []


def test_what_is_chosen_is_readable_however_long(page: Page) -> None:
    narrow = page.viewport_size is not None and page.viewport_size["width"] == 320
    assert page.evaluate(CUT_OFF) == []
    lines = page.locator(".whole:visible")
    page.evaluate("""() => { const rule = document.getElementById("rule");
      rule.value = "pinned"; rule.dispatchEvent(new Event("input", { bubbles: true })); }""")
    assert page.evaluate(CUT_OFF) == []
    if narrow:
        expect(lines.get_by_text("only those chosen below wear one; others show their own face")).to_be_visible()
    else:
        expect(lines).to_have_count(0)
    page.evaluate("document.getElementById('rule').value = 'everyone'")


def test_the_title_is_whole_in_every_state(page: Page) -> None:
    assert page.evaluate(BROKEN) is False
    for key, status in (("h", "Hidden"), ("v", "Live")):
        page.keyboard.press(key)
        expect(page.locator("#status")).to_have_text(status)
        assert page.evaluate(BROKEN) is False, status
    page.locator("#play").click()
    expect(page.locator("#status")).to_have_text("Stopped", timeout=WAIT_MS)
    expect(page.locator("#fit-why")).to_be_visible()
    assert page.evaluate(BROKEN) is False
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(FAINT) == []
    page.locator("#play").click()
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)


def test_while_hidden_too_and_where_something_is_wrong(page: Page) -> None:
    page.keyboard.press("h")
    expect(page.locator("#hidden-banner")).to_be_visible()
    page.locator("#other-output").fill("hologram")
    page.locator("#apply").click()
    expect(page.locator("#fault")).to_contain_text("hologram")
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(FAINT) == []
    page.locator("#fault-close").click()
    page.locator("#status").click()
    page.keyboard.press("v")
    expect(page.locator("#status")).to_have_text("Live")


def test_what_has_the_focus_is_seen(page: Page) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = """() => {
          const one = document.activeElement;
          const shown = one.matches(".segments input") ? one.nextElementSibling : one;
          const style = getComputedStyle(shown);
          return [one.id || one.name, style.outlineStyle, parseFloat(style.outlineWidth)];
        }"""
        name, style, width_px = page.evaluate(outline)
        assert (style, width_px) == ("solid", 3), name
