from __future__ import annotations

import math

import pytest

from realtime.sync_offset import sync_offset_ms


@pytest.mark.parametrize(
    ("age_ms", "target_ms", "offset_ms"),
    [
        *((25.3, 0.0, 25), (31.0, 0.0, 30), (33.0, 0.0, 35), (0.4, 0.0, 0)),
        *((121.5, 120.0, 120), (128.0, 120.0, 120), (180.0, 120.0, 180), (math.nan, 120.0, None)),
    ],
)
def test_what_to_type(age_ms: float, target_ms: float, offset_ms: int | None) -> None:
    assert sync_offset_ms(age_ms, target_ms) == offset_ms
