"""Measures over time, on made pictures and points whose figures are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.movement import (
    Restlessness,
    correlation,
    ratio,
    read_turn,
    residual,
    smooth,
    texture,
    turn_correlations,
)
from realtime.frame import BgrImage, Mask
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

SIZE = 128
WHOLE: Mask = np.full((SIZE, SIZE), 255, np.uint8)


def picture(seed: int = 0, contrast: float = 1.0) -> BgrImage:
    noise = np.random.default_rng(seed).normal(0, 1, (SIZE + 40, SIZE + 40, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.asarray(np.clip(128 + contrast * 40 * soft / soft.std(), 0, 255), np.uint8)


def window(whole: BgrImage, shift: int = 0) -> BgrImage:
    return np.ascontiguousarray(whole[20 : 20 + SIZE, 20 + shift : 20 + shift + SIZE])


def watched(crops: list[BgrImage]) -> Restlessness:
    seen = Restlessness()
    for crop in crops:
        seen(crop, WHOLE)
    return seen


def test_a_still_picture_has_no_flicker() -> None:
    still = watched([window(picture())] * 5)
    assert still.change == still.flicker == still.tremble == 0


def test_a_moving_picture_is_compensated() -> None:
    whole = picture()
    moved = residual(window(whole), window(whole, 2), WHOLE)
    uncompensated = float(cv2.absdiff(window(whole), window(whole, 2)).mean())
    assert uncompensated > 8
    assert moved < 0.15 * uncompensated


def test_light_that_jumps_is_flicker_whatever_moves() -> None:
    whole = picture()
    steady = [window(whole, number) for number in range(8)]
    jumping = [cv2.convertScaleAbs(crop, beta=6 * (number % 2)) for number, crop in enumerate(steady)]
    assert watched(jumping).flicker > 2 * watched(steady).flicker
    assert watched(jumping).change == pytest.approx(6, rel=0.35)


def test_flicker_does_not_hang_on_contrast() -> None:
    def trembling(contrast: float) -> Restlessness:
        # A picture that its last frame does not explain: another one shows through, a little.
        base, other = picture(1, contrast), picture(2, contrast)
        return watched([cv2.addWeighted(window(base), 0.9, window(other, n % 3), 0.1, 0) for n in range(6)])

    faint, strong = trembling(0.4), trembling(0.8)
    assert strong.change == pytest.approx(2 * faint.change, rel=0.25)
    assert strong.flicker == pytest.approx(faint.flicker, rel=0.15)


def test_softness_does_not_hide_a_jump_of_light() -> None:
    sharp = [cv2.convertScaleAbs(window(picture()), beta=6 * (number % 2)) for number in range(6)]
    soft = [np.asarray(cv2.GaussianBlur(crop, (0, 0), 4), np.uint8) for crop in sharp]
    assert watched(soft).change == pytest.approx(watched(sharp).change, rel=0.1)
    assert watched(soft).flicker > watched(sharp).flicker


def test_a_pause_is_no_change() -> None:
    seen = Restlessness()
    for seed in range(4):
        seen(window(picture(seed)), WHOLE)
        seen.pause()
    assert seen.change == 0


def test_two_sources_are_one_mean() -> None:
    whole = picture()
    first, second = watched([window(whole)] * 3), watched([window(whole), window(picture(5))])
    alone = second.change
    second.extend(first)
    assert second.change == pytest.approx(alone / 3)


def test_texture_is_the_mean_slope() -> None:
    ramp = np.repeat(np.arange(SIZE, dtype=np.uint8)[None, :, None], SIZE, axis=0).repeat(3, axis=2)
    inner = np.zeros((SIZE, SIZE), np.uint8)
    inner[10:-10, 10:-10] = 255
    assert texture(np.ascontiguousarray(ramp), inner) == pytest.approx(1.0, abs=0.01)


def test_ratio_to_a_picture_that_stands_still_is_unknown() -> None:
    assert ratio(1.0, 0.0) is None
    assert ratio(3.0, 2.0) == 1.5


def test_correlation_needs_movement() -> None:
    assert correlation([1, 1, 1], [1, 2, 3]) is None
    assert correlation([1, 2], [1, 2]) is None
    assert correlation([1, 2, 3], [10, 8, 6]) == pytest.approx(-1)


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (20, 0), (-20, 0), (0, 12), (0, -12), (15, 8)])
def test_turn_is_read_from_where_points_lie(astronaut: PortraitRenderer, yaw: float, pitch: float) -> None:
    rest = read_turn(astronaut.head.pose(Expression()).points.astype(np.float32))
    found = read_turn(astronaut.head.pose(Expression(yaw=yaw, pitch=pitch)).points.astype(np.float32))
    assert found[0] - rest[0] == pytest.approx(yaw, abs=2.5)
    assert found[1] - rest[1] == pytest.approx(pitch, abs=3.5)


def test_turn_does_not_follow_the_mouth(astronaut: PortraitRenderer) -> None:
    shut, open_ = (astronaut.head.pose(Expression(mouth_open=gap)).points.astype(np.float32) for gap in (0.02, 0.5))
    assert read_turn(open_) == pytest.approx(read_turn(shut), abs=0.5)


def test_small_turns_are_not_judged() -> None:
    time_s = np.arange(90) / 30
    swing = np.sin(2 * time_s)
    own = [(8 * value, 4 * value) for value in swing]
    figures = turn_correlations(own, [(-pair[0], -pair[1]) for pair in own], fps=30)
    assert figures["pitch_correlation"] is None
    assert figures["yaw_correlation"] == figures["turn_correlation"] == pytest.approx(-1)


def test_the_worse_axis_counts() -> None:
    time_s = np.arange(120) / 30
    own = [(10 * np.sin(2 * t), 10 * np.cos(3 * t)) for t in time_s]
    worn = [(10 * np.sin(2 * t), 10 * np.sin(3 * t)) for t in time_s]
    figures = turn_correlations(own, worn, fps=30)
    assert figures["yaw_correlation"] == pytest.approx(1)
    assert figures["turn_correlation"] == figures["pitch_correlation"]
    assert abs(figures["pitch_correlation"] or 1) < 0.4


def test_nothing_seen_is_nothing_claimed() -> None:
    assert turn_correlations([], [], fps=30)["turn_correlation"] is None


def test_smoothing_keeps_means_at_both_ends() -> None:
    assert smooth(np.full(20, 3.0), 30) == pytest.approx(np.full(20, 3.0))
    assert smooth(np.array([1.0]), 30).tolist() == [1.0]
