"""The token that stays, and the port."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from realtime.errors import PanelError
from realtime.panel.address import listen, own_token, url_of

on_posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps a user's folder to the user")


def test_a_token_stays_until_another_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "below" / "token"
    first = own_token(path)
    assert len(first) == 43
    assert own_token(path) == first
    assert own_token(path, renew=True) != first
    assert [one.name for one in path.parent.iterdir()] == ["token"]


@on_posix
def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "below" / "token"
    before = os.umask(0)
    try:
        own_token(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@on_posix
def test_one_that_others_may_have_read_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "token"
    first = own_token(path)
    path.chmod(0o644)
    assert own_token(path) != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "short", "x" * 44, "x" * 42 + "!", "x" * 10_000, "é" * 43])
def test_a_file_that_holds_none_gets_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text(content, encoding="utf-8")
    if len(content) == 10_000:
        with pytest.raises(PanelError, match="more than"):
            own_token(path)
        return
    assert len(own_token(path)) == 43


def test_where_it_cannot_be_written_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PanelError, match="wanted a file of your own"):
        own_token(tmp_path / "file" / "token")


def test_a_port_that_is_taken_is_told_with_the_next_step() -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        assert taken.getsockname()[0] == "127.0.0.1"
        with pytest.raises(PanelError, match=f"127.0.0.1:{port}: wanted a free port, .*--panel-port"):
            listen(port)
    listen(port).close()


def test_the_address() -> None:
    assert url_of(8420, "abc") == "http://127.0.0.1:8420/abc/"
