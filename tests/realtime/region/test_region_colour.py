"""Coloured objects are found where they are, in shade too, keep their names, and nothing else is taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.face.align import scale_crop, transform
from realtime.frame import BgrImage, Face, Frame
from realtime.persona.crop import cut_crop
from realtime.region.alignment import BOX
from realtime.region.colour import GROWTH, OUTLINE_POINTS, ColourRegion

SLATE = (140, 125, 110)
RED = (30, 20, 190)


def ball(picture: BgrImage, centre: tuple[float, float], radius: float, bgr: tuple[int, int, int] = RED) -> BgrImage:
    cv2.ellipse(picture, (centre, (2 * radius, 2 * radius), 0), bgr, -1, cv2.LINE_AA)
    return picture


def table(size_wh: tuple[int, int] = (640, 360)) -> BgrImage:
    return np.full((size_wh[1], size_wh[0], 3), SLATE, np.uint8)


def find(picture: BgrImage, *, most: int = 1, colours: tuple[str, ...] = ("red",)) -> tuple[Face, ...]:
    return ColourRegion(colours).finder(most)(Frame(0, 0.0, 0.0, picture)).faces


def place(face: Face) -> tuple[float, float, float]:
    """Middle and size, as its crop has them."""
    scale = face.crop_from_frame[0, 0]
    x, y = (0.5 - face.crop_from_frame[:, 2]) / scale
    return float(x), float(y), float(1 / (BOX.coverage * scale))


@pytest.mark.parametrize("picture", [table(), np.zeros((1, 1, 3), np.uint8), np.full((7, 333, 3), 255, np.uint8)])
def test_a_frame_without_one_passes_with_none(picture: BgrImage) -> None:
    assert find(picture) == ()


def test_other_colours_specks_and_greys_are_none() -> None:
    picture = ball(ball(table(), (100, 100), 40, (200, 60, 30)), (400, 200), 60, (128, 128, 128))
    picture[::40, ::40] = RED
    picture[300:303, 500:503] = RED
    assert find(picture) == ()


@pytest.mark.parametrize("size_wh", [(640, 360), (1280, 720), (320, 240), (1920, 1080)])
def test_an_object_is_found_to_a_pixel(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    centre, radius = (0.4 * width, 0.55 * height), 0.2 * height
    (found,) = find(ball(table(size_wh), centre, radius))
    x, y, size = place(found)
    assert abs(x - centre[0]) < 0.01 * height
    assert abs(y - centre[1]) < 0.01 * height
    assert size == pytest.approx(2 * radius, rel=0.02)
    assert found.landmarks_px.shape == (OUTLINE_POINTS, 3)
    reach = np.linalg.norm(found.landmarks_px[:, :2] - (x, y), axis=1)
    assert reach == pytest.approx(GROWTH * radius, rel=0.03)  # nothing of it looks out


def test_shade_highlight_and_a_stem_move_it_little() -> None:
    plain = ball(table(), (300, 180), 80)
    light = np.linspace(1.2, 0.25, 640)[None, :, None]  # one side of it in deep shade
    lit = np.clip(plain * light, 0, 255).astype(np.uint8)
    cv2.circle(lit, (270, 150), 18, (250, 250, 255), -1, cv2.LINE_AA)
    cv2.line(lit, (300, 60), (300, 130), (30, 50, 60), 8)
    (before,), (after,) = find(plain), find(lit)
    assert np.abs(np.subtract(place(before), place(after))).max() < 3


def test_a_mask_fills_what_is_pale_and_leaves_the_table() -> None:
    picture = ball(ball(table(), (300, 180), 80), (320, 150), 20, (120, 230, 240))
    region = ColourRegion(("red",))
    (found,) = find(picture)
    crop_from_frame = scale_crop(found.crop_from_frame, 128)
    mask = region.cover(cut_crop(picture, crop_from_frame, 128), transform(found.landmarks_px, crop_from_frame))
    true = cut_crop(ball(np.zeros_like(picture), (300, 180), 80, (255, 255, 255)), crop_from_frame, 128)[..., 0]
    both, either = ((mask > 127) & (true > 127)).sum(), ((mask > 127) | (true > 127)).sum()
    assert both / either > 0.97


def test_two_objects_keep_their_names_when_they_pass() -> None:
    finder = ColourRegion(("red", "green")).finder(4)
    seen = []
    for step in range(10):
        picture = ball(ball(table(), (100 + 40 * step, 80), 35), (500 - 40 * step, 260), 45, (40, 150, 80))
        faces = finder(Frame(step, step / 30, step / 30, picture)).faces
        seen.append({face.id: place(face)[1] for face in faces})
    assert all(sorted(one) == sorted(seen[0]) for one in seen)
    assert all(abs(one[name] - seen[0][name]) < 15 for one in seen for name in one)


def test_no_more_than_asked_for_and_no_crumbs_beside_a_large_one() -> None:
    picture = ball(ball(ball(table(), (120, 180), 70), (320, 180), 60), (520, 180), 50)
    assert len(find(picture, most=2)) == 2
    assert len(find(ball(ball(table(), (200, 180), 120), (500, 180), 20), most=4)) == 1


def test_an_object_cut_off_by_the_rim_is_still_one() -> None:
    (found,) = find(ball(table(), (0, 180), 80))
    assert place(found)[0] < 50
