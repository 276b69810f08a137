"""How strong the mark may be, beside the same by OpenCV, step by step."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.disclosure.mark_pattern import GRID_WH
from realtime.disclosure.mark_strength import MOST, MOST_RMS, ON_EVEN, StrengthMap, strength_of

LUMA_WH = (2 * GRID_WH[0], 2 * GRID_WH[1])


def sampled(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.resize(image, LUMA_WH, interpolation=cv2.INTER_NEAREST), cv2.COLOR_BGR2GRAY)


def by_opencv(luma: np.ndarray) -> np.ndarray:
    detail = cv2.absdiff(luma, cv2.blur(luma, (3, 3)))
    texture = cv2.resize(detail, GRID_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
    strength = np.clip(ON_EVEN + 0.6 * np.minimum(texture, cv2.blur(texture, (3, 3))), ON_EVEN, MOST)
    return strength * min(1.0, MOST_RMS / (2 / 3 * np.sqrt((strength**2).mean())))


def textured(seed: int, size_wh: tuple[int, int]) -> np.ndarray:
    """Half of it even, half noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    noise[:, : size_wh[0] // 2] = (40, 90, 200)
    return noise


@pytest.mark.parametrize("size_wh", [(1280, 720), (640, 480), (321, 199), (100, 60)])
def test_it_follows_what_opencv_measures(size_wh: tuple[int, int]) -> None:
    image = textured(1, size_wh)
    follow = StrengthMap()
    assert follow(image) is not None
    assert follow(image) is None, "every second frame is looked at"
    np.testing.assert_allclose(follow(image), by_opencv(sampled(image)), atol=1e-5)


def test_texture_hides_more_than_an_even_wall() -> None:
    strength = strength_of(sampled(textured(2, (1280, 720))))
    even, rough = strength[:, : GRID_WH[0] // 2 - 2], strength[:, GRID_WH[0] // 2 + 2 :]
    assert even.max() < rough.min()
    assert 2 / 3 * np.sqrt((strength**2).mean()) == pytest.approx(MOST_RMS)


def test_it_rises_slowly_and_falls_fast() -> None:
    rough, even = textured(3, (1280, 720)), np.full((720, 1280, 3), 90, np.uint8)
    cell = (36, 100)
    ends = [by_opencv(sampled(one))[cell] for one in (even, rough)]
    follow = StrengthMap()
    steps = []
    for image in (even, rough, even):
        steps.append(float(follow(image)[cell]))
        follow(image)
    assert steps[0] == pytest.approx(ends[0])
    assert steps[1] == pytest.approx(ends[0] + 0.12 * (ends[1] - ends[0]), abs=1e-4)
    assert steps[2] == pytest.approx(steps[1] + 0.44 * (ends[0] - steps[1]), abs=1e-4)
