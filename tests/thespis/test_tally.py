import numpy as np

from realtime.face import topology
from realtime.frame import Face, Frame
from thespis.tally import Tally

FACE = Face(0, np.zeros((topology.POINTS, 3), np.float32), np.eye(2, 3))


def frame(*, face: bool, worn: bool) -> Frame:
    return Frame(0, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8), faces=(FACE,) * face, worn=worn)


def test_nothing_is_said_where_all_was_worn() -> None:
    tally = Tally()
    tally.note(frame(face=True, worn=True))
    assert tally.summary(concealed=True) == ""


def test_what_was_not_worn_is_counted_and_said() -> None:
    tally = Tally()
    for one in (frame(face=True, worn=True), frame(face=False, worn=False), frame(face=True, worn=False)):
        tally.note(one)
    assert tally.summary(concealed=True) == ("2 of 3 frames went out without the persona, concealed (1 showed no face)")
    assert "concealed" not in tally.summary(concealed=False)
    assert not tally.worn_now


def test_a_source_without_any_face_is_told_what_to_do() -> None:
    tally = Tally()
    tally.note(frame(face=False, worn=False))
    assert tally.summary(concealed=True).startswith("no face was found: 1 of 1 frames")
    assert "bring a face" in tally.summary(concealed=True)
