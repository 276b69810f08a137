"""What is measured of the ways that pictures travel."""

from __future__ import annotations

from benchmarks import wire


def test_every_way_is_measured(monkeypatch) -> None:
    monkeypatch.setattr(wire.shutil, "which", lambda name: None)
    figures = wire.measure((64, 48), 3)
    assert len(figures) == 10
    assert all(0 <= spent_ms < 1000 for spent_ms in figures.values())
    assert not any("GStreamer" in name for name in figures)
