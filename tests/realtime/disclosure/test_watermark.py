"""The invisible mark: in every picture that shows a persona, in no other, too faint to be seen and still."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_scenes import scene, with_noise, worn

from realtime.composite.conceal import Conceal
from realtime.disclosure.mark_code import persona_part
from realtime.disclosure.watermark import Watermark
from realtime.disclosure.watermark_reader import WindowReader
from realtime.frame import Frame
from realtime.settings import Live, Settings
from realtime.stage_threads import build_threads
from realtime.stamp import Stamp, read_stamp, write_stamp

ONE, OTHER = 0x3FA2C110, 0x00BEEF10


def change(frame: Frame, watermark: Watermark | None = None) -> np.ndarray:
    before = frame.image.astype(int)
    return (watermark or Watermark())(frame).image - before


def read(*pictures: np.ndarray) -> int | None:
    window = WindowReader()
    for picture in pictures:
        window.add(picture)
    return window.verdict().mark


def test_not_on_frames_without_a_persona() -> None:
    bare = replace(worn(scene(1), ONE), worn=False)
    assert not change(bare).any()


def test_on_frames_of_which_one_face_of_two_is_worn() -> None:
    half = replace(worn(scene(1), ONE), worn=False, covered=frozenset({3}))
    assert change(half).any()


@pytest.mark.parametrize("size_wh", [(1, 1), (2, 1), (3, 50), (64, 64), (127, 71), (641, 359), (720, 1280)])
def test_every_size_of_frame(size_wh: tuple[int, int]) -> None:
    frame = worn(np.full((*size_wh[::-1], 3), 120, np.uint8), ONE)
    assert np.abs(change(frame)).max() <= 3


def test_luma_alone_is_changed() -> None:
    difference = change(worn(np.full((360, 640, 3), 120, np.uint8), ONE))
    assert (difference == difference[..., :1]).all()


@pytest.mark.parametrize("seed", range(4))
def test_faint(seed: int) -> None:
    error = change(worn(with_noise(scene(seed), seed, 4.0 * seed), ONE)).astype(float)
    assert 10 * np.log10(255**2 / (error**2).mean()) >= 42


@pytest.mark.parametrize("grey", [0, 3, 128, 252, 255])
def test_held_at_black_and_white(grey: int) -> None:
    """Nothing wraps round, and the mean of an even picture stays where it was."""
    difference = change(worn(np.full((360, 640, 3), grey, np.uint8), ONE))
    assert np.abs(difference).max() <= 2
    assert abs(difference.mean()) < (0.1 if 2 < grey < 253 else 0.7)


def test_no_flicker_on_a_still_scene() -> None:
    watermark, still = Watermark(), scene(1)
    first, *others = [change(worn(still, ONE, index=index), watermark) for index in range(5)]
    assert all((one == first).all() for one in others)


def test_no_flicker_where_noise_moves() -> None:
    watermark = Watermark()
    changes = [change(worn(with_noise(scene(1), seed), ONE, index=seed), watermark) for seed in range(10)]
    assert np.abs(np.diff(changes, axis=0)).mean() < 0.05


def test_another_persona_from_its_first_frame_on() -> None:
    watermark, picture = Watermark(), scene(2)
    assert [read(watermark(worn(picture, mark)).image) for mark in (ONE, OTHER, ONE)] == [ONE, OTHER, ONE]


def test_of_two_personas_the_first() -> None:
    assert read(Watermark()(worn(scene(2), ONE, OTHER)).image) == ONE


def test_a_held_frame_goes_on_with_the_last_mark() -> None:
    watermark = Watermark()
    watermark(worn(scene(2), ONE))
    assert read(watermark(worn(scene(3))).image) == ONE


def test_nobody_knows_whose_it_is() -> None:
    """It is marked all the same: the persona's part is empty."""
    for frame in (worn(scene(2)), worn(scene(2), 0)):
        got = read(Watermark()(frame).image)
        assert got is not None
        assert persona_part(got) == "000000"


def test_sizes_that_change() -> None:
    watermark = Watermark()
    sizes = [(640, 360), (320, 180), (1, 1), (640, 360)]
    marked = [watermark(worn(scene(2, size), ONE)).image for size in sizes]
    assert read(marked[0]) == read(marked[-1]) == ONE


def test_no_settings_reach_it() -> None:
    """Whatever may be set, the last stage marks; only the badge may be switched off."""
    for settings in (Settings(), Settings(badge=False, when_lost="show", hold_s=0.0)):
        stages = build_threads(lambda frame: frame, lambda frame: frame, Live(settings))[-1]
        disclose = next(stage for stage in stages if stage.name == "disclose")
        assert read(disclose.call(worn(scene(2), ONE)).image) == ONE


def test_a_held_picture_is_not_marked_twice() -> None:
    conceal, watermark = Conceal(), Watermark()
    marked = watermark(conceal(worn(scene(2), ONE))).image.copy()
    lost = replace(worn(scene(5), index=1), worn=False, missing=(0,))
    held = watermark(conceal(lost))
    np.testing.assert_array_equal(held.image, marked)
    assert read(held.image) == ONE


def test_a_stamp_can_be_read_through_it() -> None:
    picture = scene(2)
    write_stamp(picture, Stamp(7, 1.5))
    assert read_stamp(Watermark()(worn(picture, ONE)).image) == Stamp(7, 1.5)
