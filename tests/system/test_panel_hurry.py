"""The panic key of a real loop's panel: whatever else the page is busy with, and on whatever keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from panel_page import Opened, launched, opened, told, until
from playwright.sync_api import Browser, Page, Request, Route, expect

WAIT_MS = 60_000
PRESS = """
([key, code]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }))
"""


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture
def page(panel: Opened, browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(panel.url)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#apply")).to_be_enabled(timeout=WAIT_MS)
    yield page
    page.unroute_all(behavior="ignoreErrors")
    told(page, {"do": "show"})
    page.context.close()


def never(route: Route) -> None:
    """A request that waits for a connection, for as long as the test looks."""


def test_it_hides_though_no_request_gets_through(page: Page) -> None:
    page.route("**/do", never)
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
    waiting: list[Route] = []
    given_up: list[Request] = []
    page.on("requestfailed", lambda one: given_up.append(one))
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden")
    page.route("**/do", lambda route: waiting.append(route))
    page.keyboard.press("v")
    until(page, lambda: waiting, "it is asked")
    page.keyboard.press("h")
    until(page, lambda: given_up, "the page takes it back")
    assert waiting[0].request in given_up
    page.wait_for_timeout(1500)
    expect(page.locator("#status")).to_have_text("Hidden")


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
    waiting: list[Route] = []
    page.route("**/do", lambda route: waiting.append(route))
    for key in "sssn":
        page.keyboard.press(key)
    until(page, lambda: waiting, "the first")
    page.wait_for_timeout(500)
    asked = []
    while waiting:
        (route,) = waiting
        asked.append(route.request.post_data_json["do"])
        waiting.clear()
        route.fulfill(json={"said": "done"})
        page.wait_for_timeout(500)
    assert asked == ["snapshot", "snapshot", "next_persona"], "one that is pressed again and again waits once"


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (500, "Internal Server Error", "Thespis could not do that (500"),
        (200, "<html>", "Thespis answered what this page cannot read"),
        (500, '{"error": "no space left"}', "no space left"),
    ],
)
def test_an_answer_that_is_no_json_is_told_in_words(page: Page, status: int, body: str, shown: str) -> None:
    # In the page itself: a browser that was busy let a request past an interception, and the real answer came.
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
