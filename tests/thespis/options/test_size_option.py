"""`--size WxH`."""

from __future__ import annotations

import pytest

from thespis.options.source import parse_size


@pytest.mark.parametrize(("text", "size"), [("1280x720", (1280, 720)), ("640X361", (640, 361))])
def test_sizes(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size
