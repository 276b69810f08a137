"""What can happen before a camera: scenes in which it is known, in every frame, where the performer's face is.

Clips of real people, and the built-in performer, put through what loses a face: walking out of the picture and back in,
lights that go off and on, motion blur, hands, mugs, microphones and hair before the face, a head that tilts or turns
away to 90 degrees, jumps from one frame to the next; two people of whom one looks away, four of whom two cross.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.obstacles import SPRITES, Obstacle
from benchmarks.round_table import PATCH_WH, Person, draw, in_view, people, photos, places
from realtime.face.align import transform
from realtime.face.landmarks import FaceMesh
from realtime.frame import BgrImage, Frame, Mask, Points2, Truth
from realtime.source.base import Source
from realtime.source.canvas import find_portrait_points, load_photo, portrait_digest
from realtime.source.expression import ExpressionPath
from realtime.source.renderer import PortraitRenderer
from realtime.source.video import VideoSource

FPS = 30.0
SIZE_WH = (1280, 720)
_LONGEST_GAP = 30
"""Up to so many frames in a row in which the offline detector found nothing, the face is where it must have been."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One picture of a scene.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        faces: (478, 2) points of each face that is in it.
        hidden: (H, W) uint8, what lies before a face; None for nothing.
        truth: What a rendered picture was drawn from.
    """

    image: BgrImage
    faces: tuple[Points2, ...]
    hidden: Mask | None = None
    truth: Truth | None = None


Effect: TypeAlias = Callable[[Moment, float], Moment]
"""Something that happens to a moment at a time, in seconds from the scene's start."""


class SceneSource(Source):
    """A scene as a film: no frame of it is lost.

    Args:
        name: Of the scene.
        moments: Gives its pictures, all of one size.

    Attributes:
        known: The moments that were given and not yet asked for again, by index.
    """

    live = False

    def __init__(self, name: str, moments: Iterator[Moment]) -> None:
        self.name, self._moments = name, moments
        self.known: dict[int, Moment] = {}

    def open(self) -> None:
        """Draw the first picture, to know its size."""
        self._ahead = next(self._moments, None)
        assert self._ahead is not None, self.name
        self.size_wh, self.fps = (self._ahead.image.shape[1], self._ahead.image.shape[0]), FPS
        self._index = 0

    def read(self) -> Frame | None:
        """The next picture."""
        moment, self._ahead = self._ahead, next(self._moments, None)
        if moment is None:
            return None
        index, self._index = self._index, self._index + 1
        self.known[index] = moment
        return Frame(index, index / FPS, index / FPS, moment.image.copy(), truth=moment.truth)

    def close(self) -> None:
        """Nothing is held."""


def clip_points(path: Path) -> list[Points2 | None]:
    """Where the face is in each picture of a clip, by a detector of its own; None where nobody can tell.

    Between two finds no further apart than a second it is taken to have moved in a straight line.
    """
    mesh = FaceMesh(1)
    found: list[Points2 | None] = []
    for image in clip_pictures(path):
        faces = mesh(image)
        found.append(np.asarray(faces[0][:, :2], np.float32) if faces else None)
    mesh.close()
    seen = [number for number, points in enumerate(found) if points is not None]
    for before, after in pairwise(seen):
        first, last = found[before], found[after]
        assert first is not None and last is not None
        for number in range(before + 1, after if after - before <= _LONGEST_GAP else before + 1):
            share = np.float32((number - before) / (after - before))
            found[number] = first + share * (last - first)
    return found


def clip_pictures(path: Path) -> Iterator[BgrImage]:
    """Every picture of a film."""
    with VideoSource(path) as film:
        while (frame := film.read()) is not None:
            yield frame.image


def clip(path: Path, points: Sequence[Points2 | None]) -> Iterator[Moment]:
    """A film as it is."""
    for image, face in zip(clip_pictures(path), points, strict=False):
        yield Moment(image, () if face is None else (face,))


def performer(
    seconds: float,
    seed: int,
    turn: Callable[[float], Mapping[str, float]] = lambda time_s: {},
    size_wh: tuple[int, int] = SIZE_WH,
) -> Iterator[Moment]:
    """The built-in performer.

    Args:
        seconds: How long.
        seed: Of the path.
        turn: What it does beside its path, by the names of `Expression`, at a time.
        size_wh: Of the pictures.
    """
    photo = load_photo(None)
    renderer = PortraitRenderer(photo, find_portrait_points(photo, "the built-in performer"), size_wh)
    path, digest = ExpressionPath(seed), portrait_digest(photo)
    for number in range(round(seconds * FPS)):
        expression = replace(path.at(number / FPS), **turn(number / FPS))
        image = np.empty((size_wh[1], size_wh[0], 3), np.uint8)
        points = np.asarray(renderer.frame(expression, image)[:, :2], np.float32)
        yield Moment(image, (points.copy(),), truth=Truth(digest, points.copy(), expression))


