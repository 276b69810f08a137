"""`--set NAME=VALUE`: for all personas, or for one of them by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import typer

from realtime.fit import Fit
from thespis.options.persona import fits_of


@dataclass
class Named:
    """Stands for a loaded persona: only its name is asked for."""

    name: str


def fits(words: list[str], *names: str, last: list[Fit] | None = None) -> list[Fit]:
    personas: list[Any] = [Named(name) for name in names]
    return fits_of(personas, words, last)


def test_a_word_is_for_everyone_or_for_whom_it_names() -> None:
    words = ["feather=0.1", "bob.feather=0.02", "ann.mirror=on"]
    assert fits(words, "ann", "bob") == [Fit(feather=0.1, mirror=True), Fit(feather=0.02)]


def test_names_with_dots_in_them() -> None:
    assert fits(["ann.b.feather=0.1"], "ann", "ann.b") == [Fit(), Fit(feather=0.1)]


def test_what_was_last_stays_unless_it_is_said_anew() -> None:
    last = [Fit(feather=0.1, scale=1.1)]
    assert fits(["scale=default"], "ann", last=last) == [Fit(feather=0.1)]


@pytest.mark.parametrize("word", ["carl.feather=0.1", "feather", "ann.feather=9", "ann.charm=1", "ann.=1"])
def test_a_word_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(typer.BadParameter, match="wanted"):
        fits([word], "ann", "bob")
