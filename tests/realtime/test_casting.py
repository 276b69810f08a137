"""Who wears what: by place, by size, by name; what is free goes to whoever is new."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.casting import Cast, Casting, CastSwapper, Rule
from realtime.frame import Face, Frame, Swap
from realtime.settings import Live


def face(id_: int, x: float, width: float = 80.0) -> Face:
    points = np.random.default_rng(0).uniform(-width / 2, width / 2, (478, 3)).astype(np.float32)
    return Face(id_, points + np.array([x, 100, 0], np.float32), np.eye(2, 3))


def test_everyone_wears_the_first_by_default() -> None:
    assert Cast(2, Live(Casting()))([face(3, 0), face(5, 200)]) == {3: 0, 5: 0}


def test_from_left_to_right_and_it_stays_when_they_cross() -> None:
    cast = Cast(2, Live(Casting("place")))
    assert cast([face(0, 500), face(1, 100)]) == {1: 0, 0: 1}
    assert cast([face(0, 100), face(1, 500)]) == {1: 0, 0: 1}


def test_by_size() -> None:
    assert Cast(2, Live(Casting("size")))([face(0, 100, 60), face(1, 300, 120)]) == {1: 0, 0: 1}


def test_who_comes_when_all_are_worn_stays_as_they_are() -> None:
    cast = Cast(1, Live(Casting("place")))
    assert cast([face(0, 100)]) == {0: 0}
    assert cast([face(0, 100), face(1, 50)]) == {0: 0}


def test_a_face_that_is_not_known_again_is_never_seen_bare() -> None:
    """Somebody whose track was lost comes back under a new id: the persona is free, and is worn."""
    cast = Cast(2, Live(Casting("place")))
    cast([face(0, 100), face(1, 300)])
    cast([face(1, 300)])
    assert cast([face(7, 120), face(1, 300)]) == {7: 0, 1: 1}
    assert cast([face(0, 100), face(1, 300)]) == {0: 0, 1: 1}


def test_pins_come_first() -> None:
    cast = Cast(2, Live(Casting("place", {5: 1, 6: None})))
    assert cast([face(5, 0), face(6, 100), face(7, 200)]) == {5: 1, 7: 0}
    assert Cast(2, Live(Casting("pinned", {5: 1})))([face(5, 0), face(6, 100)]) == {5: 1}


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="everyone, place, size, pinned"):
        Casting("loudest")  # type: ignore[arg-type]


class Painted:
    said = provider = precision = persona_name = "painted"

    def __init__(self, grey: int) -> None:
        self.grey, self.asked = grey, list[tuple[int, ...]]()

    def __call__(self, frame: Frame) -> Frame:
        self.asked.append(tuple(one.id for one in frame.faces))
        picture, mask = np.full((8, 8, 3), self.grey, np.uint8), np.full((8, 8), 255, np.uint8)
        swaps = tuple(Swap(one, picture, mask, np.eye(2, 3)) for one in frame.faces)
        return Frame(frame.index, 0.0, 0.0, frame.image, faces=frame.faces, swaps=swaps)


def test_each_wears_its_own_and_a_bystander_leaves_the_list() -> None:
    swappers = [Painted(10), Painted(20)]
    frame = Frame(0, 0.0, 0.0, np.zeros((9, 9, 3), np.uint8), faces=(face(0, 300), face(1, 100), face(2, 500)))
    worn = CastSwapper(swappers, Live(Casting("place")))(frame)
    assert {swap.face.id: int(swap.image[0, 0, 0]) for swap in worn.swaps} == {1: 10, 0: 20}
    assert {one.id for one in worn.faces} == {0, 1}
    assert [one.asked for one in swappers] == [[(1,)], [(0,)]]


def hidden(rule: Rule, *others: Face) -> CastSwapper:
    """A table at which the second person was seen last at 0 s and is hidden now, at 0.5 s."""
    swapper = CastSwapper([Painted(10), Painted(20)], Live(Casting(rule)))
    seen(swapper, 0.0, face(0, 100), face(1, 300), *others)
    assert seen(swapper, 0.5, face(0, 100), *others).missing == (1,)
    return swapper


def seen(swapper: CastSwapper, media_s: float, *faces: Face) -> Frame:
    return swapper(Frame(0, 0.0, media_s, np.zeros((9, 9, 3), np.uint8), faces=faces))


@pytest.mark.parametrize("rule", ["everyone", "place"])
def test_who_is_hidden_for_a_moment_is_missed(rule: Rule) -> None:
    swapper = hidden(rule)
    assert seen(swapper, 0.6, face(0, 100), face(7, 310)).missing == ()  # somebody new is the same person
    assert seen(swapper, 0.7, face(0, 100)).missing == (7,)
    assert seen(swapper, 0.8, face(0, 100), face(1, 300)).missing == ()


def test_who_is_gone_for_long_is_not_missed_any_more() -> None:
    assert seen(hidden("everyone"), 9.0, face(0, 100)).missing == ()


def test_who_was_there_already_is_nobody_who_came_back() -> None:
    """A bystander takes the free persona; the one who is hidden is still missed."""
    bystander = face(5, 500)
    swapper = CastSwapper([Painted(10), Painted(20)], Live(Casting("place")))
    assert len(seen(swapper, 0.0, face(0, 100), face(1, 300), bystander).swaps) == 2
    after = seen(swapper, 0.5, face(0, 100), bystander)
    assert {swap.face.id for swap in after.swaps} == {0, 5}
    assert after.missing == (1,)


def test_a_bystander_who_leaves_is_not_missed() -> None:
    swapper = CastSwapper([Painted(10)], Live(Casting("place")))
    seen(swapper, 0.0, face(0, 100), face(1, 300))
    assert seen(swapper, 0.1, face(0, 100)).missing == ()


def test_a_rule_is_changed_between_two_frames() -> None:
    casting = Live(Casting("everyone"))
    swapper = CastSwapper([Painted(10), Painted(20)], casting)
    both = face(0, 100), face(1, 300)
    assert [int(swap.image[0, 0, 0]) for swap in seen(swapper, 0.0, *both).swaps] == [10, 10]
    casting.swap(Casting("place", {0: 1}))
    assert {swap.face.id: int(swap.image[0, 0, 0]) for swap in seen(swapper, 0.1, *both).swaps} == {0: 20, 1: 10}
