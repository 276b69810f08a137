"""Who wears what: by place, by size, by name; what is free goes to whoever is new."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.casting import Cast, Casting, CastSwapper, Rule
from realtime.frame import Face, Frame, Swap
from realtime.settings import Live

WIDE = np.zeros((400, 800, 3), np.uint8)


@pytest.fixture(autouse=True)
def looking_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The faces here are clouds of points, which look nowhere."""
    monkeypatch.setattr("realtime.face.turn.yaw", lambda one: 0.0)


def face(id_: int, x: float, width: float = 80.0) -> Face:
    points = np.random.default_rng(0).uniform(-width / 2, width / 2, (478, 3)).astype(np.float32)
    return Face(id_, points + np.array([x, 200, 0], np.float32), np.eye(2, 3))


def cast(personas: int, casting: Casting, *faces: Face) -> dict[int, int]:
    """Who wears what in the first frame of all."""
    return Cast(personas, Live(casting))(Frame(0, 0.0, 0.0, WIDE, faces=faces))[0]


def test_everyone_wears_the_first_by_default() -> None:
    assert cast(2, Casting(), face(3, 100), face(5, 300)) == {3: 0, 5: 0}


def test_from_left_to_right_and_it_stays_when_they_cross() -> None:
    table = Cast(2, Live(Casting("place")))
    for number, places in enumerate(((500, 100), (100, 500))):
        faces = tuple(face(id_, x) for id_, x in enumerate(places))
        assert table(Frame(number, 0.0, number / 30, WIDE, faces=faces))[0] == {1: 0, 0: 1}


def test_by_size() -> None:
    assert cast(2, Casting("size"), face(0, 100, 60), face(1, 300, 120)) == {1: 0, 0: 1}


def test_pins_come_first() -> None:
    here = face(5, 100), face(6, 200), face(7, 300)
    assert cast(2, Casting("place", {5: 1, 6: None}), *here) == {5: 1, 7: 0}
    assert cast(2, Casting("pinned", {5: 1}), *here[:2]) == {5: 1}


def test_a_pin_to_a_place_that_there_is_not_counts_for_nothing() -> None:
    assert cast(2, Casting("place", {5: 7}), face(5, 100)) == {5: 0}


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


def seen(table: CastSwapper, media_s: float, *faces: Face, scene: int = 1) -> Frame:
    return table(Frame(0, 0.0, media_s, WIDE, faces=faces, scene=scene))


def worn(frame: Frame) -> dict[int, int]:
    """The grey that each face wears."""
    return {swap.face.id: int(swap.image[0, 0, 0]) for swap in frame.swaps}


def watched(table: CastSwapper, *faces: Face) -> CastSwapper:
    """The table after a second of these faces."""
    for number in range(31):
        seen(table, number / 30, *faces)
    return table


def of_two(rule: Rule = "place") -> CastSwapper:
    return CastSwapper([Painted(10), Painted(20)], Live(Casting(rule)))


ANN, BOB, EVE = face(0, 200), face(1, 400), face(2, 600)
BOTH: tuple[Rule, ...] = ("everyone", "place")


def test_each_wears_its_own_and_a_bystander_leaves_the_list() -> None:
    swappers = [Painted(10), Painted(20)]
    after = seen(CastSwapper(swappers, Live(Casting("place"))), 0.0, face(0, 300), face(1, 100), face(2, 500))
    assert worn(after) == {1: 10, 0: 20}
    assert {one.id for one in after.faces} == {0, 1}
    assert [one.asked for one in swappers] == [[(1,)], [(0,)]]


@pytest.mark.parametrize("rule", BOTH)
def test_who_is_hidden_for_a_moment_is_missing(rule: Rule) -> None:
    table = watched(of_two(rule), ANN, BOB)
    for later_s in (0.1, 2.5, 9.0, 29.0):
        assert seen(table, 1 + later_s, ANN).missing == (BOB.id,)
    assert seen(table, 31.1, ANN).missing == ()


@pytest.mark.parametrize("rule", BOTH)
def test_who_was_seen_beside_somebody_is_not_them(rule: Rule) -> None:
    """Both are lost for a frame; then one of them is found, and the other still is not."""
    table = watched(of_two(rule), ANN, BOB)
    for number, scene in enumerate((1, 2)):
        assert seen(table, 1.033 + number / 5).missing == (ANN.id, BOB.id)
        assert seen(table, 1.066 + number / 5, ANN, scene=scene).missing == (BOB.id,)
        assert seen(table, 1.1 + number / 5, ANN, BOB, scene=scene).missing == ()


