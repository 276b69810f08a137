"""One output, several sinks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.frame import Frame
from realtime.sink.first import FirstSink
from realtime.sink.null import NullSink
from realtime.sink.recorder import RecorderSink
from realtime.sink.virtual_camera import VirtualCameraSink


def test_the_best_is_taken_without_a_word_of_others(driver) -> None:
    with FirstSink([VirtualCameraSink(), NullSink()]) as sink:
        sink.open((64, 48), 25.0)
        assert sink.notice == "virtual camera: /dev/video9 (remembering)"
        sink.rest()
    assert len(driver.made[0].sent) == 3  # the slate: at first, in between, at last


def test_the_next_best_is_taken_and_that_is_said(driver, frame_at: Callable[..., Frame]) -> None:
    driver.refusal = "no device"
    counting = NullSink()
    with FirstSink([VirtualCameraSink(), counting]) as sink:
        sink.open((64, 48), 25.0)
        assert sink.notice.startswith("null: frames are counted and thrown away; in place of virtual camera (")
        assert "no device" in sink.notice
        sink.write(frame_at(0))
        sink.rest()
    assert counting.frames == 1


def test_where_none_opens_all_reasons_are_told_and_what_mends_the_first(driver, tmp_path: Path) -> None:
    driver.refusal = "no device"
    sink = FirstSink([VirtualCameraSink(), RecorderSink(tmp_path / "film.avi")])
    with pytest.raises(SinkError, match=r"no device .* and no recording .*film\.avi in its place \(\.avi\)") as told:
        sink.open((64, 48), 25.0)
    assert told.value.next_step
    assert sink.notice == ""


def test_a_frame_before_open_is_refused(frame_at: Callable[..., Frame]) -> None:
    with pytest.raises(SinkError, match="not open"):
        FirstSink([NullSink()]).write(frame_at(0))
