"""Which swapper wears which kind of persona."""

from __future__ import annotations

from typing import Protocol

from realtime.fit import Fit
from realtime.frame import Frame
from realtime.persona.autoencoder import STRANGER_SIGHT, NetworkSwapper
from realtime.persona.manifest import PHOTO
from realtime.persona.package import Persona
from realtime.persona.photo import PhotoSwapper
from realtime.persona.session import AUTO, MOST_TOGETHER


class Swapper(Protocol):
    """Makes a swap for each face of a frame. One thread at a time.

    Attributes:
        said: One line for the user: what it runs on, and why not on better.
        provider: What it runs on.
        precision: The numbers it runs with.
        persona_name: Whom it turns faces into.
    """

    said: str
    provider: str
    precision: str
    persona_name: str

    def __call__(self, frame: Frame, fit: Fit = Fit()) -> Frame:  # noqa: B008 - frozen
        """The same frame with a swap for each of its faces; its picture is not changed.

        Args:
            frame: With its faces found.
            fit: How the persona is worn; what is left to the composite stage is not looked at here.

        Raises:
            PersonaError: The provider failed.
        """
        ...


def make_swapper(
    persona: Persona,
    provider: str = AUTO,
    precision: str = AUTO,
    *,
    knows_performer: bool = False,
    stranger_sight: str = STRANGER_SIGHT,
    most_faces: int = MOST_TOGETHER,
    threads: int | None = None,
) -> Swapper:
    """The swapper that a persona's kind asks for.

    Args:
        persona: The persona that is worn.
        provider: See `SwapSession`; what has no network runs on the processor whatever is said.
        precision: `auto`, or one that the persona holds.
        knows_performer: See `NetworkSwapper`.
        stranger_sight: See `NetworkSwapper`.
        most_faces: See `NetworkSwapper`.
        threads: See `SwapSession`.

    Raises:
        PersonaError: The persona cannot be worn here.
    """
    if persona.manifest.kind == PHOTO:
        return PhotoSwapper(persona)
    return NetworkSwapper(
        persona,
        provider,
        precision,
        knows_performer=knows_performer,
        stranger_sight=stranger_sight,
        most_faces=most_faces,
        threads=threads,
    )
