"""Strangers are painted: no two alike, the same for the same numbers, and still faces that the detector finds."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.looks import Painter, draw_glasses
from models.rendered import PortraitFaceset
from realtime.face import topology
from realtime.face.landmarks import FaceMesh
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer

CALM = Expression()


@pytest.fixture(scope="module")
def painter(astronaut: PortraitRenderer, hopper: PortraitRenderer) -> Painter:
    return Painter(astronaut, hopper)


def test_the_same_numbers_paint_the_same_and_others_somebody_else(
    painter: Painter, astronaut: PortraitRenderer
) -> None:
    before = astronaut.texture.copy()
    first, again, other = (painter(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first.shape == before.shape
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(astronaut.texture, before)


def test_skins_are_from_dark_to_light_and_faces_stay_faces(painter: Painter, astronaut: PortraitRenderer) -> None:
    crops = [astronaut.crop(CALM, 128, None, painter(np.random.default_rng(seed)))[0] for seed in range(40)]
    cheeks = [float(crop[70:80, 40:50].mean()) for crop in crops]
    assert min(cheeks) < 60
    assert max(cheeks) > 150
    detect = FaceMesh(still=True)
    found = sum(bool(detect(cv2.resize(crop, (256, 256), interpolation=cv2.INTER_CUBIC))) for crop in crops)
    detect.close()
    assert found >= 36


def test_a_portrait_by_itself_is_painted_too(hopper: PortraitRenderer) -> None:
    assert np.array_equal(hopper.texture_of(hopper), hopper.texture)
    painted = Painter(hopper, hopper)(np.random.default_rng(0))
    assert not np.array_equal(painted, hopper.texture)


def test_another_head_is_laid_feature_on_feature(astronaut: PortraitRenderer, hopper: PortraitRenderer) -> None:
    lent = astronaut.texture_of(hopper)
    for index in (151, 4, 205, 425, 0, 17, 199):  # forehead, tip of the nose, cheeks, lips, chin
        here, there = (np.rint(one.head.photo_px[index, :2]).astype(int) for one in (astronaut, hopper))
        got, true = _around(lent, *here), _around(hopper.texture, *there)
        assert np.abs(got - true).max() < 12
        assert np.abs(got - _around(astronaut.texture, *here)).max() > 12 or index == 199


def _around(picture: np.ndarray, x: int, y: int) -> np.ndarray:
    return picture[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1))


def test_a_fine_texture_keeps_its_own_teeth_and_eyes(hopper_photo: Path) -> None:
    """At 256 pixels the rings around a head reach below its canvas, where the openings' strip lies."""
    own, other = PortraitFaceset(None, 256).renderer, PortraitFaceset(hopper_photo, 256).renderer
    height = len(own.canvas)
    lent = own.texture_of(other)
    assert np.array_equal(lent[height:], own.texture[height:])
    assert not np.array_equal(lent[:height], own.texture[:height])


def test_other_eyes_have_other_colours(painter: Painter, astronaut: PortraitRenderer) -> None:
    height = len(astronaut.canvas)
    strips = [painter(np.random.default_rng(seed))[height:].astype(int) for seed in range(4)]
    own = astronaut.texture[height:].astype(int)
    teeth, eyes = slice(0, 4 * 96), slice(4 * 96, 8 * 96)
    assert all(np.array_equal(strip[:, teeth], own[:, teeth]) for strip in strips)
    assert len({int(strip[:, eyes].sum()) for strip in strips}) == 4


def test_what_is_painted_follows_a_tilted_portrait(astronaut: PortraitRenderer) -> None:
    """The same stranger over the same portrait lying on its side: lips and brows stay where lips and brows are."""
    turned = np.ascontiguousarray(np.rot90(astronaut.canvas))
    points = astronaut.head.photo_px[:468]
    width = astronaut.canvas.shape[1]
    upright = Painter(astronaut, astronaut)
    lying = np.stack([points[:, 1], width - 1 - points[:, 0], points[:, 2]], 1)
    landmarks = np.vstack([lying, np.repeat(lying[[468 - 1]], 10, 0)]).astype(np.float32)
    renderer = PortraitRenderer(turned, landmarks, (turned.shape[1], turned.shape[0]), astronaut.head.scale_px)
    tilted = Painter(renderer, renderer)
    assert tilted._nose_y == pytest.approx(upright._nose_y, abs=0.05)
    assert tilted._chin_y == pytest.approx(upright._chin_y, abs=0.05)


def test_glasses_lie_around_the_eyes(astronaut: PortraitRenderer) -> None:
    crop, points, crop_from_frame = astronaut.crop(CALM, 256)
    in_crop = (points[:, :2] @ crop_from_frame[:, :2].T + crop_from_frame[:, 2]).astype(np.float32)
    eyes = in_crop[[index for pair in topology.EYE_CORNERS for index in pair]]
    chin = int(in_crop[152, 1])
    for seed in range(12):
        worn = crop.copy()
        draw_glasses(worn, in_crop, np.random.default_rng(seed))
        rows, columns = np.nonzero((worn != crop).any(2))
        assert columns.min() < eyes[:, 0].min()
        assert columns.max() > eyes[:, 0].max()
        assert rows.max() < chin - 40
