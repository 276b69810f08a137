"""One target under atheris, in a process of its own: `python -m tests.fuzz.one TARGET SELF [libFuzzer's words]`.

SELF is a program that runs the same with other words: to merge, libFuzzer starts itself anew.
"""

from __future__ import annotations

import sys

import atheris

from tests.fuzz.targets import LEFT_ALONE, PACKAGES, find_target

if __name__ == "__main__":
    name, sys.argv = sys.argv[1], sys.argv[2:]
    with atheris.instrument_imports(include=list(PACKAGES), exclude=list(LEFT_ALONE)):
        target = find_target(name)
    atheris.Setup(sys.argv, target.one_input)
    atheris.Fuzz()
