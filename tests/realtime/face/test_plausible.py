"""What no head can have come to is no face; what stays is believed in the end."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.face.plausible import Plausible
from realtime.frame import Points3

FRAME_S = 1 / 30


def face(x: float = 300, size: float = 200, roll_deg: float = 0.0) -> Points3:
    unit = np.random.default_rng(0).uniform(-0.5, 0.5, (478, 3)) - [0, 0, 0]
    turn = cv2.getRotationMatrix2D((0, 0), roll_deg, size)
    points = unit.copy()
    points[:, :2] = unit[:, :2] @ turn[:, :2].T + [x, 200]
    return points.astype(np.float32)


def kept(plausible: Plausible, frame: int, *faces: Points3, cut: bool = False) -> int:
    return len(plausible(list(faces), frame * FRAME_S, cut=cut))


@pytest.mark.parametrize(
    "wrong", [face(size=140), face(size=290), face(roll_deg=40), face(roll_deg=-40), face(x=340, size=140, roll_deg=30)]
)
def test_a_leap_is_no_head(wrong: Points3) -> None:
    plausible = Plausible()
    assert kept(plausible, 0, face()) == 1
    assert kept(plausible, 1, wrong) == 0
    assert kept(plausible, 2, wrong) == 0
    assert kept(plausible, 3, face()) == 1


def test_a_smeared_picture_is_not_believed_for_finding_the_same_again() -> None:
    """Sharp, a head may have turned so far in a third of a second; smeared, it is the mesh that tilts."""
    for smeared in (False, True):
        plausible = Plausible()
        assert kept(plausible, 0, face()) == 1
        believed = [len(plausible([face(roll_deg=55)], n * FRAME_S, cut=False, smeared=smeared)) for n in range(1, 13)]
        assert any(believed) != smeared
        assert len(plausible([face(roll_deg=55)], 16 * FRAME_S, cut=False, smeared=smeared)) == 1, (
            "but it is in the end"
        )


def test_after_a_frame_without_a_face_it_is_none_either() -> None:
    plausible = Plausible()
    kept(plausible, 0, face())
    kept(plausible, 1)
    assert kept(plausible, 2, face(size=130, roll_deg=-35)) == 0


def test_what_stays_is_believed() -> None:
    plausible = Plausible()
    kept(plausible, 0, face())
    seen = [kept(plausible, number, face(size=130)) for number in range(1, 20)]
    assert seen == sorted(seen)
    assert seen[0] == 0 and seen[-1] == 1


def test_lively_heads_pass() -> None:
    plausible = Plausible()
    for number in range(30):
        moved = face(300 + 20 * number, 200 * 1.04 ** abs(number % 20 - 10), 6 * number)
        assert kept(plausible, number, moved) == 1


@pytest.mark.parametrize("cut", [True, False])
def test_elsewhere_and_after_a_cut_anything_may_be(cut: bool) -> None:
    plausible = Plausible()
    kept(plausible, 0, face())
    assert kept(plausible, 1, face(x=300 if cut else 600, size=120, roll_deg=30), cut=cut) == 1


def test_one_of_two_that_leaps_does_not_take_the_other_along() -> None:
    plausible = Plausible()
    kept(plausible, 0, face(200), face(700))
    for number in (1, 2, 3):
        assert kept(plausible, number, face(204), face(705, size=120)) == 1
    assert kept(plausible, 4, face(204), face(705)) == 2


def test_time_that_jumps_back_is_a_new_beginning() -> None:
    plausible = Plausible()
    kept(plausible, 3000, face())
    assert kept(plausible, 1, face(size=100)) == 1
