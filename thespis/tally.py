"""How many of the frames that went out carried the persona."""

from __future__ import annotations

from realtime.frame import Frame


class Tally:
    """Counts finished frames; read from other threads, written by one.

    Attributes:
        frames: Frames that arrived.
        without_face: Those in which no face was found.
        unworn: All those that went out without the persona.
        worn_now: Whether the last one carried the persona.
    """

    def __init__(self) -> None:
        self.frames = self.without_face = self.unworn = 0
        self.worn_now = True

    def note(self, frame: Frame) -> None:
        """Count one frame."""
        self.frames += 1
        self.without_face += not frame.faces
        self.unworn += not frame.worn
        self.worn_now = frame.worn

    def summary(self, *, concealed: bool) -> str:
        """One line about what was not worn; empty where all was.

        Args:
            concealed: Whether viewers saw a slate or pixels there, and not the performer.
        """
        if not self.unworn:
            return ""
        line = f"{self.unworn} of {self.frames} frames went out without the persona{', concealed' * concealed}"
        if self.without_face == self.frames:
            return f"no face was found: {line}; bring a face into the picture, well lit and an eighth as wide as it"
        return f"{line} ({self.without_face} showed no face)"
