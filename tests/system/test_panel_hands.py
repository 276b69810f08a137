"""The panel of a real loop in a real browser, by mouse and by keyboard."""

from __future__ import annotations

from panel_acts import WAIT_MS, look, persona, tab_to, until, value_of
from panel_page import Opened
from playwright.sync_api import Page, expect


def test_a_persona_is_changed_by_mouse_and_who_may_not_be_worn_says_why(page: Page) -> None:
    worn, other = persona(page, "hopper"), persona(page, "by-photo")
    other.click()
    expect(other).to_have_attribute("aria-pressed", "true", timeout=WAIT_MS)
    expect(other).to_contain_text("Worn")
    expect(page.locator("#fit-of")).to_have_text("by-photo")
    until(page, lambda: look(page)["moved"] > 0.3, "it goes on")
    worn.click()
    expect(worn).to_have_attribute("aria-pressed", "true", timeout=WAIT_MS)
    over = persona(page, "over")
    expect(over).to_be_disabled()
    expect(over).to_contain_text("may no longer be worn: wanted a day up to 2020-01-01")
    assert over.locator("img").evaluate("(one) => one.naturalWidth") > 0


def test_a_slider_by_mouse(page: Page) -> None:
    slider = page.locator("#fit-feather")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    until(page, lambda: float(value_of(page, "feather")) > 0.14, "it is as the slider says")
    page.locator("#fit-reset").click()
    until(page, lambda: float(value_of(page, "feather")) == 0.05, "and as by default again")


def test_by_keyboard_alone(page: Page, panel: Opened) -> None:
    page.evaluate("document.activeElement?.blur()")
    tab_to(page, "#hide")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Hidden")
    tab_to(page, "#show")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Live")
    tab_to(page, '.persona[aria-pressed="false"]')
    page.keyboard.press("Space")
    expect(persona(page, "by-photo")).to_have_attribute("aria-pressed", "true", timeout=WAIT_MS)
    tab_to(page, "#fit-sharpen")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    until(page, lambda: float(value_of(page, "sharpen")) > 0.5, "the slider went on")
    page.keyboard.press("n")  # a key in the table, also while a slider has the focus
    expect(persona(page, "hopper")).to_have_attribute("aria-pressed", "true", timeout=WAIT_MS)
    tab_to(page, "#keys-on")
    page.keyboard.press("Space")
    page.keyboard.press("h")
    page.wait_for_timeout(700)
    expect(page.locator("#status")).to_have_text("Live")
    page.keyboard.press("Space")


def test_typing_into_a_field_is_no_key(page: Page) -> None:
    page.locator("#other-output").fill("")
    page.locator("#other-output").press_sequentially("hvh")
    page.wait_for_timeout(700)
    expect(page.locator("#status")).to_have_text("Live")
