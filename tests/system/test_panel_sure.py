"""What lets a face be seen is done in the panel only by somebody who means it."""

from __future__ import annotations

from held import held
from panel_acts import NOW, WAIT_MS, meant, until, value_of
from playwright.sync_api import Page, expect


def test_a_persona_is_made_thin_only_by_somebody_who_means_it(page: Page) -> None:
    slider = page.locator("#fit-opacity")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    meant(page, yes=False)
    expect(slider).to_have_value("1")
    assert page.evaluate(NOW)["opacity"] == 1
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=8)
    page.wait_for_timeout(700)
    assert page.evaluate(NOW)["opacity"] == 1, "nothing is seen before the hand lets go"
    page.mouse.up()
    meant(page)
    until(page, lambda: 0.4 < page.evaluate(NOW)["opacity"] < 0.6, "as the slider says")
    page.wait_for_timeout(700)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#sure")).to_be_hidden()  # further down is no other thing
    page.locator("#fit-reset").click()
    until(page, lambda: page.evaluate(NOW)["opacity"] == 1, "whole again")


def test_fewer_faces_are_looked_for_only_by_somebody_who_means_it(page: Page) -> None:
    faces = page.locator("#max-faces")
    faces.fill("2")
    page.locator("#apply").click()
    meant(page, yes=False)
    expect(faces).to_have_value("4")
    faces.fill("2")
    page.locator("#apply").click()
    with held(page) as requests:
        meant(page)
        requests.wait()
        faces.fill("4")
        requests.let_through()
        until(page, lambda: page.evaluate(NOW)["faces"] == 2, "two are looked for")
        page.wait_for_timeout(1500)
    expect(faces).to_have_value("4")  # what was typed while it waited is not undone by the answer
    page.locator("#apply").click()
    until(page, lambda: page.evaluate(NOW)["faces"] == 4, "four again")
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)


def test_places_are_added_and_taken_away(page: Page) -> None:
    page.locator("#add-place").click()
    meant(page, yes=False)  # a third person would go bare
    expect(page.locator("#places li")).to_have_count(1)
    page.locator("#add-place").click()
    meant(page)
    expect(page.locator("#places li")).to_have_count(2, timeout=WAIT_MS)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#faces li")).to_have_count(1, timeout=WAIT_MS)
    page.locator("#faces select").select_option("none")
    meant(page, yes=False)
    expect(page.locator("#faces select")).to_have_value("rule")
    page.locator("#faces select").select_option("none")
    meant(page)
    expect(page.locator("#faces label")).to_contain_text("wears nothing", timeout=WAIT_MS)
    page.locator("#faces select").select_option("1")
    expect(page.locator("#faces label")).to_contain_text("wears hopper", timeout=WAIT_MS)
    page.locator("#faces select").select_option("rule")
    meant(page, yes=False)
    expect(page.locator("#faces select")).to_have_value("1")
    page.locator("#add-place").click()  # one more covers more
    expect(page.locator("#places li")).to_have_count(3, timeout=WAIT_MS)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    page.locator("#drop-place").click()
    meant(page)
    expect(page.locator("#places li")).to_have_count(2, timeout=WAIT_MS)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    page.locator("#drop-place").click()  # and everyone wears the first one again
    expect(page.locator("#places li")).to_have_count(1, timeout=WAIT_MS)
    expect(page.locator("#rule")).to_have_value("everyone")
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)


def test_the_own_face_is_shown_only_by_somebody_who_means_it(page: Page) -> None:
    """The arrow keys run through a select: passing by is not choosing."""
    lost = page.locator("#settings-when_lost")
    lost.select_option("show")
    expect(page.locator("#sure")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden")  # that goes first, whatever is being asked
    page.keyboard.press("v")
    expect(page.locator("#status")).to_have_text("Live")
    page.keyboard.press("Escape")
    expect(lost).to_have_value("hold")
    lost.select_option("show")
    meant(page)
    expect(lost).to_have_value("show")
    expect(page.locator("#messages")).to_contain_text("viewers see your own face", timeout=WAIT_MS)
    lost.select_option("hold")
    until(page, lambda: value_of(page, "when_lost") == "hold", "as before")
    rule = page.locator("#rule")
    rule.select_option("pinned")
    meant(page, yes=False)
    expect(rule).to_have_value("everyone")
    rule.select_option("pinned")
    meant(page)
    expect(page.locator("#faces label")).to_contain_text("wears nothing", timeout=WAIT_MS)
    expect(rule).to_have_value("pinned")
    page.locator("#faces select").select_option("0")
    expect(page.locator("#faces label")).to_contain_text("wears hopper", timeout=WAIT_MS)
    page.locator("#faces select").select_option("rule")
    meant(page, yes=False)
    rule.select_option("everyone")
    until(page, lambda: page.evaluate(NOW)["rule"] == "everyone", "everyone wears one")
