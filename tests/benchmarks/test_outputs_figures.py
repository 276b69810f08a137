"""What is read from the pictures that a viewer saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.likeness import PersonaTruth
from benchmarks.outputs import ROWS, measure, table_of
from benchmarks.sightings import Onlooker, Seen
from realtime.frame import Frame
from realtime.persona.catalog import load_persona
from realtime.settings import Live, Settings
from realtime.source.portrait import PortraitPerformer
from realtime.stamp import Stamp, StampingSource, write_stamp
from realtime.wear import wearing

FRAMES = 41


@pytest.fixture(scope="module")
def played() -> Iterator[list[tuple[Frame, Frame]]]:
    """Every frame as it was captured and as it left the loop."""
    pairs = []
    source = StampingSource(PortraitPerformer(size_wh=(640, 360), paced=False, seconds=FRAMES / 30))
    with wearing([load_persona("hopper")], Live(Settings()), max_faces=1) as worn, source:
        source.open()
        while (frame := source.read()) is not None:
            before = replace(frame, image=frame.image.copy())
            for group in worn.threads:
                for stage in group:
                    frame = stage.call(frame)
            pairs.append((before, frame))
    yield pairs


@pytest.fixture(scope="module")
def truth() -> PersonaTruth:
    persona = load_persona("hopper")
    return PersonaTruth(persona, persona.manifest.crop_size)


def watch(played: list[tuple[Frame, Frame]], truth: PersonaTruth, *, leaks: bool = False) -> Seen:
    onlooker = Onlooker()
    for before, after in played:
        onlooker.remember(before)
        onlooker.finish(after, before.captured_s + 0.03)
        onlooker.look((before if leaks else after).image, before.captured_s + 0.1)
    return onlooker.figures(truth, 0.0)


def test_worn_frames_are_the_personas(played, truth: PersonaTruth) -> None:
    seen = watch(played, truth)
    assert seen.judged == 5
    assert (seen.leaks, seen.nearer) == (0, 1.0)
    assert seen.arrivals.frames == FRAMES
    assert seen.arrivals.age_ms.p50 == pytest.approx(100, abs=0.1)
    assert seen.handed_ms.p50 == pytest.approx(30, abs=0.1)


def test_a_viewer_who_sees_the_performer_is_noticed(played, truth: PersonaTruth) -> None:
    seen = watch(played, truth, leaks=True)
    assert seen.leaks == seen.judged == 5
    assert seen.nearer == 0.0


def test_what_is_seen_again_counts_once_and_what_is_old_is_told() -> None:
    onlooker = Onlooker()
    picture = PortraitPerformer(size_wh=(640, 360), paced=False, seconds=0.1)
    with picture:
        picture.open()
        frame = picture.read()
    assert frame is not None
    onlooker.look(frame.image, 0.5)  # a slate before the first frame
    for index, seen_s in ((3, 1.0), (3, 1.1), (4, 1.2), (2, 1.3)):
        write_stamp(frame.image, Stamp(index, 0.9))
        onlooker.look(frame.image, seen_s)
    seen = onlooker.figures(None, 0.0)  # type: ignore[arg-type]
    assert (seen.arrivals.frames, seen.out_of_order, seen.unreadable) == (3, 1, 0)
    assert (onlooker.first_s, onlooker.last_s) == (1.0, 1.3)


def test_what_is_not_installed_is_not_measured() -> None:
    row = replace(ROWS[-1], programs=("no-such-program-here",))
    figures = measure(row, 1.0)
    assert figures == {"output": row.name, "not_measured": "no no-such-program-here here"}
    assert table_of([figures]).row_count == 1