def turning_away(time_s: float) -> dict[str, float]:
    """To either side in turn, to 90 degrees and back, in four seconds."""
    return {"yaw": 90 * math.sin(math.tau * time_s / 8) ** 3, "shift_x": 0.0}


def nodding(time_s: float) -> dict[str, float]:
    """Up and down to 60 degrees."""
    return {"pitch": 60 * math.sin(math.tau * time_s / 5) ** 3}


def leaving(time_s: float) -> dict[str, float]:
    """Turns to the side at two seconds of every six, and back at four and a half; see `walking_off`."""
    return {"yaw": float(np.interp(time_s % 6, (2, 2.3, 4.2, 4.5), (0, 80, 80, 0))), "shift_x": 0.0}


def walking_off(moment: Moment, time_s: float) -> Moment:
    """Goes out of the picture to the right, five faces a second, and comes in from the left."""
    x = float(np.interp(time_s % 6, (2.3, 3.3, 3.31, 4.3), (0, 1, -1, 0)))
    return _placed(moment, np.array([[1, 0, x * SIZE_WH[0]], [0, 1, 0]], np.float64), SIZE_WH)


def two_people(seconds: float) -> Iterator[Moment]:
    """Side by side; from the fourth second on the one to the right looks away for fifteen."""
    half_wh = SIZE_WH[0] // 2, SIZE_WH[1]
    renderers = [PortraitRenderer(photo, find_portrait_points(photo, "one of two"), half_wh) for photo in photos()[:2]]
    paths = [ExpressionPath(seed) for seed in (61, 62)]
    for number in range(round(seconds * FPS)):
        time_s = number / FPS
        expressions = [replace(path.at(time_s), shift_x=0.0) for path in paths]
        away = float(np.interp(time_s, (4, 4.5, 19, 19.5), (0, 75, 75, 0)))
        expressions[1] = replace(expressions[1], yaw=expressions[1].yaw * (1 - away / 75) + away)
        halves = [np.empty((half_wh[1], half_wh[0], 3), np.uint8) for _ in renderers]
        faces = []
        for place, (renderer, expression, half) in enumerate(zip(renderers, expressions, halves, strict=True)):
            points = renderer.frame(expression, half)[:, :2]
            faces.append(np.asarray(points + np.array([place * half_wh[0], 0]), np.float32))
        yield Moment(np.hstack(halves), tuple(faces))


def flickering(moment: Moment, time_s: float) -> Moment:
    """Every second one picture is grey: nobody is found in it."""
    if round(time_s * FPS) % round(FPS) != 0 or time_s < 1:
        return moment
    return replace(moment, image=np.full_like(moment.image, 96), faces=())


def round_table(seconds: float) -> Iterator[Moment]:
    """Four people, two of whom cross; whom another hides is not in view."""
    table = people()
    for number in range(round(seconds * FPS)):
        time_s = number / FPS
        image = draw(table, time_s)
        yield Moment(image, _seated(table, time_s))


def _seated(table: Sequence[Person], time_s: float) -> tuple[Points2, ...]:
    """Face points of those who are in view, in frame pixels."""
    top = (SIZE_WH[1] - PATCH_WH[1]) // 2
    faces = []
    for number in in_view(time_s):
        person, left = table[number], round(places(time_s)[number] - PATCH_WH[0] / 2)
        points = person.renderer.head.pose(person.at(time_s)).points[:, :2]
        faces.append(np.asarray(points + np.array([left, top]), np.float32))
    return tuple(faces)


def as_it_is(moment: Moment, time_s: float) -> Moment:
    """Nothing happens."""
    return moment


def walking(moment: Moment, time_s: float) -> Moment:
    """The picture, smaller, runs out of a wide frame at either side and back in, in six seconds."""
    height = 0.7 * SIZE_WH[1]
    scale = height / moment.image.shape[0]
    width = scale * moment.image.shape[1]
    x = (SIZE_WH[0] - width) / 2 + 1.1 * (SIZE_WH[0] + width) / 2 * math.sin(math.tau * time_s / 6)
    frame_from_picture = np.array([[scale, 0, x], [0, scale, SIZE_WH[1] - height]], np.float64)
    return _placed(moment, frame_from_picture, SIZE_WH)


