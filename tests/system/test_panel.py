"""The panel of a real loop in a real browser, by mouse and by keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import av
import numpy as np
import pytest
from panel_acts import NOW, WAIT_MS, look, meant, persona, tab_to, told, until, value_of
from panel_page import Opened, add_personas, thespis
from playwright.sync_api import Page, expect

from realtime.composite.slate import draw_slate


@pytest.mark.parametrize("view", ["worn", "performer"])
def test_the_preview_moves(page: Page, view: str) -> None:
    page.locator(f'input[name="view"][value="{view}"]').check()
    until(page, lambda: look(page, view)["moved"] > 0.3, f"{view} moves")
    assert look(page, view)["brightness"] > 60


def test_both_are_seen_side_by_side_and_none_is_fetched_when_off(page: Page) -> None:
    page.locator('input[name="view"][value="both"]').check()
    for name in ("worn", "performer"):
        until(page, lambda name=name: look(page, name)["moved"] > 0.3, f"{name} moves")
    left, right = (page.locator(f"#{name}").bounding_box() for name in ("worn", "performer"))
    assert left and right
    assert left["x"] + left["width"] <= right["x"]
    page.locator('input[name="view"][value="off"]').check()
    assert page.evaluate("[...document.querySelectorAll('#stage img')].every((one) => !one.hasAttribute('src'))")


def test_figures_and_messages_are_there(page: Page) -> None:
    until(page, lambda: page.locator("#fps").inner_text() not in ("–", "0"), "frames a second")
    until(page, lambda: page.locator("#sync").inner_text().endswith(" ms"), "the delay for OBS")
    stages = page.locator("#stages tbody th").all_inner_texts()
    assert stages == ["capture", "detect", "swap", "colour", "composite", "disclose", "sink"]
    assert "Grace Hopper" in page.locator("#messages").inner_text()
    painted = (
        "document.querySelector('#age-chart').getContext('2d').getImageData(0, 0, 4000, 400).data.some((one) => one)"
    )
    assert page.evaluate(painted)


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


def test_hide_shows_the_slate_and_stays(page: Page) -> None:
    page.locator("#hide").dblclick()
    expect(page.locator("#status")).to_have_text("Hidden")
    expect(page.locator("#hidden-banner")).to_be_visible()
    until(page, lambda: look(page)["moved"] == 0 and look(page)["brightness"] < 40, "the slate, still")
    page.keyboard.press("h")
    page.wait_for_timeout(700)
    expect(page.locator("#status")).to_have_text("Hidden")
    page.keyboard.press("v")
    until(page, lambda: look(page)["moved"] > 0.3, "the picture again")


def test_a_recording_and_a_snapshot_are_made_and_verified(page: Page, panel: Opened) -> None:
    page.locator("#record").click()
    expect(page.locator("#record")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(4000)
    page.locator("#record").click()
    page.locator("#snapshot").click()
    for kind in ("mp4", "png"):
        until(page, lambda kind=kind: "is signed" in page.locator("#messages").inner_text(), kind)
        until(page, lambda kind=kind: list(panel.kept.glob(f"*.{kind}")), kind)
    expect(page.locator("#messages")).to_contain_text(".png is signed", timeout=WAIT_MS)
    (film,), (picture,) = panel.kept.glob("*.mp4"), panel.kept.glob("*.png")
    for path in (film, picture):
        verdict = thespis(panel.home, "verify", path)
        assert verdict.returncode == 0, verdict.stderr
        assert "made by Thespis: watermark found" in verdict.stdout
        assert "Grace Hopper" in verdict.stdout


def test_the_show_stops_and_what_viewers_saw_while_hidden_was_the_slate(page: Page, panel: Opened) -> None:
    """The recording that was the output all the while, read as pixels."""
    page.keyboard.press("h")
    expect(page.locator("#status")).to_have_text("Hidden")
    page.wait_for_timeout(1500)
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_text("Start", timeout=WAIT_MS)
    slate = draw_slate((640, 360)).astype(int)
    with av.open(str(panel.out)) as film:
        shown = [picture.to_ndarray(format="bgr24") for picture in film.decode(video=0)]
    is_slate = [float(np.abs(picture - slate).mean()) < 3 for picture in shown]
    assert all(is_slate[-10:])
    assert not all(is_slate)
    page.keyboard.press("v")
    page.locator("#play").click()
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)


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


def test_one_number_is_to_be_typed_into_obs(page: Page) -> None:
    sync = page.locator("#sync")
    until(page, lambda: re.fullmatch(r"\d*[05] ms", sync.inner_text()), "a number")
    expect(sync).to_have_accessible_name("Sync Offset for OBS: type this number")
    expect(sync).to_have_accessible_description(re.compile("over the last 10 seconds.*Age now.*is not for typing"))
    assert page.locator(".sync .figure").count() == 1


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
    meant(page)
    until(page, lambda: page.evaluate(NOW)["faces"] == 2, "two are looked for")
    faces.fill("4")
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
