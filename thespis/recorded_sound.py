"""What the recordings of a run let hear, from what the user wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from realtime.errors import SoundError
from realtime.sink.recorder import CONTAINERS
from realtime.sound.base import Sound
from realtime.sound.film import film_sound
from realtime.sound.microphone import Microphone


def sound_of(microphone: str | None, source: str, outputs: Sequence[str], *, live: bool) -> Sound | None:
    """What recordings let hear: the microphone, where the user said so; of a film its own sound, where it has any.

    Raises:
        SoundError: A microphone is of no use here.
    """
    recorded = any(Path(output).suffix.lower() in CONTAINERS for output in outputs)
    if microphone is None:
        return film_sound(Path(source)) if recorded and Path(source).is_file() else None
    if not recorded or not live:
        raise SoundError(
            f"microphone {microphone}",
            wanted="a recording beside it" if live else "a live source",
            got=f"--output {', '.join(outputs)}" if live else f"{source}, which is played faster or slower than it was",
            next_step="add --output FILE.mp4; in a call choose the microphone itself" if live else "leave it out",
        )
    return Microphone(microphone)
