"""A real panel of a real loop in a process of its own, and its page in Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from matplotlib import cbook
from panel_acts import WAIT_MS, told
from playwright.sync_api import Browser, Page, expect, sync_playwright

from realtime.panel.address import listen
from realtime.persona.identity import Identity
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import write_persona

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ROOT = Path(__file__).parents[2]
LIMIT_S = 60.0
MAIN = "from thespis.main import main; main()"


@dataclass(frozen=True)
class Opened:
    """A panel that is served.

    Attributes:
        url: With the token.
        port: That it is served on.
        home: The private home of its process.
        out: The recording that is its output.
        kept: Where recordings and snapshots go.
        process: It.
    """

    url: str
    port: int
    home: Path
    out: Path
    kept: Path
    process: subprocess.Popen[str]

    @property
    def environment(self) -> dict[str, str]:
        return private(self.home)


def private(home: Path) -> dict[str, str]:
    """An environment with folders of its own."""
    own = {name: str(home / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    return {**os.environ, **own, "HOME": str(home), "PYTHONPATH": str(ROOT), "DISPLAY": ""}


def thespis(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line, to its end."""
    line = [sys.executable, "-c", MAIN, *map(str, words)]
    return subprocess.run(line, env=private(home), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def add_personas(home: Path) -> None:
    """Beside the built-in one: Grace Hopper by one photo, and one whose time is over."""
    photo = Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    card = Identity("Grace Hopper", "public-domain", died=1992, source="matplotlib's sample data")
    persona = persona_of_photo(photo, card, today=date.today())
    folder = home / "xdg_data_home" / "thespis" / "personas"
    write_persona(folder / "by-photo.persona", persona.manifest, {}, persona.portrait)
    over = replace(persona.manifest, identity=Identity("Grace Example", "self", until=date(2020, 1, 1)))
    write_persona(folder / "over.persona", over, {}, persona.portrait)


@contextmanager
def opened(home: Path, *shown: str) -> Iterator[Opened]:
    """`thespis panel` with the built-in performer, started, recording what viewers see.

    Args:
        home: Private.
        shown: What is played and where to, in place of that.
    """
    if not shown:
        add_personas(home)
    with listen(0) as free:
        port = free.getsockname()[1]
    out, kept = home / "out.mp4", home / "kept"
    played = shown or ("--size", "640x360", "--fps", "15", "--output", str(out))
    words = ["panel", "--source", "demo", *played, "--start"]
    words += ["--panel-port", str(port), "--keep-in", str(kept), "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], env=private(home), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Opened(_address(process), port, home, out, kept, process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@contextmanager
def launched(*words: str) -> Iterator[Browser]:
    """Chromium, without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(words))
        yield browser
        browser.close()


@contextmanager
def shown(browser: Browser, panel: Opened, **words: Any) -> Iterator[Page]:
    """The page, playing and not hidden; whatever its script complains of fails the test.

    Args:
        browser: Gets a window of its own for it.
        panel: That serves it.
        words: How that window is: see `Browser.new_context`.
    """
    page = browser.new_context(**words).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    page.goto(panel.url)
    expect(page.locator("#status")).to_have_text("Live", timeout=WAIT_MS)
    expect(page.locator("#apply")).to_be_enabled(timeout=WAIT_MS)
    yield page
    told(page, {"do": "show"})
    page.context.close()
    assert not [text for text in complaints if "status of 4" not in text]  # a refusal that a test asked for


def _address(process: subprocess.Popen[str]) -> str:
    """What it says on its screen; the rest of that is read away, so that it never waits."""
    assert process.stderr is not None
    found: list[str] = []
    told = threading.Event()

    def read() -> None:
        for line in process.stderr or ():
            if not found and (address := re.search(r"http://\S+", line)):
                found.append(address.group())
                told.set()
        told.set()

    threading.Thread(target=read, daemon=True).start()
    assert told.wait(LIMIT_S)
    assert found, "it ended before it showed an address"
    return found[0]
