import numpy as np

from realtime.face.region import hull, silhouette
from realtime.source.expression import Expression
from realtime.source.renderer import PortraitRenderer


def test_silhouette_lies_within_the_hull_and_leaves_out_what_the_jaw_bends_around(astronaut: PortraitRenderer) -> None:
    for yaw in (-30, 0, 30):
        _, points, crop_from_frame = astronaut.crop(Expression(yaw=yaw), 128)
        own = silhouette(points, crop_from_frame, 128) > 127
        around = hull(points, crop_from_frame, 128) > 127
        assert not (own & ~around).sum() > 4  # but for rounding at the rim
        assert own.sum() > 0.85 * around.sum()
    assert (around & ~own).sum() > 20


def test_every_inner_point_is_covered(astronaut: PortraitRenderer) -> None:
    _, points, crop_from_frame = astronaut.crop(Expression(yaw=35), 128)
    mask = silhouette(points, crop_from_frame, 128)
    nose = np.rint(crop_from_frame[:, :2] @ points[4, :2] + crop_from_frame[:, 2]).astype(int)
    assert mask[nose[1], nose[0]] == 255
