"""What a viewer of an output saw: order and age from the stamps, and whose face, from the pixels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from benchmarks.likeness import PersonaTruth, masked_ssim
from benchmarks.worn import drawn
from realtime.composite.colour import match_colour
from realtime.face.align import scale_crop
from realtime.frame import BgrImage, Frame
from realtime.persona.crop import cut_crop
from realtime.stamp import Evidence, Sighting, Stamp, read_stamp
from realtime.timing import Arrivals, Spread
from realtime.witness import STEP_PX, compare

_KEPT = 90
_JUDGED_EVERY = 10
_MOST_JUDGED = 40
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class _Pair:
    """One frame as it was captured and as a viewer saw it."""

    before: BgrImage
    finished: Frame
    seen: BgrImage


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures of one output.

    Attributes:
        arrivals: Rate and age; of a picture that was seen more than once, the first time.
        handed_ms: Age when the output had taken the frame from the loop.
        out_of_order: Pictures older than one before.
        unreadable: Pictures without a stamp: slates, and what was concealed.
        judged: Pictures in which the face was looked at.
        leaks: Of these, the performer's own.
        nearer: Share of these that is nearer to the persona than to the performer.
    """

    arrivals: Arrivals
    handed_ms: Spread
    out_of_order: int
    unreadable: int
    judged: int
    leaks: int
    nearer: float


@dataclass
class Onlooker:
    """Gathers what a viewer sees, and what the loop had made of it.

    The source's thread, the sink's and the viewer's use it.

    Attributes:
        first_s, last_s: When the first and the newest picture with a stamp were seen; None before that.
    """

    first_s: float | None = None
    last_s: float | None = None
    _sightings: list[Sighting] = field(default_factory=list)
    _before: OrderedDict[int, BgrImage] = field(default_factory=OrderedDict)
    _handed: list[Sighting] = field(default_factory=list)
    _finished: OrderedDict[int, Frame] = field(default_factory=OrderedDict)
    _pairs: list[_Pair] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def remember(self, frame: Frame) -> Frame:
        """Tapped in behind the source: keep every tenth picture for a while."""
        if frame.index % _JUDGED_EVERY == 0:
            with self._lock:
                _keep(self._before, frame.index, frame.image.copy())
        return frame

    def finish(self, frame: Frame, taken_s: float) -> None:
        """Tapped in at the sink, which took it at that moment: keep where the faces were, not the picture."""
        with self._lock:
            self._handed.append(Sighting(Stamp(frame.index, frame.captured_s), taken_s))
            if frame.index % _JUDGED_EVERY == 0:
                _keep(self._finished, frame.index, replace(frame, image=frame.image[:0]))

    def look(self, picture: BgrImage, seen_s: float) -> None:
        """A viewer has seen a picture."""
        stamp = read_stamp(picture)
        with self._lock:
            if stamp is None and self.first_s is None:
                return
            if stamp is not None and self._sightings and stamp == self._sightings[-1].stamp:
                return
            self._sightings.append(Sighting(stamp, seen_s))
            if stamp is None:
                return
            self.first_s, self.last_s = self.first_s or seen_s, seen_s
            before, finished = self._before.get(stamp.index), self._finished.get(stamp.index)
            if before is not None and finished is not None and len(self._pairs) < _MOST_JUDGED:
                self._pairs.append(_Pair(before, finished, picture.copy()))

    def figures(self, truth: PersonaTruth, from_s: float) -> Seen:
        """All that was seen from a moment on.

        Args:
            truth: Draws the persona as it should look.
            from_s: Monotonic seconds.
        """
        counted = [one for one in self._sightings if one.seen_s >= from_s]
        evidence = Evidence.of(counted)
        handed = Evidence.of([one for one in self._handed if one.seen_s >= from_s])
        pairs = [pair for pair in self._pairs if pair.finished.faces]
        nearer = [_is_nearer(pair, truth) for pair in pairs]
        return Seen(
            arrivals=Arrivals.of(evidence.captured_s, evidence.seen_s),
            handed_ms=Spread.of_seconds(handed.seen_s - handed.captured_s),
            out_of_order=evidence.out_of_order,
            unreadable=evidence.unreadable,
            judged=len(pairs),
            leaks=sum(map(_is_leak, pairs)),
            nearer=float(np.mean(nearer)) if nearer else float("nan"),
        )


def _keep(kept: OrderedDict[int, Kept], index: int, one: Kept) -> None:
    kept[index] = one
    if len(kept) > _KEPT:
        kept.popitem(last=False)


def _is_leak(pair: _Pair) -> bool:
    """Whether what was seen is the performer's own, by the loop's own witness."""
    assert pair.finished.truth is not None
    before, seen = (picture[::STEP_PX, ::STEP_PX, 1] for picture in (pair.before, pair.seen))
    return compare(before, seen, pair.finished.truth.landmarks_px).leak


def _is_nearer(pair: _Pair, truth: PersonaTruth) -> bool:
    """Whether what was seen is nearer to the persona, in the scene's light, than to the performer."""
    assert pair.finished.truth is not None
    wanted = truth(drawn(pair.finished.truth))
    crop_from_frame = scale_crop(pair.finished.faces[0].crop_from_frame, truth.size)
    seen, performer = (cut_crop(picture, crop_from_frame, truth.size) for picture in (pair.seen, pair.before))
    lit = match_colour(wanted.crop, performer, wanted.mask)
    inside = wanted.mask > 127
    return masked_ssim(seen, lit, inside) > masked_ssim(seen, performer, inside)
