"""What the recordings of a run let hear, from what the user wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from realtime.errors import SoundError
from realtime.sink.recorder import CONTAINERS
from realtime.sound.base import Sound
from realtime.sound.film import film_sound
from realtime.sound.microphone import Microphone


def sound_of(
    microphone: str | None, source: str, outputs: Sequence[str], *, live: bool, asked_for: bool = False
) -> Sound | None:
    """What recordings let hear: the microphone, where the user said so; of a film its own sound, where it has any.

    Args:
        microphone: Its name or number; None for none.
        source: Where the pictures come from.
        outputs: Where they go.
        live: Whether the source is.
        asked_for: Whether recordings may be asked for meanwhile, by a key or in the panel.

    Raises:
        SoundError: A microphone is of no use here.
    """
    named = any(Path(output).suffix.lower() in CONTAINERS for output in outputs)
    if microphone is None:
        return film_sound(Path(source)) if named and Path(source).is_file() else None
    if not (named or asked_for) or not live:
        raise SoundError(
            f"microphone {microphone}",
            wanted="a recording beside it" if live else "a live source",
            got=f"--output {', '.join(outputs)}" if live else f"{source}, which is played faster or slower than it was",
            next_step="add --output FILE.mp4; in a call choose the microphone itself" if live else "leave it out",
        )
    return Microphone(microphone)
