from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import change
from realtime.face.align import align
from realtime.frame import Face, Frame, Swap


def frame(persona: str, *, worn: bool = True) -> Frame:
    points = np.random.default_rng(0).uniform(0, 9, (478, 3)).astype(np.float32)
    face = Face(0, points, align(points))
    swap = Swap(face, np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), np.eye(2, 3), persona=persona)
    return replace(Frame(0, 0.0, 0.0, np.zeros((9, 9, 3), np.uint8), (face,), (swap,)), worn=worn)


def test_what_a_viewer_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slate before the first worn frame is no gap and no frame without a persona; what comes after is."""
    seen = change.Seen()
    for time_s, persona, worn in (
        (0, "", False),
        (5, "a", True),
        (5.03, "a", True),
        (5.2, "b", False),
        (5.23, "b", True),
    ):
        monkeypatch.setattr(change, "now_s", lambda time_s=time_s: time_s)
        seen.note(frame(persona, worn=worn))
    assert seen.longest_gap_ms == pytest.approx(170)
    assert seen.unworn == 1
    assert seen.wearers == {"a": 2, "b": 2}
