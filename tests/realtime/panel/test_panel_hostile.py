"""Whatever is asked, the answer is done or refused in words, and nothing else happens."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served_panel import FakeDirecting

from realtime.actions import ACTIONS
from realtime.control import Controls
from realtime.errors import ThespisError
from realtime.fit import ADJUSTABLES
from realtime.messages import Messages
from realtime.panel import requests
from realtime.panel.requests import answer
from realtime.persona.gallery import Gallery
from realtime.settings import SETTINGS, Live, Settings
from realtime.sink.keeper import KeeperSink

WORDS = ("on", "place", "values", "persona", "rule", "pins", "source", "outputs", "personas", "faces")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
NAMES = st.sampled_from([*SETTINGS, *ADJUSTABLES, "0", "7", *WORDS]) | st.text(max_size=5)
THINGS = st.recursive(
    LEAVES | st.sampled_from(["place", "demo", "camera", "show", "top-left"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
ASKED = st.fixed_dictionaries(
    {"do": st.sampled_from([*ACTIONS, *requests._REQUESTS]) | THINGS},
    optional=dict.fromkeys(WORDS, THINGS),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(ASKED.map(lambda one: json.dumps(one).encode()), st.binary(max_size=60)))
def test_anything_at_all(tmp_path: Path, body: bytes) -> None:
    messages = Messages()
    gallery = Gallery(builtin=tmp_path / "none", user=tmp_path / "none")
    with Controls(Live(Settings()), gallery, KeeperSink(folder=tmp_path / "kept"), messages) as controls:
        try:
            assert isinstance(answer(FakeDirecting(controls), body), str)
        except (ValueError, ThespisError) as refusal:
            assert str(refusal)
        assert isinstance(controls.settings.now, Settings)
    assert not (tmp_path / "kept").exists()
