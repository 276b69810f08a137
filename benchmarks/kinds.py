"""The sheet of kinds (`python -m benchmarks.kinds SHEET.jpg`): one performer, worn in every way, and a round table.

Above: the built-in performer as captured; wearing the built-in persona by its network; a photo; the network with a hand
before the face; with the performer's own mouth kept. Below: four people at one table, each with a persona of their own.
Every picture leaves the live loop's own stages. The photo is the other portrait's, coloured anew, so that one can tell
them apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from benchmarks.obstacles import Obstacle
from benchmarks.round_table import CARD, PATCH_WH, SIZE_WH, draw, own_personas, people, photos
from realtime.casting import Casting
from realtime.fit import Fit
from realtime.frame import BgrImage, Frame, Points2
from realtime.persona.catalog import load_persona
from realtime.persona.instant import persona_of_photo
from realtime.persona.package import Persona
from realtime.settings import Live, Settings
from realtime.source.portrait import PortraitPerformer
from realtime.wear import wearing

_SEED, _FRAME, _TABLE_S = 70_001, 75, 1.0
_TILE = 340
_HAND_AT = 0.45
_GREY = 245


def worn(persona: list[Persona], frames: list[Frame], fit: Fit = Fit(), *, table: bool = False) -> BgrImage:  # noqa: B008
    """The last of some frames, after all of them went through the live loop's stages.

    Args:
        persona: Who is worn.
        frames: What the source gave.
        fit: How.
        table: Whether each person wears their own.
    """
    settings, casting = Live(Settings(badge=False)), Casting("place" if table else "everyone")
    with wearing(persona, settings, fits=[fit] * len(persona), casting=casting, max_faces=4) as wearing_:
        for frame in frames:
            shown = replace(frame, image=frame.image.copy())
            for group in wearing_.threads:
                for stage in group:
                    shown = stage.call(shown)
    assert shown.worn
    return shown.image


def performer() -> list[Frame]:
    """A second and a half of the built-in performer, up to a moment with its mouth open."""
    frames: list[Frame] = []
    with PortraitPerformer(seed=_SEED, paced=False, size_wh=(960, 720)) as source:
        while len(frames) <= _FRAME:
            frame = source.read()
            assert frame is not None
            frames.append(replace(frame, image=frame.image.copy()))
    return frames[-20:]


def behind_a_hand(frames: list[Frame]) -> list[Frame]:
    """The same frames, a hand before the face."""
    hand, covered = Obstacle("hand"), []
    for frame in frames:
        assert frame.truth is not None
        image = frame.image.copy()
        hand.draw(image, frame.truth.landmarks_px, _HAND_AT)
        covered.append(replace(frame, image=image))
    return covered


def tile(picture: BgrImage, landmarks_px: Points2, says: str) -> BgrImage:
    """The head in a picture, with a line of words under it."""
    (x, y), half = landmarks_px.mean(0), 0.95 * float(np.ptp(landmarks_px[:, 1]))
    corners = np.array([(x - half, y - half), (x + half, y - half), (x - half, y + half)], np.float32)
    places = np.array([(0, 0), (_TILE, 0), (0, _TILE)], np.float32)
    head = cv2.warpAffine(picture, cv2.getAffineTransform(corners, places), (_TILE, _TILE), flags=cv2.INTER_AREA)
    return np.vstack([head, line(says, _TILE)])


def line(says: str, width: int) -> BgrImage:
    """A line of words."""
    strip = np.full((34, width, 3), _GREY, np.uint8)
    cv2.putText(strip, says, (8, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40), 1, cv2.LINE_AA)
    return strip


def sheet() -> BgrImage:
    """The whole sheet, uint8 BGR."""
    network, frames = load_persona("hopper"), performer()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        cv2.imwrite(str(path), photos()[3])
        photo = persona_of_photo(path, CARD, today=date.today())
        rows: list[tuple[str, Callable[[], BgrImage]]] = [
            ("performer", lambda: frames[-1].image),
            ("by a network", lambda: worn([network], frames)),
            ("by one photo", lambda: worn([photo], frames)),
            ("a hand before the face", lambda: worn([network], behind_a_hand(frames))),
            ("the own mouth kept", lambda: worn([network], frames, Fit(keep_mouth=True))),
        ]
        assert frames[-1].truth is not None
        above = np.hstack([tile(make(), frames[-1].truth.landmarks_px, says) for says, make in rows])
        crowd = people()
        table = [Frame(index, 0.0, index / 30, draw(crowd, _TABLE_S + index / 30)) for index in range(8)]
        pictures = [table[-1].image, worn(own_personas(Path(folder)), table, table=True)]
    width = above.shape[1] // 2
    below = [
        np.vstack([middle(picture, width), line(says, width)])
        for picture, says in zip(pictures, ("four people", "each with a persona of their own"), strict=True)
    ]
    return np.vstack([above, np.hstack(below)])


def middle(picture: BgrImage, width: int) -> BgrImage:
    """The band of the round table where its people are, resized to a width."""
    rows = (SIZE_WH[1] - PATCH_WH[1]) // 2
    band = picture[rows:-rows]
    height = round(width * band.shape[0] / band.shape[1])
    return np.asarray(cv2.resize(band, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def main(arguments: list[str] | None = None) -> int:
    """Draw and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kinds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sheet", type=Path, help="the picture to write")
    words = parser.parse_args(arguments)
    cv2.imwrite(str(words.sheet), sheet(), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 0


if __name__ == "__main__":
    sys.exit(main())
