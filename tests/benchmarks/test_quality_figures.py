"""What tallies say, and what is asked of them, on moments whose figures are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import quality
from benchmarks.figures import TARGETS, Figures, average, figures, point_error
from benchmarks.likeness import Likeness, overlap
from benchmarks.worn import Moment, Tally
from realtime.source.expression import Expression

FACE = np.random.default_rng(0).uniform(0, 3.6, (478, 2)).astype(np.float32)
GOOD = Likeness(ssim=0.95, psnr_db=30, ssim_shown=0.8, ssim_to_performer=0.3, rim_ciede2000=1, mask_iou=0.99)


def moment(number: int, **changes: Any) -> Moment:
    opening = 0.2 + 0.1 * np.sin(number)
    turn = (float(12 * np.sin(number / 10)), 0.0)
    whole = Moment(Expression(), FACE, FACE, FACE, (opening,) * 3, (opening / 2,) * 4, (turn, turn))
    return replace(whole, **changes)


def tally(moments: list[Moment], likeness: list[Likeness]) -> Tally:
    return Tally(frames=100, faces=90, worn=90, read=len(moments), likeness=likeness, moments=moments)


def test_the_truth_itself_is_without_fault() -> None:
    found = figures(tally([moment(n) for n in range(90)], [GOOD] * 90), rendered=True)
    assert found["expression_error"] == found["expression_error_strict"] == 0
    assert found["mouth_correlation"] == found["eye_correlation"] == pytest.approx(1)
    assert found["turn_correlation"] == pytest.approx(1)
    assert found["nearer_fraction"] == found["worn_fraction"] == found["read_fraction"] == 1


def test_points_that_are_off_by_two_percent_read_as_two_percent() -> None:
    away = np.array([0.012, 0.016], np.float32)  # 0.02 long
    found = figures(tally([moment(n, worn=FACE + away) for n in range(10)], [GOOD] * 10), rendered=True)
    assert found["expression_error"] == pytest.approx(0.02, rel=1e-3)


def test_a_bias_of_the_detector_is_no_error_but_is_in_the_strict_one() -> None:
    seen = FACE + np.float32(0.03)
    found = figures(tally([moment(n, worn=seen, true=seen) for n in range(10)], [GOOD] * 10), rendered=True)
    assert found["expression_error"] == 0
    assert found["expression_error_strict"] == pytest.approx(0.03 * 2**0.5, rel=1e-3)


def test_a_strangers_shape_is_no_error_of_a_clip() -> None:
    other = FACE * np.float32(1.1)
    found = figures(tally([moment(n, own=other) for n in range(10)], [GOOD] * 10), rendered=False)
    assert found["expression_error_strict"] == pytest.approx(0, abs=1e-6)
    assert "ssim" not in found


def test_a_face_that_stands_still_does_not_correlate() -> None:
    moments = [moment(n, mouths=(0.2 + 0.1 * np.sin(n), 0.2, 0.1)) for n in range(30)]
    assert figures(tally(moments, [GOOD] * 30), rendered=True)["mouth_correlation"] is None


def test_an_empty_tally_claims_nothing() -> None:
    found = figures(Tally(), rendered=True)
    assert found["ssim"] is None
    assert found["expression_error"] is None
    assert found["flicker_ratio"] is None
    assert found["worn_fraction"] == 0


def test_tallies_add_up() -> None:
    whole = tally([moment(0)], [GOOD])
    whole.extend(tally([moment(1)], [replace(GOOD, ssim=0.85)]))
    found = figures(whole, rendered=True)
    assert (found["frames"], found["ssim"]) == (200, pytest.approx(0.9))


def test_an_average_leaves_out_what_is_not_known() -> None:
    several: list[Figures] = [{"frames": 10, "ssim": 0.8, "turn": None}, {"frames": 5, "ssim": 0.6, "turn": 0.5}]
    assert average(several) == {"frames": 15, "ssim": pytest.approx(0.7), "turn": 0.5}


def test_overlap_counts_pixels() -> None:
    first, second = np.zeros((2, 10, 10), np.uint8)
    first[:, :6] = second[:, 4:] = 255
    assert overlap(first, second) == pytest.approx(0.2)
    assert overlap(first, first) == 1
    assert overlap(np.zeros_like(first), np.zeros_like(first)) == 1


def test_point_error_is_a_mean_of_distances() -> None:
    wanted, got = np.zeros((2, 2, 2), np.float32), np.zeros((2, 2, 2), np.float32)
    got[0, 0] = (3, 4)
    assert point_error(wanted, got) == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("figure", "value", "clips", "met"),
    [
        ("ssim", 0.92, False, True),
        ("ssim", 0.9199, False, False),
        ("ssim", 0.5, True, None),
        ("flicker_ratio", 1.25, False, False),
        ("flicker_ratio", 1.25, True, True),
        ("nearer_fraction", 0.999, True, False),
        ("int8_minus_fp32_ssim", -0.02, False, False),
        ("int8_minus_fp32_ssim", 0.001, False, True),
        ("mouth_correlation", None, False, None),
    ],
)
def test_targets_are_what_was_asked(figure: str, value: float | None, clips: bool, met: bool | None) -> None:
    assert TARGETS[figure].met(value, clips=clips) is met


def report(**changes: Any) -> dict[str, Any]:
    good = figures(tally([moment(n) for n in range(90)], [GOOD] * 90), rendered=True)
    return {
        "persona": "p", "precision": "int8", "ceiling": False, **good, "mask_iou_occluded": 0.7,
        "strangers": {"one": good}, "strangers_occluded": {"mask_iou_occluded": 0.6}, "clips": {"film": good},
        **changes,
    }  # fmt: skip


def test_what_misses_is_judged_and_marked() -> None:
    judged = {(one["figure"], one["source"]): one for one in quality.judge(report())}
    assert judged["mask_iou_occluded", "built-in performer"] == {
        "figure": "mask_iou_occluded",
        "source": "built-in performer",
        "asked": "≥ 0.9",
        "got": 0.7,
        "met": False,
    }
    assert judged["ssim", "built-in performer"]["met"]
    assert ("ssim", "film") not in judged
    table = quality.make_table(report())
    row = {str(cell): place for place, cell in enumerate(table.columns[0].cells)}["mask_iou_occluded"]
    assert [str(list(column.cells)[row]) for column in table.columns][1:5] == ["≥ 0.9", "", "[red]0.7 ✗[/red]", "0.6"]


def test_a_persona_that_is_not_there_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quality.main(["--persona", str(tmp_path / "nobody.persona")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_with_the_truth_worn_the_yardsticks_let_it_pass(tmp_path: Path) -> None:
    out = tmp_path / "ceiling.json"
    words = ["--ceiling", "--frames", "12", "--strangers", "0", "--clips", str(tmp_path / "none"), "--json", str(out)]
    assert quality.main(words) == 0
    found = json.loads(out.read_text())
    assert found["ceiling"] is True
    assert found["ssim"] == 1
    assert found["mask_iou"] == 1
    assert found["expression_error"] < 0.005
    assert found["nearer_fraction"] == found["worn_fraction"] == 1
    assert found["strangers"] == found["strangers_occluded"] == {}
    assert found["mask_iou_occluded"] is None
