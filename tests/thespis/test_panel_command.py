"""The panel on the command line: its address, its port, its end."""

from __future__ import annotations

import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from shows import LIMIT_S, until

from realtime.panel import address

Thespis = Callable[..., int]
pytestmark = pytest.mark.usefixtures("own_folders")
WORDS = ("--source", "demo", "--size", "320x240")


def test_run_with_a_panel_shows_its_address_and_ends_with_the_source(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with address.listen(0) as free:
        port = free.getsockname()[1]
    report = tmp_path / "report.json"
    words = (*WORDS, "--persona", tiny_persona, "--output", "null", "--seconds", "1", "--panel", "--panel-port", port)
    assert thespis("run", *map(str, words), "--json", report) == 0
    said = capsys.readouterr().err
    token = (tmp_path / "token").read_text().strip()
    assert said.count(f"http://127.0.0.1:{port}/{token}/") == 1
    assert "frames:" in said
    assert report.exists()


@pytest.mark.parametrize("command", ["run", "panel"])
def test_a_port_that_is_taken_ends_1_with_the_next_step(
    thespis: Thespis, tiny_persona: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with address.listen(0) as taken:
        port = taken.getsockname()[1]
        words = (*WORDS, "--persona", tiny_persona, "--output", "null", "--panel-port", str(port))
        assert thespis(command, *words, *(["--panel"] if command == "run" else [])) == 1
    assert "wanted a free port" in capsys.readouterr().err


def test_the_panel_alone_waits_for_start_and_ends_on_ctrl_c(
    thespis: Thespis, tiny_persona: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with address.listen(0) as free:
        port = free.getsockname()[1]
    old = address.own_token()
    seen: list[str] = []

    def visit() -> None:
        def page() -> bool:
            token = (tmp_path / "token").read_text().strip()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{token}/options", timeout=5) as answer:
                    seen.append(answer.read().decode())
            except urllib.error.URLError:
                return False
            return True

        until(page)
        os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=visit)
    visitor.start()
    words = (*WORDS, "--persona", tiny_persona, "--panel-port", str(port), "--new-token", "--no-browser")
    assert thespis("panel", *words) == 0
    visitor.join(LIMIT_S)
    assert '"demo"' in seen[0]
    assert old not in capsys.readouterr().err, "it was changed"
