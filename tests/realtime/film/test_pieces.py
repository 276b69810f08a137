"""Where a film is cut, and what is taken for granted of what lies before."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from realtime.errors import PersonaError
from realtime.film.facts import Colour, Film
from realtime.film.pieces import LONG_WARM_S, WARM_S, Form, Piece, begin_of, cut, first_form
from realtime.film.record import Joint, Record, parse_record, read_record, wanted_form


def film(seconds: int, every_s: int = 2, first: int = 500) -> Film:
    keys = tuple(range(first, first + 1000 * seconds, 1000 * every_s))
    colour = Colour(1, 1, 1, 1)
    return Film(
        Path("film.mp4"), "", Fraction(1, 1000), (64, 48), 25.0, first, first + 1000 * seconds, keys, 25 * seconds,
        True, False, colour, "yuv420p", None, (),
    )  # fmt: skip


def record(number: int = 1, **given: object) -> Record:
    joint = Joint(True, 0, ((10.0, 10.0, 60.0, 70.0),))
    whole = Record(number, Form(WARM_S, True), "0" * 64, 50, 0, 0, True, (0,), True, joint, joint)
    return replace(whole, **given)


@pytest.mark.parametrize(("seconds", "piece_s"), [(10, 15), (60, 15), (600, 37.5), (7200, 60)])
def test_pieces_follow_each_other_without_a_gap_and_are_as_long_as_the_film_asks(seconds: int, piece_s: float) -> None:
    one = film(seconds)
    pieces = cut(one)
    assert (pieces[0].start, pieces[-1].end) == (one.first, one.end)
    assert all(before.end == after.start for before, after in pairwise(pieces))
    assert all(piece.start in one.keys for piece in pieces)
    assert all(piece.end - piece.start >= min(piece_s, seconds) * 500 for piece in pieces)
    assert all(piece.end - piece.start < (1.5 * piece_s + 2) * 1000 for piece in pieces)


def test_a_film_that_cannot_or_must_not_be_cut_is_one_piece() -> None:
    assert len(cut(film(600), whole=True)) == 1
    assert len(cut(replace(film(600), keys=(500,)))) == 1
    assert len(cut(replace(film(600), keys=()))) == 1


def test_a_piece_is_begun_at_a_key_frame_before_its_warm_up() -> None:
    one = film(60)
    piece = Piece(1, 20_500, 40_500)
    assert begin_of(one, piece, first_form(piece)) == (18_500, 18_500)
    assert begin_of(one, piece, Form(1.0, True)) == (19_500, 18_500)
    assert begin_of(one, piece, Form(LONG_WARM_S, True)) == (500, None)
    assert begin_of(one, Piece(0, 500, 20_500), Form(0, False)) == (500, None)


def test_a_piece_that_fits_to_the_one_before_it_stays() -> None:
    trembling = Joint(True, 0, ((10.8, 9.5, 60.4, 70.0),))
    assert wanted_form(record(0), record(before=trembling)) == record().form


@pytest.mark.parametrize(
    "other",
    [
        None,
        Joint(False, 0, ((10.0, 10.0, 60.0, 70.0),)),
        Joint(True, 1, ((10.0, 10.0, 60.0, 70.0),)),
        Joint(True, 0, ((30.0, 10.0, 80.0, 70.0),)),
        Joint(True, 0, ()),
    ],
)
def test_a_piece_that_does_not_is_to_know_more_of_what_was_before(other: Joint | None) -> None:
    assert wanted_form(record(0), record(before=other)) == Form(LONG_WARM_S, True)


def test_whether_a_persona_was_worn_before_counts_only_where_anything_is_concealed() -> None:
    nobody = record(0, began=False)
    assert wanted_form(nobody, record(unworn=3)) == Form(WARM_S, False)
    assert wanted_form(nobody, record(unworn=0)) == Form(WARM_S, True)


def test_a_record_is_read_back_as_it_was(tmp_path: Path) -> None:
    for one in (record(), record(before=None, after=None, failure="the end of it", shown=())):
        assert parse_record(one.to_json().encode()) == one
    assert read_record(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    "change",
    [
        ('"frames": 50', '"frames": -1'),
        ('"frames": 50', '"frames": "50"'),
        ('"marked": true', '"marked": 1'),
        ('"shown": [0]', '"shown": [99]'),
        ('"shown": [0]', '"shown": [true]'),
        ("[10.0, 10.0, 60.0, 70.0]", "[10.0, 10.0, 60.0]"),
        ("[10.0, 10.0, 60.0, 70.0]", '[10.0, 10.0, 60.0, "70"]'),
        ("[10.0, 10.0, 60.0, 70.0]", "[10.0, 10.0, 60.0, NaN]"),
        ('"number": 1', '"number": 1, "more": 2'),
        ('"warm_s": 2.0', '"warm_s": 2.0, "more": 2'),
        ("}", ""),
    ],
)
def test_a_record_that_anybody_has_changed_is_none(tmp_path: Path, change: tuple[str, str]) -> None:
    text = record().to_json()
    assert change[0] in text
    spoilt = text.replace(*change)
    with pytest.raises(PersonaError):
        parse_record(spoilt.encode())
    (tmp_path / "record.json").write_text(spoilt)
    assert read_record(tmp_path / "record.json") is None
