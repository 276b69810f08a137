"""Everything that can go wrong, as one tree.

    ThespisError            anything a user is told in one line: what, wanted, got, next step
    ├── SourceError         a camera, file, address or picture that gives no frames
    ├── FaceError           no usable face where one is needed (a portrait without a face)
    ├── RegionError         words that name no region of a frame, or film in which it is not found
    ├── PersonaError        a persona file that is broken, foreign, or must not be worn
    │   ├── ProviderError   a persona whose network fails while it is worn: out of memory, device lost
    │   └── NoProviderError what it was to run on cannot be had here: no driver, no libraries
    ├── SinkError           a virtual camera, window or recording that takes no frames
    ├── SoundError          a microphone, or a film's sound, that cannot be listened to
    ├── CredentialsError    a key, certificate or file by which nothing can be signed, or judged
    ├── PanelError          a control panel that cannot be opened
    ├── TrainingError       a training run that cannot start or go on
    └── ExportError         a network that cannot be turned into a persona

A frame without a face is no error; it is an ordinary value (`Frame.faces == ()`).
"""

from __future__ import annotations


def printable(text: str) -> str:
    """The text, all that a terminal would not show but obey replaced: names and messages may be a stranger's."""
    return "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in text)


class ThespisError(Exception):
    """Something a user is told in one line.

    Args:
        what: What could not be done, naming the thing: `camera 0`.
        wanted: What was needed, if that says more than `what`.
        got: What was found instead.
        next_step: What the user can do about it, as an order: `try --size 640x480`.
    """

    def __init__(self, what: str, *, wanted: str = "", got: str = "", next_step: str = "") -> None:
        self.what, self.wanted, self.got, self.next_step = what, wanted, got, next_step
        facts = ", ".join(text for text in (wanted and f"wanted {wanted}", got and f"got {got}") if text)
        message = f"{what}: {facts}" if facts else what
        super().__init__(printable(f"{message}; {next_step}" if next_step else message))


class SourceError(ThespisError):
    """A camera, file, address or picture that gives no frames."""


class FaceError(ThespisError):
    """No usable face where one is needed."""


class RegionError(ThespisError):
    """Words that name no region of a frame, or film in which it is not found."""


class PersonaError(ThespisError):
    """A persona file that is broken, foreign, or must not be worn."""


class ProviderError(PersonaError):
    """A network that failed while it was worn, through no fault of the persona's."""


class NoProviderError(PersonaError):
    """What a network was to run on cannot be had here, whatever the persona."""


class SinkError(ThespisError):
    """A virtual camera, window or recording that takes no frames."""


class SoundError(ThespisError):
    """A microphone, or a film's sound, that cannot be listened to."""


class CredentialsError(ThespisError):
    """A key, certificate or file by which nothing can be signed, or judged."""


class PanelError(ThespisError):
    """A control panel that cannot be opened."""


class TrainingError(ThespisError):
    """A training run that cannot start or go on."""


class ExportError(ThespisError):
    """A network that cannot be turned into a persona."""
