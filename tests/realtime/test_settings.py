from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from realtime.frame import Frame
from realtime.settings import Following, Live, Settings


def a_frame() -> Frame:
    return Frame(0, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8))


def test_the_performer_is_never_shown_by_default() -> None:
    assert Settings().when_lost == "hold"
    assert Settings().hold_s <= 0.2
    assert Settings().badge


@pytest.mark.parametrize(
    "wrong",
    [
        {"when_lost": "hope"},
        {"hold_s": 0.3},
        {"hold_s": -0.1},
        {"hold_s": float("nan")},
    ],
)
def test_a_wrong_value_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(Settings(), **wrong)  # type: ignore[arg-type]


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().badge = False  # type: ignore[misc]


def test_a_stage_follows_its_own_settings_and_keeps_its_state_through_changes_of_others() -> None:
    live = Live(Settings(badge=True))
    built: list[bool] = []

    def build(enabled: bool) -> Callable[[Frame], Frame]:
        built.append(enabled)
        return lambda frame: replace(frame, worn=enabled)

    stage = Following(live, lambda settings: (settings.badge,), build)
    assert stage(a_frame()).worn
    live.swap(replace(live.now, hold_s=0.1))
    assert stage(a_frame()).worn
    assert built == [True]
    live.swap(replace(live.now, badge=False))
    assert not stage(a_frame()).worn
    assert built == [True, False]


def test_a_corner_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="badge_corner: wanted one of top-right"):
        Settings(badge_corner="middle")  # type: ignore[arg-type]
