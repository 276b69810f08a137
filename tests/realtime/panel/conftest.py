"""A panel for every test, on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served_panel import TOKEN, FakeDirecting, Panel

from realtime.control import Controls
from realtime.messages import Messages
from realtime.panel.address import listen
from realtime.panel.preview import Onlooker
from realtime.panel.server import PanelServer
from realtime.persona.gallery import Gallery
from realtime.settings import Live, Settings
from realtime.sink.keeper import KeeperSink


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[Panel]:
    messages = Messages()
    gallery = Gallery(builtin=tmp_path / "builtin", user=tmp_path / "user")
    with Controls(Live(Settings()), gallery, KeeperSink(folder=tmp_path), messages) as controls:
        directing, onlooker = FakeDirecting(controls), Onlooker()
        listener = listen(0)
        port = listener.getsockname()[1]
        with PanelServer(directing, onlooker, listener, TOKEN) as server:
            yield Panel(server, directing, onlooker, port)
