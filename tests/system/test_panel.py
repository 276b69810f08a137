"""What the panel of a real loop shows and keeps: pictures, figures, the slate, recordings."""

from __future__ import annotations

import re

import av
import numpy as np
import pytest
from panel_acts import WAIT_MS, look, until
from panel_page import Opened, thespis
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


def test_one_number_is_to_be_typed_into_obs(page: Page) -> None:
    sync = page.locator("#sync")
    until(page, lambda: re.fullmatch(r"\d*[05] ms", sync.inner_text()), "a number")
    expect(sync).to_have_accessible_name("Sync Offset for OBS: type this number")
    expect(sync).to_have_accessible_description(re.compile("over the last 10 seconds.*Age now.*is not for typing"))
    assert page.locator(".sync .figure").count() == 1