def tilting(moment: Moment, time_s: float) -> Moment:
    """The whole picture tilts to 60 degrees and back, in five seconds."""
    size_wh = moment.image.shape[1], moment.image.shape[0]
    middle = size_wh[0] / 2, size_wh[1] / 2
    turn = cv2.getRotationMatrix2D(middle, 60 * math.sin(math.tau * time_s / 5), 1.0)
    return _placed(moment, np.asarray(turn, np.float64), size_wh)


def jumping(moment: Moment, time_s: float) -> Moment:
    """Twice a second everything is elsewhere, as after a cut."""
    random = np.random.default_rng(int(time_s * 2))
    size_wh = moment.image.shape[1], moment.image.shape[0]
    scale, x, y = random.uniform(0.7, 1.3), *random.uniform(-0.15, 0.15, 2)
    return _placed(moment, np.array([[scale, 0, x * size_wh[0]], [0, scale, y * size_wh[1]]], np.float64), size_wh)


def lights(moment: Moment, time_s: float) -> Moment:
    """The light goes off within a tenth of a second, and after one comes on again; a camera's noise stays."""
    phase = time_s % 4
    gain = float(np.interp(phase, (2.0, 2.1, 3.1, 3.2), (1.0, 0.03, 0.03, 1.0)))
    noise = np.random.default_rng(int(time_s * FPS)).normal(0, 2, moment.image.shape[:2]).astype(np.int16)
    dim = cv2.convertScaleAbs(moment.image, alpha=gain).astype(np.int16) + noise[..., None]
    return replace(moment, image=np.clip(dim, 0, 255).astype(np.uint8))


def motion_blur(moment: Moment, time_s: float) -> Moment:
    """For a third of each second the camera is shaken: smeared along a line up to half a face long."""
    if time_s % 1 > 1 / 3 or not moment.faces:
        return moment
    length = max(3, round(float(np.ptp(moment.faces[0][:, 0])) * (0.15 + 0.35 * (time_s % 3) / 3)))
    kernel = np.zeros((length, length), np.float32)
    angle = 2.4 * int(time_s)
    reach = np.array([math.cos(angle), math.sin(angle)]) * length / 2
    ends = (np.array([length / 2] * 2) + np.array([[-1], [1]]) * reach).astype(int).tolist()
    cv2.line(kernel, ends[0], ends[1], (1.0,), 1)
    return replace(moment, image=np.asarray(cv2.filter2D(moment.image, -1, kernel / kernel.sum()), np.uint8))


class Hiding:
    """A hand, a mug, a microphone and hair pass before the face, one after the other, three seconds each."""

    def __init__(self) -> None:
        self._obstacles = [Obstacle(kind) for kind in SPRITES]

    def __call__(self, moment: Moment, time_s: float) -> Moment:
        """Draw one of them."""
        if not moment.faces:
            return moment
        image = moment.image.copy()
        share = 0.5 - 0.5 * math.cos(math.tau * (time_s % 3) / 3)
        hidden = self._obstacles[int(time_s / 3) % len(self._obstacles)].draw(image, moment.faces[0], share)
        return replace(moment, image=image, hidden=hidden)


def _placed(moment: Moment, frame_from_picture: npt.NDArray[np.float64], size_wh: tuple[int, int]) -> Moment:
    image = cv2.warpAffine(moment.image, frame_from_picture, size_wh, borderValue=(96, 96, 96))
    faces = tuple(np.asarray(transform(face, frame_from_picture), np.float32) for face in moment.faces)
    return replace(moment, image=np.asarray(image, np.uint8), faces=faces, truth=None)


EFFECTS: Mapping[str, Callable[[], Effect]] = MappingProxyType(
    {
        "as it is": lambda: as_it_is,
        "in and out of the picture": lambda: walking,
        "tilted to 60 degrees": lambda: tilting,
        "cut twice a second": lambda: jumping,
        "light off and on": lambda: lights,
        "motion blur": lambda: motion_blur,
        "hand, mug, microphone, hair": Hiding,
    }
)


def happening(moments: Iterator[Moment], effect: Effect) -> Iterator[Moment]:
    """A scene with something that happens in it."""
    for number, moment in enumerate(moments):
        yield effect(moment, number / FPS)
