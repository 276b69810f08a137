"""The panic key of a real loop's panel: whatever else the page is busy with, and on whatever keyboard."""

from __future__ import annotations

import pytest
from held import held
from panel_acts import WAIT_MS, told
from panel_page import Opened
from playwright.sync_api import Browser, Page, Route, expect

PRESS = """
([key, code]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }))
"""


def test_it_hides_though_no_request_gets_through(page: Page) -> None:
    with held(page):
        page.keyboard.press("h")
        expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)


def test_it_hides_though_every_connection_is_taken(page: Page) -> None:
    """With pictures that never end, as the two previews of three pages."""
    page.evaluate("""async () => {
      window.taken = Array.from({ length: 8 }, (_, n) => Object.assign(new Image(), { src: `preview/worn?taken${n}` }));
    }""")
    page.wait_for_timeout(1000)
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)
    page.evaluate("window.taken.forEach((one) => one.removeAttribute('src'))")


def test_a_show_that_still_waits_does_not_undo_hiding(page: Page) -> None:
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden")
    with held(page) as asked:
        page.keyboard.press("v")
        asked.wait()
        assert asked.waiting() == ["show"]
        page.keyboard.press("h")
        page.wait_for_timeout(500)
        asked.let_through()  # a connection is free at last
        page.wait_for_timeout(1500)
        expect(page.locator("#status")).to_have_text("Hidden")
        assert asked.taken_back() == ["show"]


def test_without_the_line_it_hides_by_a_request(panel: Opened, browser: Browser) -> None:
    page = browser.new_page()
    page.add_init_script("""
      const real = WebSocket.prototype.send;
      WebSocket.prototype.send = function (text) { if (text !== '{"act":"hide"}') real.call(this, text); };
    """)
    page.goto(panel.url)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)
    told(page, {"do": "show"})
    page.context.close()


@pytest.mark.parametrize("focused", ["#rule", "#settings-when_lost", "#source", "#max-faces", "#hide"])
def test_it_hides_whatever_has_the_focus_but_a_line_of_text(page: Page, focused: str) -> None:
    page.locator(focused).focus()
    before = page.locator(focused).evaluate("(one) => one.value")
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)
    assert page.locator(focused).evaluate("(one) => one.value") == before


@pytest.mark.parametrize("key", ["р", "Р", "η", "י", "ا", "Process"])
def test_it_hides_in_an_alphabet_that_has_no_h(page: Page, key: str) -> None:
    page.locator("#rule").focus()
    page.evaluate(PRESS, [key, "KeyH"])
    expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)


def test_where_a_letter_is_printed_elsewhere_the_letter_counts(page: Page) -> None:
    """A Dvorak keyboard has D where others have H, and H where they have J."""
    page.locator("#rule").focus()
    page.evaluate(PRESS, ["d", "KeyH"])
    page.wait_for_timeout(700)
    expect(page.locator("#status")).to_have_text("Live")
    page.evaluate(PRESS, ["h", "KeyJ"])
    expect(page.locator("#status")).to_have_text("Hidden", timeout=5000)


def test_slow_things_are_asked_one_after_the_other(page: Page) -> None:
    """One that is pressed again and again waits once."""
    with held(page) as asked:
        for key in "sssn":
            page.keyboard.press(key)
        for wanted in ("snapshot", "snapshot", "next_persona"):
            asked.wait()
            page.wait_for_timeout(500)  # for others to come beside it
            assert asked.waiting() == [wanted]
            asked.answer("done")
        page.wait_for_timeout(500)
        assert asked.waiting() == []


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (500, "Internal Server Error", "Thespis could not do that (500"),
        (200, "<html>", "Thespis answered what this page cannot read"),
        (500, '{"error": "no space left"}', "no space left"),
    ],
)
def test_an_answer_that_is_no_json_is_told_in_words(page: Page, status: int, body: str, shown: str) -> None:
    # In the page itself, where no request gets past it: see `held`.
    page.evaluate("([status, body]) => { window.fetch = async () => new Response(body, { status }); }", [status, body])
    page.keyboard.press("m")
    expect(page.locator("#fault-text")).to_contain_text(shown, timeout=WAIT_MS)


def test_a_page_that_is_there_before_thespis_answers_goes_on_by_itself(panel: Opened, browser: Browser) -> None:
    page, tried = browser.new_page(), []

    def busy(route: Route) -> None:
        tried.append(route)
        if len(tried) < 3:
            route.abort()
        else:
            route.fallback()

    page.route("**/facts", busy)
    page.goto(panel.url)
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#lost")).to_be_hidden()
    assert len(tried) == 3
    page.context.close()
