"""Words become regions, and regions words."""

from __future__ import annotations

import pytest

from realtime.errors import RegionError
from realtime.region.alignment import ALIGNMENTS, BOX, FACE
from realtime.region.catalog import read_region


@pytest.mark.parametrize(
    "words",
    [
        "",
        "faces",
        "box",
        "box:",
        "box:1,2,3",
        "box:a,b,c,d",
        "box:0.5,0.5,0.6,0.2",  # beyond the frame
        "box:0.1,0.1,0,0.2",
        "box:nan,0,0.5,0.5",
        "box:-0.1,0,0.5,0.5",
        "colour:",
        "colour:rde",
        "colour:red+",
        "colour:#12345",
        "colour:#808080",  # a grey has no hue to go by
        "color:red",
    ],
)
def test_words_that_name_no_region(words: str) -> None:
    with pytest.raises(RegionError):
        read_region(words)


@pytest.mark.parametrize("words", ["face", "box:0.2,0.2,0.5,0.6", "colour:red", "colour:brown+green", "colour:#b8141e"])
def test_words_come_back_the_same(words: str) -> None:
    region = read_region(words)
    assert region.words == words
    assert read_region(region.words) == region
    assert ALIGNMENTS[region.alignment.template] is region.alignment


def test_only_a_face_is_aligned_as_one() -> None:
    assert read_region("face").alignment is FACE
    assert read_region("box:0,0,1,1").alignment is read_region("colour:Red").alignment is BOX
