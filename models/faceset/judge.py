"""Which crops are kept, and for what reason others are set aside. Pure: looks at records and crops, moves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.faceset.people import Look, Person, likest, look_of, sort_people
from models.faceset.record import FaceRecord
from realtime.errors import TrainingError
from realtime.face import topology
from realtime.face.align import eye_distance
from realtime.frame import BgrImage, Points2

SMALL, OTHER, TURNED, BLURRED, DUPLICATE = "small", "other-person", "turned-away", "blurred", "duplicate"
LEAST_SHARPNESS = 0.22
"""Below it a face is blurred by more than a pixel at 128 (`models.faceset.measure.sharpness`)."""
_LEAST_SHARE = 0.6
"""Of the median sharpness of the same person in the same film: what lies below it is blurred by movement."""
_MOST_YAW, _MOST_PITCH = 60.0, 45.0
"""Degrees from which on the mesh guesses at half of the face."""
_MOST_BITS = 6
"""Of 64 in which the perceptual hashes of near duplicates differ."""
_EYES = ", eyes "
_STEPS = {
    "yaw": 2.5, "pitch": 2.5, "roll": 6.0, "mouth_open": 0.03, "mouth_width": 0.04, "smile": 0.03, "right_eye": 0.025,
    "left_eye": 0.025, "gaze_x": 0.025, "gaze_y": 0.025, "brightness": 0.04, "light_x": 0.1, "light_y": 0.1,
}  # fmt: skip
"""How much of each two near duplicates differ by at most: about twice the trembling of a face at rest."""
_MOST_MOVED = 0.05
"""How far brows, lids and lips of near duplicates lie apart at most, in distances between the eyes."""
_EXPRESSIVE = (*topology.RIGHT_BROW, *topology.LEFT_BROW, *topology.RIGHT_EYE, *topology.LEFT_EYE, *topology.LIPS_OUTER)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a crop to be kept.

    Attributes:
        least_eyes_px: Between the eyes, in the source's pixels.
        person: Whose face: 1 is the person seen most, 2 the next; None is whoever was kept before, or 1.
        like: The look of a photo of that person, which chooses instead of the number.
        like_name: The photo's name, for messages and for knowing whether the rules have changed.
    """

    least_eyes_px: float = 24.0
    person: int | None = None
    like: Look | None = None
    like_name: str = ""

    def words(self, before: str = "") -> str:
        """The rules as text: crops judged by other words are judged again.

        Args:
            before: By what words crops were judged before; where nobody is asked for, whoever they kept stays.
        """
        whose = f"like {self.like_name}" if self.like_name else f"person {self.person or 1}"
        if before and self.person is None and not self.like_name:
            whose = whose_of(before)
        return f"{whose}{_EYES}{self.least_eyes_px:g} px"


