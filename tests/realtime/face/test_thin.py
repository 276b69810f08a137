import numpy as np
import pytest

from realtime.face.thin import thin, thinned_wh


@pytest.mark.parametrize("step", [2, 3, 4, 5])
@pytest.mark.parametrize("size_wh", [(40, 40), (95, 77), (101, 64)])
def test_the_middle_one_of_so_many_stands_for_all(step: int, size_wh: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    width, height = thinned_wh(size_wh, step)
    rgb = np.zeros((height, width, 3), np.uint8)
    thin(picture, step, rgb)
    middle = step // 2
    wanted = picture[middle::step, middle::step][:height, :width, ::-1]
    assert width >= size_wh[0] // step - 4 and height >= size_wh[1] // step - 4
    np.testing.assert_array_equal(rgb, wanted)
