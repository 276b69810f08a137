"""Takes docs/panel.png: `python tests/system/panel_picture.py docs/panel.png`, two minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from panel_page import launched, opened
from playwright.sync_api import expect

SHOWN = ("--size", "1280x720", "--fps", "10", "--output", "null")
"""A rate that a machine that is busy with other things keeps up."""
SIZE = {"width": 1280, "height": 1640}
CHARTS_MS, WAIT_MS = 65_000, 60_000


def take(path: Path) -> None:
    """The panel at 1280 pixels once its charts are full: both views, and the outputs that this computer has."""
    with tempfile.TemporaryDirectory() as home, opened(Path(home), *SHOWN) as panel, launched() as browser:
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(panel.url)
        expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
        page.locator('input[name="view"][value="both"]').check()
        page.evaluate("document.activeElement?.blur()")
        page.wait_for_timeout(CHARTS_MS)
        page.screenshot(path=path)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
