"""Where the program begins: Ctrl-C ends it from the first moment, also while its parts are still loading."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Load the command line and run it.

    Until it is loaded, Ctrl-C is left to the system, which ends the process without a word: a handler of Python's own
    would raise wherever an import happens to be, and some libraries swallow that.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from thespis.main import main as run

    signal.signal(signal.SIGINT, before)
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
