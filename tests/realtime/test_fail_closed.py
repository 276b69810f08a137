"""Whatever fails, in whatever stage: no frame shows the performer's own face, and the loop is worn again after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from realtime.composite.slate import draw_slate
from realtime.face.align import align, scale_crop
from realtime.frame import Face, Frame, Swap
from realtime.settings import Live, Settings
from realtime.stage import Stage
from realtime.stage_threads import build_threads

SIZE = 64
STAGES = ("detect", "swap", "colour", "composite", "disclose")


def scene(index: int) -> Frame:
    """Noise, which is known again wherever a pixel of it is left."""
    image = np.random.default_rng(index).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    return Frame(index, index / 30, index / 30, image)


def find(frame: Frame) -> Frame:
    angle = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    radius = np.random.default_rng(0).uniform(0.2, 1, 478)
    points = np.stack([160 + 40 * radius * np.cos(angle), 120 + 50 * radius * np.sin(angle), 0 * angle], 1)
    points = points.astype(np.float32)
    return replace(frame, faces=(Face(0, points, align(points)),))


def paint(frame: Frame) -> Frame:
    image, mask = np.full((SIZE, SIZE, 3), 90, np.uint8), np.full((SIZE, SIZE), 255, np.uint8)
    swaps = (Swap(face, image, mask, scale_crop(face.crop_from_frame, SIZE)) for face in frame.faces)
    return replace(frame, swaps=tuple(swaps))


def own_pixels(frame: Frame) -> float:
    """Share of the middle of the face that is as it was."""
    box = np.s_[100:140, 145:175]
    return float((frame.image[box] == scene(frame.index).image[box]).all(-1).mean())


def play(stages: list[Stage], broken: str, index: int) -> Frame:
    """One frame as a live pipeline runs it, one stage raising half-way through its work."""
    frame = scene(index)
    for stage in stages:
        if stage.name == broken:
            stage.call(frame)  # whatever it draws before it fails stays drawn
            assert stage.otherwise is not None
            frame = stage.otherwise(frame)
        else:
            frame = stage.call(frame)
    return frame


@pytest.mark.parametrize("when_lost", ["hold", "blur", "slate"])
@pytest.mark.parametrize("broken", STAGES)
def test_a_stage_that_fails_shows_nobody_and_is_worn_again_after(broken: str, when_lost: str) -> None:
    threads = build_threads(find, paint, Live(Settings(when_lost=when_lost, badge=False)))  # type: ignore[arg-type]
    stages = [stage for group in threads for stage in group]
    assert tuple(stage.name for stage in stages) == STAGES
    frames = [play(stages, broken if 3 <= index < 20 or index == 0 else "", index) for index in range(24)]
    assert max(own_pixels(frame) for frame in frames) < 0.05
    np.testing.assert_array_equal(frames[0].image, draw_slate((320, 240)))
    assert all(frame.worn for frame in (*frames[1:3], *frames[20:]))
    assert not any(frame.shows_persona for frame in frames[12:20])


@pytest.mark.parametrize("broken", STAGES[:3])
def test_nor_where_the_face_moves_meanwhile(broken: str) -> None:
    """It is found in every frame, and leans over, while a stage fails for half a second."""
    place = [160.0]

    def moving(frame: Frame) -> Frame:
        (face,) = find(frame).faces
        points = face.landmarks_px + np.array([place[0] - 160, 0, 0], np.float32)
        return replace(frame, faces=(replace(face, landmarks_px=points, crop_from_frame=align(points)),))

    stages = [stage for group in build_threads(moving, paint, Live(Settings(badge=False))) for stage in group]
    for index in range(30):
        place[0] = 160.0 + (0 if index < 5 else 4 * (index - 5))
        frame = play(stages, broken if index >= 5 else "", index)
        x = int(place[0])
        box = np.s_[100:140, x - 15 : x + 15]
        if index < 11:
            continue  # the last good one is held
        assert float((frame.image[box] == scene(index).image[box]).all(-1).mean()) < 0.05
