"""What can be chosen in the panel of a real loop, and what it says of what cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path

from panel_acts import NOW, WAIT_MS, look, persona, tab_to, told, until
from panel_page import Opened, add_personas, thespis
from playwright.sync_api import Page, expect


def test_a_wrong_choice_is_told_and_the_show_goes_on(page: Page) -> None:
    page.locator("#source").select_option(label="something else …")
    page.locator("#other-source").fill("/dev/video987")
    page.locator("#apply").click()
    expect(page.locator("#fault")).to_contain_text("987", timeout=WAIT_MS)
    expect(page.locator("#messages")).to_contain_text("the show goes on as before", timeout=WAIT_MS)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#source")).to_have_value("demo")
    page.locator("#fault-close").click()
    until(page, lambda: look(page)["moved"] > 0.3, "it goes on")


def test_an_output_that_cannot_be_had_cannot_be_ticked_and_says_why(page: Page) -> None:
    """There is no screen here (`DISPLAY` is empty), so no window either."""
    window = page.get_by_role("checkbox", name="window on this screen")
    expect(window).to_have_attribute("aria-disabled", "true")
    expect(window).to_have_accessible_description("Not available: no screen (DISPLAY is not set)")
    expect(page.locator("#why-not-window")).to_be_visible()
    page.evaluate("document.activeElement?.blur()")
    tab_to(page, 'input[value="window"]')  # within reach, so that the reason is read out
    page.keyboard.press("Space")
    expect(window).not_to_be_checked()
    page.get_by_text("window on this screen").click(force=True)  # as a hand would, which waits for nothing
    expect(window).not_to_be_checked()
    before = page.evaluate(NOW)
    status, said = told(page, {"do": "choose", "outputs": ["window"]})
    assert (status, "nothing was changed" in said) == (409, True)
    page.wait_for_timeout(700)
    expect(page.locator("#status")).to_have_text("Live")
    assert page.evaluate(NOW) == before
    live = page.get_by_role("checkbox", name="pictures for a browser")
    live.check()
    expect(live).not_to_have_attribute("aria-disabled", "true")
    live.uncheck()


def test_a_persona_file_is_added_in_the_panel(page: Page, panel: Opened) -> None:
    add_personas(panel.home / "elsewhere")
    made = next((panel.home / "elsewhere").rglob("by-photo.persona"))
    file = made.rename(made.with_name("brought.persona"))
    page.locator("#persona-file").fill(str(panel.home / "none.persona"))
    page.locator("#add-persona button").click()
    expect(page.locator("#fault")).to_contain_text("check the path")
    expect(persona(page, "brought")).to_have_count(0)
    page.locator("#persona-file").fill(f'"{file}"')
    page.locator("#persona-file").press("Enter")
    expect(persona(page, "brought")).to_be_enabled(timeout=WAIT_MS)
    expect(page.locator("#persona-file")).to_have_value("")
    expect(page.locator("#fault")).to_be_hidden()
    listed = thespis(panel.home, "persona", "list", "--json")
    added = {row["name"]: Path(row["file"]) for row in json.loads(listed.stdout)}["brought"]
    assert added.read_bytes() == file.read_bytes()
    added.unlink()
    page.locator("#look-again-personas").click()
    expect(persona(page, "brought")).to_have_count(0)


def test_what_is_grey_says_why(page: Page, panel: Opened) -> None:
    expect(page.locator("#why-idle")).to_be_hidden()
    expect(page.locator("#fit-why")).to_be_hidden()
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_text("Start", timeout=WAIT_MS)
    expect(page.locator("#why-idle")).to_have_text("Greyed out, since nothing plays: press Start.")
    expect(page.locator("#fit-why")).to_be_visible()
    expect(page.locator("#snapshot")).to_be_disabled()
    page.locator("#play").click()
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#why-idle")).to_be_hidden()
    (others,) = [file.parent for file in panel.home.glob("xdg_data_home/thespis/personas/by-photo.persona")]
    aside = others.rename(others.with_name("aside"))
    try:
        page.locator("#look-again-personas").click()
        expect(page.locator("#why-idle")).to_contain_text("there is no other that may be worn")
        expect(page.locator("#next_persona")).to_be_disabled()
        expect(page.locator("#next_persona")).to_have_accessible_description(re.compile("no other that may be worn"))
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.keyboard.press("n")
        expect(page.locator("#fault")).to_contain_text("no other that may be worn")
        expect(page.locator("#fault")).to_be_in_viewport()
        page.locator("#fault-close").click()
    finally:
        aside.rename(others)
    page.locator("#look-again-personas").click()
    expect(page.locator("#next_persona")).to_be_enabled()
