"""From footage to a faceset: every face found is cut out, and then kept or set aside with the reason.

The same words again go on where it was broken off, with the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from models.faceset.cut import CUT_OFF
from models.faceset.footage import Cutting, MediumReader
from models.faceset.index import read_faceset
from models.faceset.journal import INDEX, read_index
from models.faceset.judge import Rules, judge, whose_of
from models.faceset.media import Medium, digest_of, stem_of
from models.faceset.record import FaceRecord, MediaRecord
from models.faceset.writer import FacesetWriter, forget_crops, move_crops, replace_index
from realtime.errors import SourceError, TrainingError

Show = Callable[[float, float, str], None]
"""Told how much is done, of how much, and what is being worked on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an extraction.

    Attributes:
        kept: Crops in `faces/`.
        aside: Crops set aside, by reason.
        frames: Pictures looked at.
        without_face: Of these, those in which no face was found.
        people: How many faces of each person were seen, most first; empty where all had been judged before.
        chosen: Which of them was kept, from 0.
        problems: What was wrong with media, one line each.
        stopped: Whether it was ended before all was read and sorted.
    """

    kept: int
    aside: Counter[str]
    frames: int
    without_face: int
    people: tuple[int, ...] = ()
    chosen: int = 0
    problems: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Extraction:
    """Media into a faceset, new or begun.

    Attributes:
        media: What is read, in this order.
        out: The faceset's folder.
        cutting: How faces are found and cut out.
        rules: Which are kept.
    """

    media: Sequence[Medium]
    out: Path
    cutting: Cutting = field(default_factory=Cutting)
    rules: Rules = field(default_factory=Rules)

    def __call__(self, show: Show = lambda done, total, beside: None, stop: Event | None = None) -> Outcome:
        """Read all media that are not done, then judge their crops.

        Args:
            show: Moves the progress bar.
            stop: Set from elsewhere to end it early.

        Raises:
            TrainingError: The disk is full, the folder is something else, a medium was cut otherwise before, or nothing
                could be read at all.
        """
        stop = stop or Event()
        problems = self._read(show, stop)
        if problems and len(problems) == len(self.media) and not read_index(self.out)[0]:
            raise TrainingError(problems[0] + (f"; and {len(problems) - 1} more" if problems[1:] else ""))
        stopped = stop.is_set()
        people, chosen = ((), 0) if stopped else self._judge(show)
        faceset = read_faceset(self.out)
        return Outcome(
            kept=len(faceset.records),
            aside=Counter(record.aside or "" for record in faceset.set_aside),
            frames=sum(medium.frames_done for medium in faceset.media),
            without_face=sum(medium.without_face for medium in faceset.media),
            people=people,
            chosen=chosen,
            problems=tuple(problems),
            stopped=stopped,
        )

    def _read(self, show: Show, stop: Event) -> list[str]:
        """Read what is not done; what was wrong with it."""
        if (self.out / INDEX).exists():
            _forget_unfinished(self.out)
        problems = []
        sizes = [_size(medium) for medium in self.media]
        with FacesetWriter(self.out) as writer:
            known = {medium.sha256: medium for medium in read_index(self.out)[1]}
            for number, medium in enumerate(self.media):
                if stop.is_set():
                    break

                def move(share: float, number: int = number, name: str = medium.origin) -> None:
                    done = sum(sizes[:number]) + share * sizes[number]
                    show(done, sum(sizes), f"{name} ({number + 1} of {len(sizes)})")

                move(0.0)
                try:
                    sha256 = digest_of(medium.path)
                    reader = MediumReader(writer, medium, self.cutting)
                    known[sha256], problem = reader(partial(self._begun, medium, sha256, known), move, stop)
                except SourceError as error:
                    problem = str(error)
                problems += [problem] if problem else []
        return problems

    def _begun(self, medium: Medium, sha256: str, known: dict[str, MediaRecord], words: str) -> MediaRecord:
        """How far a medium is.

        Raises:
            TrainingError: It was cut in another way so far.
        """
        begun = known.get(sha256)
        if begun is None:
            taken = {other.stem.casefold() for other in known.values()}
            return MediaRecord(medium.origin, sha256, stem_of(medium, taken), words)
        if begun.wishes != words:
            raise TrainingError(
                f"{medium.origin} is in {self.out} already",
                wanted=words,
                got=begun.wishes,
                next_step="use the same --every, --fps and --size as before, or choose another --out",
            )
        return begun

    def _judge(self, show: Show) -> tuple[tuple[int, ...], int]:
        """Judge what was not judged by these rules yet, and put each crop where it belongs.

        What a person has moved stays there. The index says first where each crop is to lie, then they are moved: after
        a kill in between, the moving goes on.
        """
        finish_moving(self.out)
        faceset = read_faceset(self.out)
        words = self.rules.words(next((medium.judged for medium in faceset.media if medium.judged), ""))
        fresh = {medium.sha256 for medium in faceset.media if medium.judged != words}
        if not fresh:
            return (), 0
        placed = {record.file: record for record in (*faceset.records, *faceset.set_aside)}
        records = [_as_placed(record, placed.get(record.file)) for record in read_index(self.out)[0]]
        there = [_unjudged(record, fresh) for record in records if record.file in placed]
        same = {medium.sha256 for medium in faceset.media if whose_of(medium.judged) == whose_of(words)}
        judgement = judge(
            there,
            lambda record: faceset.crop(placed[record.file]),
            self.rules,
            frozenset(record.file for record in there if record.by_hand or record.origin_sha256 not in fresh),
            frozenset(r.file for r in records if r.origin_sha256 in same and r.aside is None and r.file in placed),
            lambda done, total: show(done, total, "sorting"),
        )
        replace_index(
            self.out,
            [replace(record, aside=judgement.reasons.get(record.file, record.aside)) for record in records],
            [replace(medium, judged=words, moving=medium.sha256 in fresh) for medium in faceset.media],
        )
        finish_moving(self.out)
        return judgement.people, judgement.chosen


def finish_moving(folder: Path) -> None:
    """Put the crops of media that were being sorted where the index says.

    Raises:
        TrainingError: The disk cannot be written.
    """
    records, media = read_index(folder)
    moving = {medium.sha256 for medium in media if medium.moving}
    if moving:
        move_crops(folder, {record.file: record.aside for record in records if record.origin_sha256 in moving})
        replace_index(folder, records, [replace(medium, moving=False) for medium in media])


def _as_placed(record: FaceRecord, placed: FaceRecord | None) -> FaceRecord:
    """A record as it lies now; one that lies elsewhere than the index says was moved by hand."""
    if placed is None or placed.aside == record.aside:
        return record
    return replace(record, aside=placed.aside, by_hand=True)


def _unjudged(record: FaceRecord, fresh: set[str]) -> FaceRecord:
    """A crop as it was before it was judged; only the picture's rim is known from then."""
    if record.by_hand or record.origin_sha256 not in fresh or record.aside == CUT_OFF:
        return record
    return replace(record, aside=None)


def _forget_unfinished(folder: Path) -> None:
    """Drop the crops of the parts that a kill left half done; they are made again.

    Raises:
        TrainingError: The index is damaged, or the disk cannot be written.
    """
    records, media = read_index(folder)
    done = {medium.sha256: medium.frames_done for medium in media if not medium.done}
    half_done = [r for r in records if r.origin_sha256 in done and r.frame >= done[r.origin_sha256]]
    if half_done:
        gone = {record.file for record in half_done}
        replace_index(folder, [record for record in records if record.file not in gone], media)
        forget_crops(folder, gone)


def _size(medium: Medium) -> float:
    try:
        return float(max(medium.path.stat().st_size, 1))
    except OSError:
        return 1.0
