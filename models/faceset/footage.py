"""One medium into a faceset: its faces found, cut out and written.

A film is worked through in parts of ten seconds. Each begins with a fresh finder and ends with a line in the index, so
that a part which a kill left half done is done again with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from threading import Event

from models.faceset.cut import LARGEST_SIDE, Whence, cut_face
from models.faceset.finding import MOST_FACES, Finder, PhotoFinder, film_finder
from models.faceset.media import Medium, reading_ahead
from models.faceset.record import MediaRecord
from models.faceset.writer import FacesetWriter
from realtime.frame import Frame

PART_S = 10.0
_USUAL_FPS = 10.0


@dataclass(frozen=True, slots=True)
class Cutting:
    """How faces are found and cut out.

    Attributes:
        every: Every how many frames of a film give crops.
        fps: Or how many a second; 10 where neither is said. Faces are looked for in every frame, as live.
        size: Longest side of a crop, in pixels.
        film_finder: Makes what finds the faces in a part of a film.
        photo_finder: Makes what finds the faces in a photo.
    """

    every: int | None = None
    fps: float | None = None
    size: int = LARGEST_SIDE
    film_finder: Callable[[], Finder] = field(default=film_finder)
    photo_finder: Callable[[], Finder] = field(default=PhotoFinder)

    def stride(self, medium: Medium, fps: float) -> int:
        """Every how many frames give crops."""
        if medium.photo:
            return 1
        return self.every or max(1, round(fps / (self.fps or _USUAL_FPS)))

    def words(self, medium: Medium, fps: float) -> str:
        """The same as text: a medium goes on only as it was begun."""
        stride = self.stride(medium, fps)
        return f"{'' if medium.photo else f'every {stride}, '}at most {self.size} px"


class MediumReader:
    """Reads one medium from where it was left.

    Args:
        writer: The faceset.
        medium: What is read.
        cutting: How.
    """

    def __init__(self, writer: FacesetWriter, medium: Medium, cutting: Cutting) -> None:
        self._writer, self._medium, self._cutting = writer, medium, cutting

    def __call__(
        self, begun: Callable[[str], MediaRecord], show: Callable[[float], None], stop: Event
    ) -> tuple[MediaRecord, str]:
        """Read to the end, or until it is stopped.

        Args:
            begun: Gives how far the medium is, told how it is to be cut.
            show: Told what share is done.
            stop: Set from elsewhere.

        Returns:
            How far it is now, and what was wrong with it, if anything.

        Raises:
            SourceError: It cannot be read at all.
            TrainingError: The faceset cannot be written.
        """
        with self._medium.source() as source:
            record = begun(self._cutting.words(self._medium, source.fps))
            if record.done:
                return record, ""
            self._writer.note(record)
            notice, length_s = source.notice, source.length_s or float("inf")
            stride = self._cutting.stride(self._medium, source.fps)
            with reading_ahead(source) as frames:
                rest = islice(frames, record.frames_done, None)
                part_frames = max(1, round(PART_S * source.fps))
                for first_frame, part in groupby(rest, lambda frame: frame.index // part_frames * part_frames):
                    with closing(self._found(part)) as found:
                        for frame in found:
                            if stop.is_set():
                                return record, ""
                            if frame.index % stride == 0:
                                self._cut(frame, record, first_frame)
                            without = record.without_face + (not frame.faces)
                            record = replace(record, frames_done=frame.index + 1, without_face=without)
                            show(min(frame.media_s / length_s, 1.0))
                    self._writer.note(record)
            record = replace(record, done=True)
            self._writer.note(record)
            return record, "" if source.notice == notice else source.notice

    def _found(self, part: Iterable[Frame]) -> Generator[Frame, None, None]:
        """The frames of a part with their faces."""
        finder = (self._cutting.photo_finder if self._medium.photo else self._cutting.film_finder)()
        try:
            yield from map(finder, part)
        finally:
            finder.close()

    def _cut(self, frame: Frame, record: MediaRecord, first_frame: int) -> None:
        # A finder's ids begin anew in each part, which has fewer of them than its frames have faces.
        first_track = first_frame * MOST_FACES
        whence = Whence(record.media, record.sha256, record.stem, self._medium.photo, first_track)
        for place in range(len(frame.faces)):
            self._writer.add(*cut_face(frame, place, whence, self._cutting.size))
