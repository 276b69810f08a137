"""What a user may adjust: each value has a range and a meaning, and a word means one value or none."""

from __future__ import annotations

from dataclasses import fields

import pytest

from realtime.fit import ADJUSTABLES, Fit, read_words


def test_every_value_says_what_it_does_and_accepts_its_default() -> None:
    assert [one.name for one in fields(Fit)] == list(ADJUSTABLES)
    for one in ADJUSTABLES.values():
        assert one.says
        assert one.accepts(one.default), one.name


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("feather=0.1", 0.1),
        ("feather=0", 0.0),
        ("offset_x=-0.1", -0.1),
        ("keep_mouth=on", True),
        ("mask_hull=no", False),
        ("colour=histogram", "histogram"),
        ("opacity=default", 1.0),
        ("mirror=default", False),
    ],
)
def test_a_word_is_a_value(word: str, value: object) -> None:
    name = word.partition("=")[0]
    assert read_words([word]) == {name: value}
    assert getattr(Fit().with_values(read_words([word])), name) == value


@pytest.mark.parametrize(
    "word",
    [
        *("feather", "feather=", "feather=much", "feather=nan", "feather=inf", "feather=0.16", "feather=-0.01"),
        *("scale=0", "keep_mouth=perhaps", "keep_mouth=", "colour=rose", "charm=1", "=1", "", "Feather=0.1"),
    ],
)
def test_a_wrong_word_is_told_with_what_is_wanted(word: str) -> None:
    with pytest.raises(ValueError, match="wanted"):
        read_words([word])


@pytest.mark.parametrize(
    "wrong",
    [
        {"feather": True},
        {"mirror": 1},
        {"mirror": "on"},
        {"colour": 3},
        {"opacity": float("nan")},
        {"scale": 9},
        {"feather": 10**400},
        {"charm": 1},
    ],
)
def test_a_wrong_value_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Fit().with_values(wrong)


def test_what_shows_the_performer_through_lasts_for_one_run() -> None:
    fit = Fit(opacity=0.5, feather=0.1, mirror=True)
    assert fit.lasting() == {"feather": 0.1, "mirror": True}
    assert Fit().lasting() == {}
