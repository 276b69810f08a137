"""The watermark's yardstick: what counts as found, and that every change keeps a film a film."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import marked_material
from benchmarks.false_alarms import FalseAlarms
from benchmarks.marked_films import ASKED, BESIDE, coded
from benchmarks.watermark import MARK, false_alarm_figures, flicker_of, found_fraction, make_table, mark_film
from realtime.disclosure.watermark_reader import NOTHING, Verdict

RNG = np.random.default_rng(4)
SOFT = cv2.resize(RNG.integers(40, 200, (18, 32, 3), dtype=np.uint8), (320, 180), interpolation=cv2.INTER_CUBIC)
FOUND, WRONG = Verdict(True, 1.0, 12.0, MARK), Verdict(True, 1.0, 9.0, MARK + 1)


def test_only_the_right_mark_counts() -> None:
    assert found_fraction([FOUND, WRONG, NOTHING, FOUND]) == 0.5


def test_flicker_is_of_the_mark_alone() -> None:
    film = [SOFT, SOFT[::-1].copy(), SOFT]
    assert flicker_of(film, film) == 0.0
    brighter = [frame + np.uint8(number % 2) for number, frame in enumerate(film)]
    assert flicker_of(film, brighter) == 1.0
    assert flicker_of([SOFT] * 3, mark_film([SOFT] * 3)[0]) == 0.0


@pytest.mark.parametrize("name", [*ASKED, *BESIDE])
def test_every_change_gives_as_many_frames(name: str) -> None:
    change = ASKED[name][0] if name in ASKED else BESIDE[name]
    film = change([np.zeros((720, 1280, 3), np.uint8)] * 2)
    assert len(film) == 2
    assert all(frame.dtype == np.uint8 and frame.flags.c_contiguous for frame in film)


def test_a_codec_that_costs_something() -> None:
    film = [SOFT + np.uint8(number) for number in range(4)]
    (first, *_) = coded("libx264", 20_000, preset="ultrafast")(film)
    assert first.shape == SOFT.shape
    assert 0 < np.abs(first.astype(int) - film[0]).mean() < 30


def test_windows_without_a_mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    grey = [SOFT[..., 0].copy()] * 80
    monkeypatch.setattr(marked_material, "_grey_film", lambda name, clips: grey)
    windows = list(islice(marked_material.unmarked_windows(tmp_path, 10), 10))
    again = list(islice(marked_material.unmarked_windows(tmp_path, 10), 10))
    assert len(windows) == 10
    assert len({window[0].shape for window in windows}) > 5
    for one, other in zip(windows, again, strict=True):
        assert len(one) == marked_material.WINDOW // marked_material.SPARSE
        np.testing.assert_array_equal(one[0], other[0])


def test_the_table_marks_what_misses() -> None:
    curve = false_alarm_figures(FalseAlarms(2, 0, np.array([4.4, 5.1])), {"h264_300": [FOUND, NOTHING]})
    assert [point["unmarked"] for point in curve["watermark_curve"]][:3] == [1.0, 0.5, 0.0]
    report = {
        "watermark": {"h264_300": 0.5, "mirrored": 0.5},
        "watermark_asked": {"h264_300": 0.95},
        "watermark_least_score": {"h264_300": 0.0, "mirrored": 0.0},
        **dict.fromkeys(("watermark_ms", "watermark_ms_p95", "watermark_ms_least", "watermark_psnr_db"), 1.0),
        "watermark_flicker": {},
        **curve,
    }
    cells = list(make_table(report).columns[1].cells)
    assert "✗" in str(cells[0])
    assert "✗" not in str(cells[1])
