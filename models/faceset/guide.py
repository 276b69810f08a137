"""A guided recording: what the performer is asked, for how long, and what has been seen so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from models.faceset.cut import Whence, cut_face
from models.faceset.finding import Finder
from models.faceset.record import FaceRecord
from realtime.frame import Frame
from realtime.sink.base import Sink
from realtime.source.base import Source

_LOOK_EVERY = 3
"""Frames between two looks at the face: the recording itself must not wait."""
_WHENCE = Whence("", "", "guide", True)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing that is asked, and for how long."""

    text: str
    seconds: float


PROMPTS: tuple[Prompt, ...] = (
    Prompt("Look into the camera and keep still", 5),
    Prompt("Turn your head slowly to your left, as far as you still see the screen, and back", 8),
    Prompt("Turn it slowly to your right, and back", 8),
    Prompt("Look up with your whole head, and back", 6),
    Prompt("Look down with your whole head, and back", 6),
    Prompt("Draw slow circles with your nose", 10),
    Prompt("Tilt your head to one shoulder, then to the other", 6),
    Prompt("Head still: look left, right, up and down with your eyes only", 7),
    Prompt("Blink a few times, then keep your eyes closed for a moment", 5),
    Prompt("Smile with closed lips, then with teeth", 6),
    Prompt("Open your mouth wide, close it, and pout; a few times", 8),
    Prompt("Raise your brows, frown, be angry, be surprised", 8),
    Prompt("Count aloud from one to ten", 9),
    Prompt("Say what you did today, moving your head as you talk", 12),
    Prompt("Turn towards a window or lamp, then away from it, and talk on", 10),
    Prompt("Lean back, then come near to the camera", 6),
)
"""Two minutes, from what is easiest to what is most varied."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a good faceset shows, and how it is known. Left and right are the person's own."""

    name: str
    met: Callable[[FaceRecord], bool]


GOALS: tuple[Goal, ...] = (
    Goal("front", lambda face: max(abs(face.yaw), abs(face.pitch)) < 8),
    Goal("left", lambda face: face.yaw > 20),
    Goal("right", lambda face: face.yaw < -20),
    Goal("up", lambda face: face.pitch < -10),
    Goal("down", lambda face: face.pitch > 12),
    Goal("tilted left", lambda face: face.roll > 10),
    Goal("tilted right", lambda face: face.roll < -10),
    Goal("eyes closed", lambda face: max(face.right_eye, face.left_eye) < 0.07),
    Goal("eyes aside", lambda face: abs(face.gaze_x) > 0.05),
    Goal("smile", lambda face: face.smile > 0.06),
    Goal("mouth open", lambda face: face.mouth_open > 0.3),
    Goal("lips together", lambda face: face.mouth_open < 0.04),
    Goal("pout", lambda face: face.mouth_width < 0.65),
    Goal("light from a side", lambda face: abs(face.light_x) > 0.3),
    Goal("near", lambda face: face.eyes_px > 140),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a recording is.

    Attributes:
        prompt: What is asked now.
        left_s: For how much longer.
        following: What is asked after it; None at the end.
        elapsed_s: Since the beginning.
        covered: Goals met so far, in the table's order.
        missing: Those that are not.
        in_view: Whether a face was seen at the last look.
    """

    prompt: Prompt
    left_s: float
    following: Prompt | None
    elapsed_s: float
    covered: tuple[str, ...]
    missing: tuple[str, ...]
    in_view: bool


class Guide:
    """Leads through the prompts by the time that has passed, and notes what was seen.

    Args:
        prompts: What is asked, one after the other.
    """

    def __init__(self, prompts: Sequence[Prompt] = PROMPTS) -> None:
        self._prompts = tuple(prompts)
        self._met: set[str] = set()
        self._in_view = False

    @property
    def length_s(self) -> float:
        """How long it takes."""
        return sum(prompt.seconds for prompt in self._prompts)

    def note(self, face: FaceRecord | None) -> None:
        """Take note of what is seen; None where no face is."""
        self._in_view = face is not None
        if face is not None:
            self._met |= {goal.name for goal in GOALS if goal.met(face)}

    def at(self, elapsed_s: float) -> Moment | None:
        """What is asked at a time; None once all is done."""
        begun_s = 0.0
        for place, prompt in enumerate(self._prompts):
            if elapsed_s < begun_s + prompt.seconds:
                return Moment(
                    prompt=prompt,
                    left_s=begun_s + prompt.seconds - elapsed_s,
                    following=self._prompts[place + 1] if place + 1 < len(self._prompts) else None,
                    elapsed_s=elapsed_s,
                    covered=tuple(goal.name for goal in GOALS if goal.name in self._met),
                    missing=tuple(goal.name for goal in GOALS if goal.name not in self._met),
                    in_view=self._in_view,
                )
            begun_s += prompt.seconds
        return None


def record(
    source: Source,
    sink: Sink,
    guide: Guide,
    finder: Finder,
    show: Callable[[Moment], None],
    stop: Event,
    clock: Callable[[], float],
) -> int:
    """Record an open source into a sink, guided, until all is asked, it ends, or it is stopped.

    Args:
        source: The camera, open.
        sink: Opened here, and closed; what it was given is kept whatever happens.
        guide: What is asked when.
        finder: Finds the performer's face.
        show: Told where it is, at each frame.
        stop: Set from elsewhere to end it early.
        clock: Monotonic seconds.

    Returns:
        How many frames were recorded.

    Raises:
        SinkError: The recording cannot be made or the disk is full.
        SourceError: The camera broke.
    """
    frames = 0
    with sink:
        sink.open(source.size_wh, source.fps)
        start_s = clock()
        while not stop.is_set() and (frame := source.read()) is not None:
            moment = guide.at(clock() - start_s)
            if moment is None:
                break
            sink.write(frame)
            if frames % _LOOK_EVERY == 0:
                guide.note(_largest(finder(frame)))
            frames += 1
            show(moment)
    return frames


def _largest(frame: Frame) -> FaceRecord | None:
    found = [cut_face(frame, place, _WHENCE)[0] for place in range(len(frame.faces))]
    return max(found, key=lambda face: face.eyes_px, default=None)
