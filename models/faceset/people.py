"""Who is who among the crops of a faceset, without a recognition network.

A face's texture is read at the middles of the mesh's 852 triangles, which frees it of shape, pose and most of the
expression; what light does to it is fitted and taken off. What is left (brows, beard, glasses, moles, the relief of
eyes and nose) is compared by correlation. Faces of one unbroken appearance are averaged first: one track, as long as
no face in it differs much from the one before, so that a cut from one person to another breaks it too.

Measured on three clips and two rendered portraits, five people: single faces lie at most 0.27 from their person's mean
(0.16 where expressions are mild, under light from seven sides and ramps of light and gamma) and at least 0.28 from any
other's. Two and three of the clips side by side, or cut together every third of a second to every ten: of 650 faces of
the person to be kept one was set aside, of 812 of others none was kept. It is no proof of identity: who puts on glasses
or grows a beard may count as another person; twins as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.faceset.measure import facing, skin_luma
from models.faceset.record import FaceRecord
from realtime.face import topology
from realtime.face.align import eye_distance
from realtime.frame import BgrImage, Points3

FARTHEST = 0.28
"""How far a person's faces lie from their mean."""
_ONE_PERSON = 0.24
"""How near two groups' means lie that are one person after all."""
_FAR_LIKENESS = 0.45
_DARKEST = 0.04
"""Luma, of 1, below which there is more noise than skin."""
_WELL_SEEN_DEG = 45.0
_ROUNDS = 3

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """A face's or a person's texture.

    Attributes:
        texture: (852,) in units of its own spread, without light.
        weight: (852,) how well each place was seen, added up over the faces in it.
    """

    texture: Floats
    weight: Floats

    def distance(self, other: Look) -> float:
        """1 less the correlation where both are seen: 0 for the same, about 1 for what has nothing in common."""
        weight = self.weight / self.weight.mean() * (other.weight / other.weight.mean())
        weight /= weight.sum()
        a, b = (look.texture - weight @ look.texture for look in (self, other))
        return float(1 - (weight * a) @ b / np.sqrt(max((weight * a) @ a * ((weight * b) @ b), 1e-12)))


def look_of(crop: BgrImage, points: Points3) -> Look:
    """How a face looks, whatever its pose and light.

    The logarithm of luma is that of the skin's reflectance plus that of its irradiance. The latter changes smoothly
    with where a place lies and which way it faces: what is linear in both is taken off.
    """
    luma, weight = skin_luma(crop, points)
    middles = points[topology.triangles(), :2].mean(1) / eye_distance(points)
    design = np.concatenate([middles - middles.mean(0), facing(points), np.ones((len(middles), 1))], axis=1)
    bright, root = np.log(luma / 255 + _DARKEST), np.sqrt(weight)
    slopes, *_ = np.linalg.lstsq(design * root[:, None], bright * root, rcond=None)
    texture = bright - design @ slopes
    spread = float(np.sqrt((weight * texture**2).sum() / weight.sum()))
    return Look(np.asarray(texture / max(spread, 1e-3), np.float32), weight)


def mean_look(looks: Iterable[Look]) -> Look:
    """Several looks as one."""
    listed = list(looks)
    weight = np.sum([look.weight for look in listed], axis=0)
    texture = np.sum([look.weight * look.texture for look in listed], axis=0) / weight
    return Look(np.asarray(texture, np.float32), np.asarray(weight, np.float32))


@dataclass(slots=True)
class Appearance:
    """One unbroken appearance of one face: places in the list of records, frames of which media, and the mean look."""

    places: list[int]
    frames: set[tuple[str, int]]
    look: Look


@dataclass(slots=True)
class Person:
    """Appearances that look alike."""

    appearances: list[Appearance] = field(default_factory=list)
    frames: set[tuple[str, int]] = field(default_factory=set)

    def add(self, one: Appearance) -> None:
        """Take in one more appearance."""
        self.appearances.append(one)
        self.frames |= one.frames

    @property
    def places(self) -> list[int]:
        """Of all faces, in the list of records."""
        return sorted(place for one in self.appearances for place in one.places)

    @property
    def look(self) -> Look:
        """The mean of all appearances, each with the weight of its faces."""
        return mean_look(one.look for one in self.appearances)


def sort_people(records: Sequence[FaceRecord], looks: Sequence[Look]) -> list[Person]:
    """Group faces by person, the one seen most first.

    Leaders are taken from the longest appearance down (Hartigan, "Clustering Algorithms", 1975), then all are assigned
    anew to the nearest leader a few times. Two faces of one frame are never one person.

    Args:
        records: All faces.
        looks: One for each.
    """
    appearances = sorted(_appearances(records, looks), key=lambda one: (-len(one.places), one.places[0]))
    people: list[Person] = []
    for _ in range(_ROUNDS):
        people = _merged(_assigned(appearances, [person.look for person in people]))
    return sorted(people, key=lambda person: (-len(person.places), person.places[0]))


def _assigned(appearances: Sequence[Appearance], leaders: list[Look]) -> list[Person]:
    """Each appearance with the nearest leader; one that is far from all leads a new person."""
    people = [Person() for _ in leaders]
    for one in appearances:
        far = {n: one.look.distance(leaders[n]) for n, person in enumerate(people) if not person.frames & one.frames}
        nearest = min(far, key=lambda n: far[n], default=None)
        if nearest is None or far[nearest] > FARTHEST:
            nearest = len(people)
            people.append(Person())
            leaders.append(one.look)
        people[nearest].add(one)
    return [person for person in people if person.appearances]


def _merged(people: list[Person]) -> list[Person]:
    """People who turn out alike as one, as long as they were never seen together."""
    merged: list[Person] = []
    for person in sorted(people, key=lambda person: -len(person.places)):
        look = person.look
        same = next((p for p in merged if not p.frames & person.frames and p.look.distance(look) < _ONE_PERSON), None)
        if same is None:
            merged.append(person)
        else:
            for one in person.appearances:
                same.add(one)
    return merged


def likest(people: Sequence[Person], look: Look) -> int | None:
    """Which person looks most like a photo; None where nobody does."""
    far = [person.look.distance(look) for person in people]
    best = int(np.argmin(far)) if far else 0
    return best if far and far[best] < _FAR_LIKENESS else None


def _appearances(records: Sequence[FaceRecord], looks: Sequence[Look]) -> list[Appearance]:
    tracks: dict[tuple[str, int], list[int]] = {}
    for place, record in enumerate(records):
        tracks.setdefault((record.origin_sha256, record.track), []).append(place)
    found = []
    for track in tracks.values():
        run = [track[0]]
        for before, place in pairwise(track):
            if looks[before].distance(looks[place]) > FARTHEST:
                found.append(run)
                run = []
            run.append(place)
        found.append(run)
    return [
        Appearance(
            run,
            {(records[place].origin_sha256, records[place].frame) for place in run},
            mean_look(looks[place] for place in _well_seen(run, records)),
        )
        for run in found
    ]


def _well_seen(run: list[int], records: Sequence[FaceRecord]) -> list[int]:
    """The faces of an appearance that tell who it is; all, where none does."""
    seen = [place for place in run if max(abs(records[place].yaw), abs(records[place].pitch)) < _WELL_SEEN_DEG]
    return seen or run
