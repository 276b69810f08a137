"""The panel of a real loop, and a browser that looks at it: one of each for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from panel_page import Opened, launched, opened, shown
from playwright.sync_api import Browser, Page


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
    """See `shown`."""
    with shown(browser, panel, viewport={"width": 1280, "height": 900}) as page:
        yield page
