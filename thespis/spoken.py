"""What the loop says, told on the screen and in the panel alike."""

from __future__ import annotations

from rich.console import Console

from realtime.messages import Messages
from thespis.screen import Screen


class SpokenScreen(Screen):
    """A screen whose every line is a message as well.

    Args:
        console: Where to write.

    Attributes:
        messages: All that was said; what others say there is written, too.
    """

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(console)
        self.messages = Messages(super().say)

    def say(self, line: str) -> None:
        """One line that stays; nothing for an empty one."""
        self.messages.say(line)
