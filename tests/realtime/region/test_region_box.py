"""A fixed box is the same place in every frame, whatever its size."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.face.align import scale_crop, transform
from realtime.frame import Frame
from realtime.persona.crop import cut_crop
from realtime.region.alignment import BOX
from realtime.region.box import BoxRegion


@pytest.mark.parametrize("size_wh", [(320, 240), (1280, 720), (33, 77)])
def test_the_box_lies_where_its_shares_say(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    picture = np.zeros((height, width, 3), np.uint8)
    (box,) = BoxRegion(0.25, 0.5, 0.5, 0.25).finder(4)(Frame(0, 0.0, 0.0, picture)).faces
    left, top = box.landmarks_px[:, :2].min(0) + 0.5
    right, bottom = box.landmarks_px[:, :2].max(0) + 0.5
    assert (left, top, right, bottom) == pytest.approx((width / 4, height / 2, width * 3 / 4, height * 3 / 4))


def test_its_crop_has_it_in_the_middle_and_mask_is_all_of_it() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[50:150, 100:200] = 255
    region = BoxRegion(0.25, 0.25, 0.25, 0.5)
    (box,) = region.finder(1)(Frame(0, 0.0, 0.0, picture)).faces
    crop_from_frame = scale_crop(box.crop_from_frame, 96)
    crop = cut_crop(picture, crop_from_frame, 96)
    mask = region.cover(crop, transform(box.landmarks_px, crop_from_frame))
    assert np.abs(crop[..., 0].astype(int) - mask).mean() < 6
    assert mask.mean() / 255 == pytest.approx(1 / BOX.coverage**2, rel=0.05)