def whose_of(words: str) -> str:
    """Whom rules keep, out of their words."""
    return words.rpartition(_EYES)[0]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of each crop.

    Attributes:
        reasons: By file; None where it is kept.
        people: How many faces of each person were seen, most first.
        chosen: Which of them is kept, from 0.
    """

    reasons: dict[str, str | None]
    people: tuple[int, ...]
    chosen: int


def judge(
    records: Sequence[FaceRecord],
    crop_of: Callable[[FaceRecord], BgrImage],
    rules: Rules,
    settled: frozenset[str] = frozenset(),
    keepers: frozenset[str] = frozenset(),
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Judgement:
    """Sort crops into kept ones and set-aside ones, each with the first reason that holds.

    Args:
        records: All crops; one whose `aside` is set already keeps its reason.
        crop_of: Reads a crop.
        rules: What is asked.
        settled: Files that were judged before: they tell who is who, and a new crop may be their duplicate, but
            their own place is left as it is.
        keepers: Files that were kept because of whose they are: that person is kept now, however often others are
            seen in what was added since.
        show: Told how many crops of how many have been looked at.

    Raises:
        TrainingError: The person asked for is not there.
    """
    # What has no points is no face: it is nobody, and only as large, sharp and new as it is.
    seen = [r for r in records if len(r.landmarks) and r.eyes_px >= rules.least_eyes_px]
    looks = []
    for number, record in enumerate(seen):
        looks.append(look_of(crop_of(record), record.landmarks))
        show(number + 1, len(seen))
    people = sort_people(seen, looks)
    chosen = _kept_before([seen[place].file in keepers for place in range(len(seen))], people)
    if chosen is None:
        chosen = _chosen(people, rules)
    own = {seen[place].file for place in people[chosen].places} if people else set()
    others = {record.file for record in seen} - own
    fresh = [record for record in records if record.file not in settled]
    reasons = {record.file: record.aside or _by_itself(record, rules, others) for record in fresh}
    _mark_moved(fresh, reasons)
    kept_before = [r for r in records if r.file in settled and r.aside is None]
    _mark_duplicates(kept_before, [r for r in fresh if reasons[r.file] is None], reasons)
    return Judgement(reasons, tuple(len(person.places) for person in people), chosen)


def tally(judgement: Judgement) -> Counter[str]:
    """How many were set aside, by reason."""
    return Counter(reason for reason in judgement.reasons.values() if reason is not None)


def _kept_before(keeps: Sequence[bool], people: Sequence[Person]) -> int | None:
    """The person who has most of the crops that were kept before; None where there are none."""
    counts = [sum(keeps[place] for place in person.places) for person in people]
    return int(np.argmax(counts)) if any(counts) else None


def _chosen(people: Sequence[Person], rules: Rules) -> int:
    if not people:
        return 0
    if rules.like is not None:
        found = likest(people, rules.like)
        if found is None:
            raise TrainingError(
                f"--like {rules.like_name}",
                wanted="a photo of one of the people in the footage",
                got=f"one that looks like none of the {len(people)}",
                next_step="take a sharper photo from the front, or choose by number with --person",
            )
        return found
    person = rules.person or 1
    if person > len(people):
        raise TrainingError(
            f"--person {person}",
            wanted=f"1 to {len(people)}: so many people were told apart",
            got="more",
            next_step="the same words with another --person sort what is there",
        )
    return person - 1


def _by_itself(record: FaceRecord, rules: Rules, others: set[str]) -> str | None:
    """The first reason that one crop gives by itself."""
    return next((reason for reason, holds in _reasons(record, rules, others) if holds), None)


def _reasons(record: FaceRecord, rules: Rules, others: set[str]) -> Iterator[tuple[str, bool]]:
    yield SMALL, record.eyes_px < rules.least_eyes_px
    yield OTHER, record.file in others
    yield TURNED, abs(record.yaw) > _MOST_YAW or abs(record.pitch) > _MOST_PITCH
    yield BLURRED, record.sharpness < LEAST_SHARPNESS


def _mark_moved(records: Sequence[FaceRecord], reasons: dict[str, str | None]) -> None:
    """Set aside what is much softer than the same film's other crops: blurred by movement or out of focus."""
    films: dict[str, list[FaceRecord]] = {}
    for record in records:
        if reasons[record.file] is None:
            films.setdefault("" if record.time_s is None else record.origin_sha256, []).append(record)
    for film in films.values():
        least = _LEAST_SHARE * float(np.median([record.sharpness for record in film]))
        for record in film:
            if record.sharpness < least:
                reasons[record.file] = BLURRED


def _mark_duplicates(kept: Sequence[FaceRecord], fresh: Sequence[FaceRecord], reasons: dict[str, str | None]) -> None:
    """Set aside what shows nothing that a sharper crop does not show."""
    order = sorted(fresh, key=lambda record: (-record.sharpness, record.file))
    listed = [*kept, *order]
    readings = np.array([[getattr(r, name) / step for name, step in _STEPS.items()] for r in listed], np.float32)
    bits = np.array([_bits(record) for record in listed], np.uint8)
    shapes = [_shape(record) for record in listed]
    chosen = list(range(len(kept)))
    for place, record in enumerate(order, len(kept)):
        near = np.abs(readings[chosen] - readings[place]).max(1, initial=0) <= 1
        near &= (bits[chosen] ^ bits[place]).sum(1) <= _MOST_BITS
        if any(_alike(shapes[place], shapes[chosen[n]]) for n in np.flatnonzero(near)):
            reasons[record.file] = DUPLICATE
        else:
            chosen.append(place)


def _shape(record: FaceRecord) -> Points2:
    """Where brows, lids and lips lie in the aligned crop, in distances between the eyes."""
    if not len(record.landmarks):
        return np.zeros((0, 2), np.float32)
    corners = [index for pair in topology.EYE_CORNERS for index in pair]
    moved = record.landmarks[list(_EXPRESSIVE), :2] - record.landmarks[corners, :2].mean(0)
    return np.asarray(moved / eye_distance(record.landmarks), np.float32)


def _alike(a: Points2, b: Points2) -> bool:
    return len(a) == len(b) and float(np.linalg.norm(a - b, axis=1).max(initial=0)) <= _MOST_MOVED


def _bits(record: FaceRecord) -> npt.NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(record.phash or "0" * 16), np.uint8))
