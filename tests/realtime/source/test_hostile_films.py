"""Films that would fill the memory, and files that would have other files read."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SourceError
from realtime.source import decoder
from realtime.source.video import VideoSource


def write_film(path: Path, side: int, codec: str = "png") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width = stream.height = side
        stream.pix_fmt = "rgb24" if codec == "png" else "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((side, side, 3), np.uint8), format="rgb24")
        for packet in (*stream.encode(frame), *stream.encode()):
            container.mux(packet)
    return path


def test_a_film_of_huge_pictures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "film.avi", 600)
    with VideoSource(film) as source:
        assert source.read() is not None
    monkeypatch.setattr(decoder, "_BOUNDS", {"max_pixels": str(500 * 500)})
    with pytest.raises(SourceError, match="more than 67 megapixels"):
        VideoSource(film).open()


def test_the_bound_lets_through_what_cameras_film() -> None:
    assert 7680 * 4320 < decoder.MOST_PIXELS < 10**8


@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile secret.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["concat", "playlist", "session"],
)
@pytest.mark.parametrize("name", ["film.mp4", "film.m3u8", "film.ffconcat"])
def test_a_file_that_names_other_files_is_refused(tmp_path: Path, script: str, name: str) -> None:
    write_film(tmp_path / "secret.mp4", 64, "mpeg4")
    (tmp_path / name).write_text(script)
    with pytest.raises(SourceError, match="wanted a film"):
        VideoSource(tmp_path / name).open()


def test_a_file_is_not_taken_for_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "secret.mp4", 64, "mpeg4")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="No such file"):
        VideoSource("concat:secret.mp4|secret.mp4").open()
