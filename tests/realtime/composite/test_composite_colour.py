"""Colour match: what must stay, what must move, and how fast it may."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_faces import make_face, make_frame, make_swap, noise

from realtime.composite import colour
from realtime.composite.colour import ColourMatch, match_colour
from realtime.fit import COLOUR_MATCHES
from realtime.frame import Frame
from realtime.persona.crop import cut_crop

FULL = np.full((64, 64), 255, np.uint8)


def skin(light: float, tint: tuple[float, float, float] = (1, 1, 1), size: int = 64) -> np.ndarray:
    """A shaded, blotchy patch under some light."""
    y, x = np.mgrid[:size, :size] / size
    shade = 0.7 + 0.3 * np.sin(6 * x + 2) * np.cos(5 * y)
    patch = np.stack([90 * shade, 120 * shade, 170 * shade], -1) * light * tint
    return np.clip(np.rint(patch), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_strength_out_of_range(strength: float) -> None:
    with pytest.raises(ValueError, match="strength must lie in 0 to 1"):
        match_colour(skin(1), skin(1), FULL, strength=strength)


def test_shapes_that_differ() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        match_colour(skin(1), skin(1, size=32), FULL)
    with pytest.raises(ValueError, match="shapes differ"):
        match_colour(skin(1), skin(1), FULL[:32])


def test_hardly_any_mask_gives_a_copy() -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[0, :40] = 255
    swap = skin(1)
    matched = match_colour(swap, skin(0.5), mask)
    np.testing.assert_array_equal(matched, swap)
    assert not np.shares_memory(matched, swap)


def test_strength_0_gives_a_copy() -> None:
    np.testing.assert_array_equal(match_colour(skin(1), skin(0.5), FULL, strength=0), skin(1))


def test_inputs_stay() -> None:
    swap, scene, mask = skin(1), skin(0.5), FULL.copy()
    match_colour(swap, scene, mask)
    np.testing.assert_array_equal(swap, skin(1))
    np.testing.assert_array_equal(scene, skin(0.5))
    assert (mask == 255).all()


def test_same_light_changes_next_to_nothing() -> None:
    off = match_colour(skin(1), skin(1), FULL).astype(int) - skin(1)
    assert np.abs(off).max() <= 1


@pytest.mark.parametrize("light", [0.45, 0.8, 1.3])
@pytest.mark.parametrize("tint", [(1, 1, 1), (1.2, 1, 0.9), (0.8, 1, 1.1)])
def test_takes_on_the_light_of_the_scene(light: float, tint: tuple[float, float, float]) -> None:
    scene = skin(light, tint)
    before = np.abs(skin(1).astype(int) - scene).mean()
    after = np.abs(match_colour(skin(1), scene, FULL).astype(int) - scene).mean()
    assert after < max(0.35 * before, 3)


def test_half_strength_goes_half_way() -> None:
    lab = [
        cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(float).mean((0, 1))[0]
        for picture in (
            skin(1),
            match_colour(skin(1), skin(0.5), FULL, strength=0.5),
            match_colour(skin(1), skin(0.5), FULL),
        )
    ]
    assert lab[1] == pytest.approx((lab[0] + lab[2]) / 2, abs=2)


def test_what_lies_outside_the_mask_does_not_count() -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    plain, striped = skin(0.8), skin(0.8)
    striped[:16], striped[48:] = (255, 0, 0), (0, 255, 0)
    np.testing.assert_array_equal(match_colour(skin(1), plain, mask), match_colour(skin(1), striped, mask))


def test_flat_scenes_do_not_flatten_the_face() -> None:
    flat = np.full((64, 64, 3), 120, np.uint8)
    assert match_colour(skin(1), flat, FULL).std() > 0.4 * skin(1).std()


def in_scene(light: float, media_s: float, id_: int = 1) -> Frame:
    face = make_face(id_=id_)
    swap = make_swap(face)
    swap.image[:] = skin(1)
    picture = cv2.resize(skin(light), (320, 240))
    return Frame(0, media_s, media_s, picture, (face,), (swap,))


def level(frame: Frame) -> float:
    return float(frame.swaps[0].image.mean())


def test_a_frame_without_swaps_passes() -> None:
    frame = make_frame()
    assert ColourMatch()(frame) is frame


def test_the_first_frame_is_matched_fully_and_the_picture_stays() -> None:
    frame = in_scene(0.5, 0.0)
    before = frame.image.copy()
    matched = ColourMatch()(frame)
    assert level(matched) == pytest.approx(level(frame) * 0.55, rel=0.15)
    np.testing.assert_array_equal(frame.image, before)
    np.testing.assert_array_equal(frame.swaps[0].image, skin(1))


def test_a_change_of_light_is_followed_with_the_time_constant() -> None:
    match = ColourMatch(settle_s=0.3)
    bright = level(match(in_scene(1.2, 0.0)))
    for step in range(1, 10):
        now = level(match(in_scene(0.6, step / 30)))
    dark = level(ColourMatch()(in_scene(0.6, 0.0)))
    assert (bright - now) / (bright - dark) == pytest.approx(0.63, abs=0.08)


def test_it_follows_media_time_and_not_the_number_of_frames() -> None:
    levels = []
    for fps in (10, 60):
        match = ColourMatch(settle_s=0.3)
        match(in_scene(1.2, 0.0))
        for step in range(1, fps // 5 + 1):
            now = level(match(in_scene(0.6, step / fps)))
        levels.append(now)
    assert levels[0] == pytest.approx(levels[1], abs=1.5)


def test_another_face_starts_anew() -> None:
    match = ColourMatch()
    match(in_scene(1.2, 0.0))
    assert level(match(in_scene(0.5, 0.03, id_=2))) == level(ColourMatch()(in_scene(0.5, 0.0, id_=2)))


@pytest.mark.parametrize("media_s", [60.0, -1.0])
def test_a_face_long_gone_or_a_film_started_over_starts_anew(media_s: float) -> None:
    match = ColourMatch()
    match(in_scene(1.2, 0.0))
    assert level(match(in_scene(0.5, media_s))) == level(ColourMatch()(in_scene(0.5, 0.0)))


def test_noise_does_not_flicker() -> None:
    """Grain in the frame moves the matched swap less than it moves a match without memory."""

    def spread(settle_s: float) -> float:
        match, levels = ColourMatch(settle_s=settle_s), []
        for step in range(40):
            frame = in_scene(0.8, step / 30)
            grain = np.random.default_rng(step).normal(0, 6)
            picture = np.clip(frame.image + grain, 0, 255).astype(np.uint8)
            levels.append(level(match(replace(frame, image=picture))))
        return float(np.std(levels[15:]))

    assert spread(0.3) < 0.5 * spread(0.0)


def test_an_empty_mask_leaves_the_swap() -> None:
    face = make_face()
    swap = make_swap(face, mask=0)
    frame = Frame(0, 0.0, 0.0, noise((320, 240)), (face,), (swap,))
    assert ColourMatch()(frame).swaps[0] is swap


@pytest.mark.parametrize("kind", ["spread", "histogram", "linear"])
def test_every_way_takes_the_light_of_the_scene(kind: str) -> None:
    swap, scene = skin(1.0), skin(0.6, tint=(1.1, 1.0, 0.8))
    matched = match_colour(swap, scene, FULL, kind=kind)
    before, after = (np.abs(one.mean((0, 1)) - scene.mean((0, 1))).max() for one in (swap, matched))
    assert after < 3 < before
    half = match_colour(swap, scene, FULL, kind=kind, strength=0.5).mean()
    assert matched.mean() + 2 < half < swap.mean() - 2


def test_linear_light_is_another_lamp() -> None:
    """What a lamp of another brightness would do to each pixel is known: its linear light is scaled."""
    bright, dim = (np.full((64, 64, 3), level, np.uint8) for level in (188, 137))  # a half and a quarter of the light
    assert abs(int(match_colour(bright, dim, FULL, kind="linear")[0, 0, 0]) - 137) <= 1
    two = np.where(np.arange(64)[:, None, None] < 32, bright, dim)
    light = [
        ((level / 255 + 0.055) / 1.055) ** 2.4 for level in match_colour(two, dim, FULL, kind="linear")[::63, 0, 0]
    ]
    assert light[0] / light[1] == pytest.approx(2, rel=0.05)


def test_a_histogram_is_matched_whole() -> None:
    rng = np.random.default_rng(0)
    swap = np.clip(rng.normal(120, 12, (64, 64, 3)), 0, 255).astype(np.uint8)
    scene = np.where(rng.random((64, 64, 1)) < 0.5, 60, 190).astype(np.uint8).repeat(3, 2)
    matched = match_colour(swap, scene, FULL, kind="histogram")
    shares = [float((np.abs(matched.astype(int) - level) < 20).mean()) for level in (60, 190)]
    assert min(shares) > 0.4


def test_no_match_changes_nothing() -> None:
    assert (match_colour(skin(1), skin(0.5), FULL, kind="none") == skin(1)).all()
    with pytest.raises(ValueError, match="kind must be one of"):
        match_colour(skin(1), skin(1), FULL, kind="rose")


def test_another_persona_begins_anew() -> None:
    """Its colours are its own: what was learned of the one before would tint it."""
    first, second = in_scene(0.5, 0.0), in_scene(0.5, 0.03)
    match = ColourMatch()
    match(first)
    other = replace(second.swaps[0], image=second.swaps[0].image // 2, persona="other")
    assert level(match(replace(second, swaps=(other,)))) == level(ColourMatch()(replace(second, swaps=(other,))))


def test_what_is_the_performers_own_keeps_its_colours() -> None:
    frame = in_scene(0.5, 0.0)
    own = np.zeros(frame.swaps[0].mask.shape, np.uint8)
    own[20:30, 20:30] = 255
    swap = replace(frame.swaps[0], own=own)
    matched = ColourMatch()(replace(frame, swaps=(swap,))).swaps[0].image
    np.testing.assert_array_equal(matched[20:30, 20:30], swap.image[20:30, 20:30])
    assert (matched[40:50, 40:50] != swap.image[40:50, 40:50]).any()


def test_a_glint_brighter_than_the_sample_is_as_bright_as_the_scene_gets() -> None:
    swap, scene = skin(1.0), skin(0.6)
    swap[40, 40] = 255
    matched = match_colour(swap, scene, np.where(swap.max(2) < 250, FULL, 0).astype(np.uint8), kind="histogram")
    for channel in range(3):
        assert abs(int(matched[40, 40, channel]) - int(scene[..., channel].max())) <= 20


def test_every_way_is_known_by_its_word() -> None:
    assert {"none", *colour._KINDS} == {*COLOUR_MATCHES}


def test_what_the_swap_stage_cut_out_is_measured_and_not_cut_again() -> None:
    frame = in_scene(0.5, 0.0)
    swap = frame.swaps[0]
    seen = cut_crop(frame.image, swap.crop_from_frame, len(swap.mask))
    of_frame = ColourMatch()(frame)
    of_crop = ColourMatch()(replace(frame, image=np.zeros_like(frame.image), swaps=(replace(swap, seen=seen),)))
    assert level(of_crop) == pytest.approx(level(of_frame), abs=0.5)
    assert level(of_crop) < 0.7 * level(frame)