@pytest.mark.parametrize("rule", BOTH)
def test_one_comes_back_in_the_frame_in_which_the_other_is_lost(rule: Rule) -> None:
    table = watched(of_two(rule), ANN, BOB)
    seen(table, 1.033, ANN)
    assert seen(table, 1.066, BOB).missing == (ANN.id,)


@pytest.mark.parametrize("rule", BOTH)
def test_without_a_cut_somebody_new_elsewhere_is_another(rule: Rule) -> None:
    table = watched(of_two(rule), face(0, 300, 40))
    assert seen(table, 1.05, face(7, 700, 40)).missing == (0,)


def test_a_stranger_beside_somebody_turned_away_is_not_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What knows the performer by their being alone is told that they are not."""
    monkeypatch.setattr("realtime.face.turn.yaw", lambda one: 60.0 if one.id == BOB.id else 0.0)
    asked = list[Frame]()
    table = CastSwapper([lambda frame: asked.append(frame) or frame], Live(Casting()))  # type: ignore[func-returns-value]
    seen(table, 1.0, ANN, BOB)
    assert [one.id for one in asked[0].faces] == [ANN.id]
    assert asked[0].missing == (BOB.id,)


@pytest.mark.parametrize("rule", BOTH)
def test_somebody_new_where_they_were_is_the_same_person(rule: Rule) -> None:
    table = watched(of_two(rule), ANN, BOB)
    before = worn(seen(table, 1.1, ANN, BOB))[BOB.id]
    assert seen(table, 1.2, ANN).missing == (BOB.id,)
    again = seen(table, 1.3, ANN, face(7, 410))
    assert again.missing == ()
    assert worn(again)[7] == before
    assert seen(table, 1.35, ANN).missing == (7,)  # and is as well known as before


@pytest.mark.parametrize("rule", BOTH)
def test_somebody_new_far_from_where_they_were_is_another(rule: Rule) -> None:
    table = watched(of_two(rule), face(0, 100, 40), face(1, 200, 40))
    assert seen(table, 1.1, face(0, 100, 40), face(7, 700, 40)).missing == (1,)


def test_who_comes_when_all_are_worn_takes_the_persona_of_somebody_who_is_not_found() -> None:
    """It may well be them, not known again; and if they come back all the same, neither goes bare."""
    table = watched(of_two(), face(0, 100, 40), face(1, 200, 40))
    after = seen(table, 1.1, face(0, 100, 40), face(7, 700, 40))
    assert worn(after) == {0: 10, 7: 20}
    assert after.missing == (1,)
    assert worn(seen(table, 1.2, face(0, 100, 40), face(1, 200, 40), face(7, 700, 40))) == {0: 10, 1: 20, 7: 20}


@pytest.mark.parametrize("rule", BOTH)
def test_a_cut_to_another_angle(rule: Rule) -> None:
    table = watched(of_two(rule), face(0, 100, 40), face(1, 200, 40))
    after = seen(table, 31 / 30, face(8, 700, 90), face(9, 500, 90), scene=2)
    assert {*worn(after)} == {8, 9}
    assert after.missing == ()


@pytest.mark.parametrize("rule", BOTH)
def test_a_cut_counts_where_its_frame_was_dropped(rule: Rule) -> None:
    table = watched(of_two(rule), face(0, 100, 40), face(1, 200, 40))
    dropped = 1  # the frame at 31 / 30, the first of the scene, was displaced in a slot
    after = seen(table, (31 + dropped) / 30, face(8, 700, 90), face(9, 500, 90), scene=2)
    assert {*worn(after)} == {8, 9}
    assert after.missing == ()


def test_who_is_known_again_stands_for_nobody_else() -> None:
    """Ann left at the rim, and comes back where Bob was, who looks down."""
    table = watched(of_two("everyone"), face(0, 20), BOB)
    for number in range(40, 130):
        seen(table, number / 30, BOB)
    assert seen(table, 4.4, face(0, 410)).missing == (BOB.id,)


def test_a_pin_follows_the_person() -> None:
    table = watched(CastSwapper([Painted(10), Painted(20)], Live(Casting("pinned", {0: 0, 1: 1}))), ANN, BOB)
    seen(table, 1.1, ANN)
    assert worn(seen(table, 1.2, ANN, face(7, 410))) == {0: 10, 7: 20}


def test_who_came_back_under_another_id_can_be_pinned_by_that() -> None:
    """What the panel shows is the id of now."""
    casting = Live(Casting("pinned", {0: 0, 1: 1}))
    table = watched(CastSwapper([Painted(10), Painted(20)], casting), ANN, BOB)
    seen(table, 1.1, ANN)
    assert worn(seen(table, 1.2, ANN, face(7, 410)))[7] == 20
    casting.swap(Casting("pinned", {0: 0, 1: 1, 7: 0}))
    assert worn(seen(table, 1.3, ANN, face(7, 410)))[7] == 10


def test_a_bystander_never_takes_the_persona_of_somebody_who_is_hidden() -> None:
    """The detector misses one who wears a persona for a frame: their face must not come back bare."""
    table = watched(of_two(), ANN, BOB, EVE)
    hidden = seen(table, 1.1, BOB, EVE)
    assert worn(hidden) == {BOB.id: 20}
    assert hidden.missing == (ANN.id,)
    back = seen(table, 1.2, ANN, BOB, EVE)
    assert worn(back) == {ANN.id: 10, BOB.id: 20}
    assert back.missing == ()


def test_who_came_after_somebody_left_gets_their_persona() -> None:
    """At the rim people leave: after two seconds they are no longer missing."""
    table = watched(of_two(), face(0, 30), BOB, EVE)
    for time_s, missing in ((2.0, (0,)), (3.5, ())):
        after = seen(table, time_s, BOB, EVE, face(7, 500))
        assert worn(after) == {BOB.id: 20, 7: 10}
        assert after.missing == missing


def test_a_bystander_who_leaves_is_not_missing() -> None:
    table = watched(CastSwapper([Painted(10)], Live(Casting("place"))), ANN, BOB)
    assert seen(table, 1.1, ANN).missing == ()


def test_a_passing_mistake_of_the_detector_is_not_missing() -> None:
    table = watched(of_two("everyone"), ANN)
    assert len(seen(table, 1.1, ANN, BOB).swaps) == 2
    assert seen(table, 1.2, ANN).missing == ()


def test_a_thing_that_is_gone_is_not_missing() -> None:
    table = watched(CastSwapper([Painted(10), Painted(20)], Live(Casting("place")), misses=False), ANN, BOB)
    after = seen(table, 1.1, BOB)
    assert after.missing == ()
    assert worn(after) == {BOB.id: 20}


def test_time_that_jumps_back_forgets_who_was_there() -> None:
    """A film that starts over: the same people come into view once more."""
    table = watched(of_two(), ANN, BOB)
    assert worn(seen(table, 0.0, face(8, 200), face(9, 400))) == {8: 10, 9: 20}


def test_a_rule_is_changed_between_two_frames() -> None:
    casting = Live(Casting("everyone"))
    table = CastSwapper([Painted(10), Painted(20)], casting)
    assert worn(seen(table, 0.0, ANN, BOB)) == {ANN.id: 10, BOB.id: 10}
    casting.swap(Casting("place", {ANN.id: 1}))
    assert worn(seen(table, 0.1, ANN, BOB)) == {ANN.id: 20, BOB.id: 10}


@pytest.mark.parametrize("rule", BOTH)
def test_cut_to_another_and_back_at_once_nobody_is_missing(rule: Rule) -> None:
    """Who is known again is in the place of the one whom the scene left."""
    table = watched(of_two(rule), face(0, 100, 40))
    other = [seen(table, 1 + number / 30, face(4, 700, 90), scene=2) for number in range(1, 20)]
    back = seen(table, 1 + 20 / 30, face(0, 100, 40), scene=3)
    assert all(frame.missing == () for frame in (*other, back))
    assert worn(back).keys() == {0}


def test_over_hours_few_are_remembered_and_who_stays_among_them() -> None:
    table = Cast(2, Live(Casting("place")))
    for number in range(2000):
        faces = (ANN, face(100 + number, 600)) if number % 2 else (ANN,)
        table(Frame(number, 0.0, number / 3, WIDE, faces=faces))
    assert table(Frame(2000, 0.0, 700.0, WIDE, faces=(ANN,)))[0] == {ANN.id: 0}
    assert len(table._held) <= 512
    assert len(table._first_ids) <= 512


def test_who_is_turned_away_keeps_the_persona_and_is_not_worn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The face stays in the frame's list, so that it is concealed where it is."""
    monkeypatch.setattr("realtime.face.turn.yaw", lambda one: 60.0 if one.id == BOB.id else 0.0)
    after = seen(of_two(), 1.0, ANN, BOB)
    assert worn(after).keys() == {ANN.id}
    assert {one.id for one in after.faces} == {ANN.id, BOB.id}
